import type { Barrier } from "../checkpoint/barrier.ts";
import type { SplitPosition } from "../checkpoint/manifest.ts";
import type { PollResult, RejectedRecord, SourceBatch, SourceReader, SourceSplit } from "../connect/source.ts";
import type { Env } from "../env/env.ts";
import { ConnectorError } from "../errors.ts";
import type { EventTimeSpec } from "../graph/logical.ts";
import { type Batch, BATCH_RECORDS } from "../operators/batch.ts";
import { RECORDS_INPUT, REJECTED_INPUT } from "../operators/source.ts";
import { userCodeError } from "../operators/user-code.ts";
import { encodeValue } from "../state/value-codec.ts";
import type { AlignmentMember } from "../time/alignment-group.ts";
import { SplitClock } from "../time/split-clock.ts";
import { END_OF_TIME, NO_TIMESTAMP } from "../time/timestamps.ts";
import type { Input, InputEvent, Urgency } from "./input.ts";
import type { RecordBudget } from "./record-budget.ts";
import type { SubtaskName, TraceListener } from "./trace.ts";

/** What a source driver needs of its surroundings. */
export interface SourceDriverOptions {
  readonly env: Env;
  readonly sourceId: string;
  readonly at: SubtaskName;
  readonly reader: SourceReader<unknown, SourceSplit>;
  readonly eventTime: EventTimeSpec | undefined;
  /** Its place among the sources whose event times are kept together. */
  readonly alignment: AlignmentMember | undefined;
  /** Whether rejected records have an output to go to. */
  readonly takesRejected: boolean;
  readonly budget: RecordBudget;
  readonly trace: TraceListener | undefined;
  /** There may be something to do. */
  readonly wake: () => void;
  /** Tells those downstream that no barrier of this checkpoint follows. */
  readonly cancel: (checkpointId: number) => void;
  /** Reading ahead has failed. */
  readonly fail: (error: unknown) => void;
  /** The reader's positions at a barrier. */
  readonly snapshot: (checkpointId: number, splits: readonly SplitPosition[]) => void;
}

/** Feeds a source stage from a reader: polls, puts time on records, and cuts the stream where a barrier is wanted. */
export class SourceDriver implements Input {
  readonly subtask: number;
  readonly #options: SourceDriverOptions;
  readonly #clock: SplitClock;
  readonly #due: InputEvent[] = [];
  readonly #barriers: Barrier[] = [];
  readonly #heldBack: { readonly split: SourceSplit; readonly maxTimestamp: number }[] = [];
  #requestSplit: () => void = () => undefined;
  #begun = false;
  #requested = false;
  #complete = false;
  #ended = false;
  #waiting = false;
  #announcedIdle = false;
  #draining = false;
  /** Whether it is too far ahead of the others of its group to read on. */
  #ahead = false;
  readonly #noTimestamps: readonly number[] = Array.from({ length: BATCH_RECORDS }, () => NO_TIMESTAMP);
  #cancelIdle: () => void = () => undefined;
  #cancelOvertaking: () => void = () => undefined;

  constructor(options: SourceDriverOptions) {
    this.#options = options;
    this.subtask = options.at.subtask;
    this.#clock = new SplitClock(options.eventTime?.outOfOrderMs ?? 0);
  }

  /** Whether the reader has nothing for now, or nothing at all any more. */
  get isQuiet(): boolean {
    return this.#due.length === 0 && this.#barriers.length === 0 && (this.#ended || this.#waiting || this.#ahead);
  }

  /** The event time announced last. */
  get watermark(): number {
    return this.#ended ? END_OF_TIME : this.#clock.announced;
  }

  /** Whom to ask for a split when all are read. */
  onSplitRequest(request: () => void): void {
    this.#requestSplit = request;
  }

  /** Takes a split over; after the barriers that are due, if there are any. */
  assign(split: SourceSplit, maxTimestamp: number): void {
    this.#heldBack.push({ split, maxTimestamp });
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
    this.#watchIdlenessAfter(this.#options.eventTime?.idleAfterMs);
    this.#options.wake();
  }

  /** Stops its timers and gives back what the reader holds. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#cancelIdle();
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

  /** A source has no channels. */
  captureOf(): undefined {
    return undefined;
  }

  next(): InputEvent | undefined {
    for (;;) {
      const due = this.#due.shift();
      if (due !== undefined) return due;
      const barrier = this.#barriers[0];
      if (barrier !== undefined) {
        return { kind: "barrier", barrier: this.#overtakes(barrier) ? { ...barrier, unaligned: true } : barrier };
      }
      if (!this.#begun || this.#ended) return undefined;
      if (this.#draining) {
        this.#end();
        continue;
      }
      if (this.#waiting || this.#options.budget.isSpent || this.#mustAlign()) return undefined;
      if (!this.#poll()) return undefined;
    }
  }

  /** Whether the others of its group have to come closer first. It is woken when they have. */
  #mustAlign(): boolean {
    this.#ahead =
      this.#options.alignment?.mustWait(() => {
        this.#ahead = false;
        this.#options.wake();
      }) ?? false;
    return this.#ahead;
  }

  /** Tells the others of its group how far it is. Without a split it holds nobody up. */
  #reportAlignment(): void {
    const status = this.#clock.isIdle ? "idle" : "active";
    this.#options.alignment?.report(this.#clock.announced, this.#ended ? "finished" : status);
  }

