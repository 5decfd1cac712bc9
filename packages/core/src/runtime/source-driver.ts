import { assert } from "../assert.ts";
import type { Barrier } from "../checkpoint/barrier.ts";
import type { PollResult, SourceBatch, SourceSplit } from "../connect/source.ts";
import { BATCH_RECORDS } from "../operators/batch.ts";
import { encodeValue } from "../state/value-codec.ts";
import type { Input, InputEvent, Urgency } from "./input.ts";
import type { SourceDriverOptions } from "./source-options.ts";
import { rejection } from "./source-rejects.ts";
import { SourceTiming } from "./source-timing.ts";

/** A split that waits for a barrier. */
interface HeldBack {
  readonly split: SourceSplit;
  readonly maxTimestamp: number;
  /** The newest checkpoint in which the enumerator still has it; 0 if none of those under way. */
  readonly behind: number;
}

/** Feeds a source stage from a reader: polls, puts time on records, and cuts the stream where a barrier is wanted. */
export class SourceDriver implements Input {
  readonly subtask: number;
  readonly #options: SourceDriverOptions;
  readonly #timing: SourceTiming;
  readonly #due: InputEvent[] = [];
  readonly #barriers: Barrier[] = [];
  readonly #heldBack: HeldBack[] = [];
  #requestSplit: () => void = () => undefined;
  #begun = false;
  #requested = false;
  #complete = false;
  #ended = false;
  #waiting = false;
  /** Whether the reader has not looked when it was asked last. */
  #isLater = false;
  #draining = false;
  #cancelOvertaking: () => void = () => undefined;

  constructor(options: SourceDriverOptions) {
    this.#options = options;
    this.subtask = options.at.subtask;
    this.#timing = new SourceTiming({
      ...options,
      push: (event) => this.#due.push(event),
      resume: () => {
        this.#waiting = false;
        options.wake();
      },
    });
  }

  /** Whether the reader has nothing for now, or nothing at all any more. */
  get isQuiet(): boolean {
    return (
      this.#due.length === 0 &&
      this.#barriers.length === 0 &&
      (this.#ended || (this.#waiting && !this.#isLater) || this.#timing.alignment?.isAhead === true)
    );
  }

  /** The event time announced last. */
  get watermark(): number {
    return this.#timing.watermark;
  }

  /** Whom to ask for a split when all are read. */
  onSplitRequest(request: () => void): void {
    this.#requestSplit = request;
  }

  /** Takes a split over; after the barriers that are due by now, if there are any, and before those that come later. */
  assign(split: SourceSplit, maxTimestamp: number): void {
    this.#heldBack.push({ split, maxTimestamp, behind: this.#barriers.at(-1)?.checkpointId ?? 0 });
    if (this.#barriers.length > 0) this.#options.env.point("split.held-back", { splitId: split.id });
    this.#takeHeldBack();
    this.#options.wake();
  }

  noMoreSplits(): void {
    this.#complete = true;
    this.#waiting = false;
    this.#options.wake();
  }

  /**
   * Ends the stream before its time, after what has been polled so far: event time goes to its end, and nothing follows.
   * Positions stay where they are.
   *
   * @returns whether anything was cut off; false if it had ended by itself.
   */
  drain(): boolean {
    this.#draining = true;
    this.#options.wake();
    return !this.#ended;
  }

  /** The first splits have been assigned: polling may begin. */
  begin(): void {
    this.#begun = true;
    this.#timing.begin();
    this.#options.wake();
  }

  /** Stops its timers and gives back what the reader holds. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#timing.close();
    this.#cancelOvertaking();
    await this.#options.reader.close();
  }

  /** A checkpoint is complete: the reader may let go of what lies before it. */
  checkpointCompleted(checkpointId: number): void {
    this.#options.reader.checkpointCompleted?.(checkpointId);
  }

  /** Puts a barrier into the stream, right after what has been polled so far. */
  inject(barrier: Barrier): void {
    const { env, wake } = this.#options;
    this.#barriers.push(barrier);
    wake();
    if (barrier.unaligned || barrier.alignedUntil === Infinity) return;
    // Where the outputs stay full nothing else would wake it once the barrier may overtake.
    this.#cancelOvertaking();
    this.#cancelOvertaking = env.schedule(Math.max(0, barrier.alignedUntil - env.monotonic()), wake);
  }

  get urgency(): Urgency {
    const [barrier] = this.#barriers;
    if (barrier === undefined || !this.#overtakes(barrier)) return "none";
    return this.#due.length === 0 ? "next" : "soon";
  }

  get awaitsBarrier(): boolean {
    return this.#barriers.length > 0;
  }

  /** A source has no channels. */
  captureOf(): undefined {
    return undefined;
  }

  next(): InputEvent | undefined {
    for (;;) {
      const due = this.#due.shift() ?? this.#barrierEvent();
      if (due !== undefined) return due;
      if (!this.#begun || this.#ended) return undefined;
      if (this.#draining) {
        this.#end();
        continue;
      }
      if (this.#waiting || this.#options.budget.isSpent) return undefined;
      if (this.#timing.alignment?.mustWait() === true) return undefined;
      if (!this.#poll()) return undefined;
    }
  }

  nextOfBarrier(): InputEvent | undefined {
    const [due] = this.#due;
    if (due !== undefined) return due.kind === "end" ? this.#due.shift() : undefined;
    return this.#barrierEvent();
  }

  #barrierEvent(): InputEvent | undefined {
    const barrier = this.#barriers[0];
    if (barrier === undefined) return undefined;
    return { kind: "barrier", barrier: this.#overtakes(barrier) ? { ...barrier, unaligned: true } : barrier };
  }

  barrierTaken(checkpointId: number): void {
    const { trace, at, snapshot, reader } = this.#options;
    trace?.({ kind: "barrier-injected", checkpointId, at });
    const splits = reader.snapshot(checkpointId);
    snapshot(
      checkpointId,
      splits.map((split) => ({
        split: encodeValue(split),
        maxTimestamp: this.#timing.maxTimestamp(split.id),
        subtask: this.subtask,
      })),
    );
    this.#barriers.shift();
    this.#takeHeldBack();
  }

  abort(checkpointId: number): void {
    const index = this.#barriers.findIndex((barrier) => barrier.checkpointId === checkpointId);
    if (index >= 0) {
      this.#barriers.splice(index, 1);
      this.#options.cancel(checkpointId);
    }
    this.#takeHeldBack();
  }

  #overtakes({ unaligned, alignedUntil }: Barrier): boolean {
    return unaligned || (alignedUntil < Infinity && this.#options.env.monotonic() >= alignedUntil);
  }

  #takeHeldBack(): void {
    const next = this.#barriers[0]?.checkpointId ?? Infinity;
    while ((this.#heldBack[0]?.behind ?? Infinity) < next) {
      const { split, maxTimestamp } = this.#heldBack.shift() as HeldBack;
      this.#timing.add(split, maxTimestamp);
      this.#options.reader.addSplits([split]);
      this.#requested = false;
      this.#waiting = false;
    }
  }

  /** Asks the reader once. False: nothing came of it, and the task will be woken. */
  #poll(): boolean {
    const { reader, budget } = this.#options;
    const limit = Math.min(BATCH_RECORDS, budget.remaining);
    const found: PollResult<unknown> = reader.poll(limit);
    // First: what the group is told now may let the reader go on.
    this.#isLater = found === "later";
    this.#waiting = this.#isLater || found === "nothing";
    const batch = typeof found === "object" ? found : undefined;
    if (!this.#isLater) this.#timing.asked(batch?.splitId);
    if (batch !== undefined) {
      budget.spend(batch.values.length + (batch.rejected?.length ?? 0));
      this.#take(batch);
      return true;
    }
    if (found !== "finished") this.#awaitReader();
    else if (this.#finished()) return true;
    return this.#due.length > 0;
  }

  #awaitReader(): void {
    const { reader, wake, fail } = this.#options;
    reader.available().then(() => {
      this.#timing.left();
      this.#waiting = false;
      wake();
    }, fail);
  }

  #finished(): boolean {
    const { reader, sourceId } = this.#options;
    const [left] = reader.snapshot();
    assert(left === undefined, `a reader of source "${sourceId}" has finished, and split "${left?.id}" has not`);
    if (this.#complete) {
      this.#end();
      return true;
    }
    if (!this.#requested) {
      this.#requested = true;
      this.#requestSplit();
      // The answer may have come already.
      if (this.#complete || !this.#requested) return true;
    }
    this.#timing.ranOut();
    this.#waiting = true;
    return false;
  }

  #end(): void {
    this.#ended = true;
    this.#timing.end();
    this.#due.push({ kind: "end" });
  }

  #take(batch: SourceBatch<unknown>): void {
    const { trace, at } = this.#options;
    if (batch.rejected !== undefined && batch.rejected.length > 0) {
      this.#due.push(rejection(batch.rejected, "decode", this.#options));
    }
    if (batch.values.length === 0) return;
    trace?.({ kind: "batch", at, channel: undefined, values: batch.values });
    this.#timing.take(batch);
  }
}