  barrierTaken(checkpointId: number): void {
    const { trace, at, snapshot, reader } = this.#options;
    trace?.({ kind: "barrier-injected", checkpointId, at });
    const splits = reader.snapshot();
    snapshot(
      checkpointId,
      splits.map((split) => ({
        split: encodeValue(split),
        maxTimestamp: this.#clock.maxTimestamp(split.id),
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
    if (this.#barriers.length > 0) return;
    for (const { split, maxTimestamp } of this.#heldBack.splice(0)) {
      this.#clock.add(split.id, maxTimestamp, this.#options.env.monotonic());
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
    if (found === "nothing") {
      this.#wait();
      return this.#due.length > 0;
    }
    if (found === "finished") return this.#finished();
    budget.spend(found.values.length + (found.rejected?.length ?? 0));
    this.#take(found);
    return true;
  }

  #wait(): void {
    const { reader, wake, fail } = this.#options;
    this.#waiting = true;
    reader.available().then(() => {
      this.#waiting = false;
      wake();
    }, fail);
  }

  #finished(): boolean {
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
    // Without a split it still holds the watermark back: what it may be given next must not come late.
    this.#clock.retain(new Set());
    this.#reportAlignment();
    this.#waiting = true;
    return false;
  }

  #end(): void {
    this.#ended = true;
    this.#reportAlignment();
    this.#cancelIdle();
    // Also without event time: for whoever comes after a gate the end of all inputs is the end of time anyway.
    this.#due.push({ kind: "watermark", time: END_OF_TIME });
    this.#due.push({ kind: "end" });
  }

  #take(batch: SourceBatch<unknown>): void {
    if (batch.rejected !== undefined && batch.rejected.length > 0) this.#reject(batch.rejected);
    if (batch.values.length === 0) return;
    const { trace, at, eventTime, env } = this.#options;
    trace?.({ kind: "batch", at, channel: undefined, values: batch.values });
    if (eventTime === undefined) {
      const timestamps = batch.timestamps ?? this.#untimed(batch.values.length);
      this.#due.push({ kind: "batch", input: RECORDS_INPUT, batch: { values: batch.values, timestamps } });
      return;
    }
    if (eventTime.idleAfterMs !== undefined) this.#clock.hear(batch.splitId, env.monotonic());
    this.#announceIdleness();
    this.#takeTimed(batch, eventTime);
  }

  /** Timestamps for records that have none; whole batches share one array. */
  #untimed(records: number): readonly number[] {
    return records === BATCH_RECORDS ? this.#noTimestamps : this.#noTimestamps.slice(0, records);
  }

  /**
   * Puts timestamps on a batch. It is cut where a record lies behind its split's watermark, and the watermark goes before
   * it: whether a record is late does not depend on where batches happen to end.
   */
  #takeTimed(batch: SourceBatch<unknown>, eventTime: EventTimeSpec): void {
    const { values, timestamps } = this.#timed(batch, eventTime);
    let begin = 0;
    for (let i = 0; i < values.length; i++) {
      const isPunctuated = eventTime.punctuation !== undefined;
      const outOfBounds = isPunctuated
        ? this.#clock.isBehind(batch.splitId, timestamps[i] as number)
        : this.#clock.observe(batch.splitId, timestamps[i] as number);
      const watermark = outOfBounds ? this.#clock.advance() : undefined;
      if (watermark !== undefined) {
        this.#cut(values, timestamps, begin, i);
        this.#due.push({ kind: "watermark", time: watermark });
        begin = i;
      }
      if (isPunctuated) this.#punctuate(batch.splitId, values[i], timestamps[i] as number);
    }
    this.#cut(values, timestamps, begin, values.length);
    // Splits that were read to their end no longer hold the others back.
    if (this.#clock.size > 1) this.#clock.retain(new Set(this.#options.reader.snapshot().map((split) => split.id)));
    const watermark = this.#clock.advance();
    if (watermark !== undefined) this.#due.push({ kind: "watermark", time: watermark });
    this.#reportAlignment();
  }

  /** Takes the watermark from a record, if it has one. It counts from the next record on. */
  #punctuate(splitId: string, value: unknown, timestamp: number): void {
    const { eventTime, sourceId } = this.#options;
    const punctuation = eventTime?.punctuation;
    if (typeof punctuation !== "function") return;
    try {
      const watermark = punctuation(value, timestamp);
      if (watermark === undefined) return;
      if (!Number.isFinite(watermark)) throw new RangeError(`${String(watermark)} is no watermark`);
      this.#clock.punctuate(splitId, watermark);
    } catch (error) {
      throw userCodeError(error, sourceId, "watermarks");
    }
  }

  #cut(values: readonly unknown[], timestamps: readonly number[], begin: number, end: number): void {
    if (begin === end) return;
    const whole = begin === 0 && end === values.length;
    const batch = whole
      ? { values, timestamps }
      : { values: values.slice(begin, end), timestamps: timestamps.slice(begin, end) };
    this.#due.push({ kind: "batch", input: RECORDS_INPUT, batch });
  }

  /** The records of a batch with their times. Those without a usable one are rejected. */
  #timed(batch: SourceBatch<unknown>, { timestampOf }: EventTimeSpec): Batch {
    const { values } = batch;
    if (timestampOf === undefined) {
      const timestamps = batch.timestamps ?? this.#untimed(values.length);
      const isUsable = (time: number): boolean => Number.isFinite(time) || time === NO_TIMESTAMP;
      return timestamps.every(isUsable) ? { values, timestamps } : this.#sift(batch, timestamps, isUsable);
    }
    const timestamps = new Array<number>(values.length);
    let usable = true;
    try {
      for (let i = 0; i < values.length; i++) {
        const time = timestampOf(values[i]);
        if (!Number.isFinite(time)) usable = false;
        timestamps[i] = time;
      }
    } catch (error) {
      throw userCodeError(error, this.#options.sourceId, "eventTime");
    }
    return usable ? { values, timestamps } : this.#sift(batch, timestamps, Number.isFinite);
  }

  /** Rejects the records whose times cannot be used, and keeps the others. */
  #sift(
    { splitId, values }: SourceBatch<unknown>,
    timestamps: readonly number[],
    isUsable: (time: number) => boolean,
  ): Batch {
    const kept: { values: unknown[]; timestamps: number[] } = { values: [], timestamps: [] };
    const rejected: RejectedRecord[] = [];
    timestamps.forEach((time, index) => {
      if (isUsable(time)) {
        kept.values.push(values[index]);
        kept.timestamps.push(time);
      } else {
        rejected.push({
          raw: shown(values[index]),
          position: `split "${splitId}"`,
          reason: `eventTime gave ${String(time)}`,
        });
      }
    });
    this.#reject(rejected);
    return kept;
  }

  #reject(rejected: readonly RejectedRecord[]): void {
    const [first] = rejected;
    if (first !== undefined && !this.#options.takesRejected) {
      throw this.#invalid(first.reason, first.raw, first.position);
    }
    const values = rejected.map((record) => ({ ...record, source: this.#options.sourceId }));
    const timestamps = rejected.map(() => NO_TIMESTAMP);
    this.#due.push({ kind: "batch", input: REJECTED_INPUT, batch: { values, timestamps } });
  }

  #invalid(reason: string, raw: string, position: string): ConnectorError {
    const { sourceId } = this.#options;
    return new ConnectorError(
      "RECORD_INVALID",
      `Cannot read a record of source "${sourceId}" at ${position}: ${reason}, found ${raw}. Mend the input, or give the source ` +
        `a "deadLetters" output to set such records aside`,
      { details: { sourceId, position, raw, reason } },
    );
  }

  #watchIdlenessAfter(delayMs: number | undefined): void {
    if (delayMs === undefined || this.#ended) return;
    this.#cancelIdle = this.#options.env.schedule(delayMs, () => this.#watchIdleness());
  }

  /** Looks again whenever a split may have become idle. */
  #watchIdleness(): void {
    const { eventTime, env, wake } = this.#options;
    const idleAfterMs = eventTime?.idleAfterMs ?? Infinity;
    const now = env.monotonic();
    const next = this.#clock.markIdle(now - idleAfterMs);
    const watermark = this.#clock.advance();
    if (watermark !== undefined) this.#due.push({ kind: "watermark", time: watermark });
    this.#announceIdleness();
    this.#reportAlignment();
    wake();
    this.#watchIdlenessAfter(next === undefined ? idleAfterMs : next + idleAfterMs - now);
  }

  #announceIdleness(): void {
    const idle = this.#clock.isIdle;
    if (idle === this.#announcedIdle) return;
    this.#announcedIdle = idle;
    this.#due.push({ kind: "status", status: idle ? "idle" : "active" });
  }
}

/** The most characters of a record that go into an error or a dead letter. */
const SHOWN_MAX = 300;

/** A record as text, whatever it is. */
function shown(value: unknown): string {
  let text: string;
  try {
    text =
      JSON.stringify(value, (_name, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? String(value);
  } catch {
    text = Object.prototype.toString.call(value);
  }
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
