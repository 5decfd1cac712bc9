import { assert } from "../assert.ts";
import { BarrierAligner } from "../checkpoint/aligner.ts";
import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import { BarrierCounter } from "../checkpoint/barrier-counter.ts";
import type { AlignmentEffect, Barrier, BarrierHandler } from "../checkpoint/barrier.ts";
import type { EdgeName } from "../checkpoint/in-flight.ts";
import type { BarrierMode } from "../checkpoint/options.ts";
import type { Env } from "../env/env.ts";
import { isTidemarkError } from "../errors.ts";
import { encodeValue } from "../state/value-codec.ts";
import { type MergeChange, WatermarkMerge } from "../time/watermark-merge.ts";
import type { Capture, Captures } from "./capture.ts";
import type { Channel, ChannelElement } from "./channel.ts";
import type { Input, InputEvent, Urgency } from "./input.ts";
import type { ChannelName, SubtaskName, TraceListener } from "./trace.ts";

/** A channel, and which input of the subtask it feeds. */
export interface GateChannel {
  readonly channel: Channel;
  readonly input: number;
  /** The edge that it is part of. */
  readonly edge: EdgeName;
  /** Whether what waits in it can be part of a checkpoint: records that are dealt out by key or in turn can. */
  readonly mayOvertake: boolean;
}

/** What a gate needs of its surroundings. */
export interface GateOptions {
  readonly at: SubtaskName;
  readonly channels: readonly GateChannel[];
  readonly env: Env;
  readonly barriers: BarrierMode;
  /** What overtaking takes, where barriers may. */
  readonly captures: Captures | undefined;
  readonly trace: TraceListener | undefined;
  /** There may be something to do. */
  readonly wake: () => void;
  /** Tells those downstream that no barrier of this checkpoint follows. */
  readonly cancel: (checkpointId: number) => void;
  /** The subtask takes no part in the checkpoint. */
  readonly decline: (checkpointId: number, reason: DeclineReason) => void;
  /** All that barriers overtook is captured. */
  readonly captured: () => void;
  readonly fail: (error: unknown) => void;
}

/** Merges the channels of a subtask into one sequence: aligns barriers, merges watermarks, keeps track of ends. */
export class Gate implements Input {
  readonly #options: GateOptions;
  readonly #handler: BarrierHandler;
  readonly #mayOvertake: boolean;
  readonly #merge: WatermarkMerge;
  readonly #blocked: boolean[];
  readonly #probed: boolean[];
  #due: InputEvent[] = [];
  #open: number;
  #turn = 0;
  /** The checkpoint that this gate has begun to align. */
  #aligning: number | undefined;
  #capture: Capture | undefined;
  #cancelTimeout: () => void = () => undefined;

  /** Until a look has found nothing that was restored: nothing is restored into a gate that runs. */
  #mayHoldRestored = true;
  /** Barriers that came while something restored was left. */
  #early: { readonly index: number; readonly element: ChannelElement }[] = [];

  constructor(options: GateOptions) {
    const { channels, barriers } = options;
    this.#options = options;
    // One edge that cannot be overtaken keeps all of them in line: FLIP-76 does the same.
    this.#mayOvertake = barriers === "unaligned" && channels.every(({ mayOvertake }) => mayOvertake);
    this.#handler =
      barriers === "counted"
        ? new BarrierCounter(channels.length)
        : new BarrierAligner(channels.length, this.#mayOvertake);
    this.#merge = new WatermarkMerge(channels.length);
    this.#blocked = channels.map(() => false);
    this.#probed = channels.map(() => !this.#mayOvertake);
    this.#open = channels.length;
  }

  get channels(): readonly GateChannel[] {
    return this.#options.channels;
  }

  get urgency(): Urgency {
    const [first] = this.#due;
    if (first === undefined) return "none";
    if (isOvertaking(first)) return "next";
    return this.#due.some(isOvertaking) ? "soon" : "none";
  }

  get awaitsBarrier(): boolean {
    if (this.#aligning !== undefined || this.#due.some(({ kind }) => kind === "barrier")) return true;
    return this.#options.channels.some(({ channel }) => channel.hasBarrier);
  }

  /** Something has been put into a channel. */
  arrived(index: number, element: ChannelElement): void {
    if (!this.#mayOvertake) return;
    if (element.kind === "barrier" && this.#isRestoring) {
      this.#early.push({ index, element });
      return;
    }
    if (element.kind !== "barrier") {
      this.#capture?.arrived(index, element);
      return;
    }
    const { barrier } = element;
    if (!barrier.unaligned && barrier.alignedUntil < Infinity) this.#watch(barrier);
    this.#align(this.#handler.announced(index, barrier), barrier.checkpointId);
  }

  next(): InputEvent | undefined {
    for (;;) {
      if (this.#early.length > 0 && !this.#isRestoring) this.#announceEarly();
      const due = this.#due.shift();
      if (due !== undefined) return due;
      const index = this.#nextChannel();
      if (index === undefined) return undefined;
      const { channel, input } = this.#options.channels[index] as GateChannel;
      const element = channel.shift();
      assert(element !== undefined, "a channel that had something is empty");
      if (element.kind === "batch") {
        if (this.#probed[index] !== true) this.#probe(index, element.batch.values[0]);
        this.#capture?.touch(element);
        const { trace, at } = this.#options;
        trace?.({ kind: "batch", at, channel: this.#name(index), values: element.batch.values });
        return { kind: "batch", input, batch: element.batch };
      }
      this.#control(index, element);
    }
  }

  nextOfBarrier(): InputEvent | undefined {
    for (;;) {
      const [due] = this.#due;
      if (due !== undefined) return due.kind === "barrier" || due.kind === "end" ? this.#due.shift() : undefined;
      if (this.#isRestoring || this.#early.length > 0) return undefined;
      const index = this.#options.channels.findIndex(
        ({ channel }, at) => this.#blocked[at] !== true && channel.isAtBarrier,
      );
      if (index < 0) return undefined;
      const element = this.#channel(index).shift();
      assert(element !== undefined && element.kind !== "batch", "a barrier is gone from its channel");
      this.#control(index, element);
    }
  }

  barrierTaken(checkpointId: number): void {
    const { at, env, trace } = this.#options;
    this.#blocked.fill(false);
    this.#aligning = undefined;
    env.point("alignment.ended", { checkpointId, ...at });
    trace?.({ kind: "alignment-ended", checkpointId, at });
  }

  captureOf(checkpointId: number): Capture | undefined {
    return this.#capture?.checkpointId === checkpointId ? this.#capture : undefined;
  }

  abort(checkpointId: number): void {
    this.#align(this.#handler.abort(checkpointId), checkpointId);
    // Also one whose barriers are all here, and whose snapshot is still being written.
    if (this.#capture?.checkpointId === checkpointId) this.#dropCapture();
  }

  /** Stops its timer. */
  close(): void {
    this.#cancelTimeout();
  }

  /**
   * Whether something is left that a restore has put into channels. It comes before all else, on whatever channel it is: at
   * another parallelism what follows it may come on another one. No barrier overtakes it, for a checkpoint does not say
   * which of two channels comes first.
   */
  get #isRestoring(): boolean {
    if (!this.#mayHoldRestored) return false;
    return this.#options.channels.some(({ channel }) => channel.hasRestored);
  }

  #announceEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const { index, element } of early) this.arrived(index, element);
  }

  /** What was restored first; then in turns, so that no channel starves another. */
  #nextChannel(): number | undefined {
    const { channels } = this.#options;
    if (this.#mayHoldRestored) {
      const restored = channels.findIndex(({ channel }) => channel.hasRestored);
      if (restored >= 0) return restored;
      this.#mayHoldRestored = false;
    }
    for (let step = 0; step < channels.length; step++) {
      const index = (this.#turn + step) % channels.length;
      if (this.#blocked[index] === true || channels[index]?.channel.isEmpty !== false) continue;
      this.#turn = index + 1;
      return index;
    }
    return undefined;
  }

  #control(index: number, element: Exclude<ChannelElement, { kind: "batch" }>): void {
    const { at, trace } = this.#options;
    switch (element.kind) {
      case "watermark":
        trace?.({ kind: "channel-watermark", at, channel: this.#name(index), time: element.time });
        return this.#merged(this.#merge.advance(index, element.time));
      case "status":
        trace?.({ kind: "channel-status", at, channel: this.#name(index), status: element.status });
        return this.#merged(this.#merge.setStatus(index, element.status));
      case "barrier":
        return this.#barrier(index, element.barrier);
      case "cancel":
        return this.#align(this.#handler.cancel(element.checkpointId), element.checkpointId);
      case "end":
        this.#open--;
        trace?.({ kind: "channel-status", at, channel: this.#name(index), status: "finished" });
        this.#merged(this.#merge.setStatus(index, "finished"));
        if (this.#open === 0) this.#due.push({ kind: "end" });
    }
  }

  #merged(change: MergeChange): void {
    if (change.status === "active") this.#due.push({ kind: "status", status: "active" });
    if (change.watermark !== undefined) this.#due.push({ kind: "watermark", time: change.watermark });
    if (change.status === "idle") this.#due.push({ kind: "status", status: "idle" });
  }

  #barrier(index: number, barrier: Barrier): void {
    const { at, trace } = this.#options;
    const { checkpointId } = barrier;
    trace?.({ kind: "barrier-received", checkpointId, at, channel: this.#name(index) });
    this.#align(this.#handler.barrier(index, barrier), checkpointId);
  }

  #align(effects: readonly AlignmentEffect[], checkpointId: number): void {
    for (const effect of effects) this.#carryOut(effect, checkpointId);
  }

  #carryOut(effect: AlignmentEffect, checkpointId: number): void {
    const { at, trace, cancel } = this.#options;
    switch (effect.kind) {
      case "block":
        this.#begin(checkpointId);
        this.#blocked[effect.channel] = true;
        trace?.({ kind: "channel-blocked", checkpointId, at, channel: this.#name(effect.channel) });
        return;
      case "capture":
        this.#begin(checkpointId);
        return this.#captureWaiting(effect.channel, checkpointId);
      case "overtake":
        this.#begin(checkpointId);
        return this.#overtake(effect.channel, checkpointId);
      case "snapshot":
        this.#begin(checkpointId);
        // The channels stay blocked until `barrierTaken`; `next` gives out the barrier before it looks at any of them.
        this.#due.push({ kind: "barrier", barrier: effect.barrier });
        return;
      case "captured":
        this.#capture?.complete();
        this.#options.captured();
        return;
      case "abandon":
        return this.#abandon(effect);
      case "cancel":
        return cancel(effect.checkpointId);
      case "unblock":
        // Deferred to `barrierTaken` after a snapshot; done with the abandoned checkpoint otherwise.
        return;
    }
  }

  #begin(checkpointId: number): void {
    if (this.#aligning === checkpointId) return;
    const { at, env, trace } = this.#options;
    this.#aligning = checkpointId;
    env.point("alignment.started", { checkpointId, ...at });
    trace?.({ kind: "alignment-started", checkpointId, at });
  }

  #captureFor(checkpointId: number): Capture {
    if (this.#capture?.checkpointId !== checkpointId) {
      this.#capture = this.#captures.capture(checkpointId, (channel) => this.#edgeOf(channel));
    }
    return this.#capture as Capture;
  }

  /** Of barriers that were announced late, others may have come by now: what is behind them belongs to no capture. */
  #captureWaiting(index: number, checkpointId: number): void {
    const channel = this.#channel(index);
    const goesOn = !channel.holdsBarrier(checkpointId);
    this.#captureFor(checkpointId).begin(index, channel.waitingBefore(checkpointId), goesOn);
  }

  #overtake(index: number, checkpointId: number): void {
    const { at, trace } = this.#options;
    const capture = this.#captureFor(checkpointId);
    const waiting = this.#channel(index).overtake(checkpointId);
    if (capture.has(index)) capture.end(index);
    else capture.begin(index, waiting, false);
    trace?.({ kind: "barrier-overtook", checkpointId, at, channel: this.#name(index) });
  }

  #abandon({ checkpointId, reason }: AlignmentEffect & { readonly kind: "abandon" }): void {
    const { at, trace, cancel, decline } = this.#options;
    if (this.#aligning === checkpointId) {
      this.#blocked.fill(false);
      this.#aligning = undefined;
    }
    if (this.#capture?.checkpointId === checkpointId) this.#dropCapture();
    const kept = this.#due.filter((due) => due.kind !== "barrier" || due.barrier.checkpointId !== checkpointId);
    // The snapshot was asked for and not taken yet: those downstream still wait for the barrier.
    if (kept.length < this.#due.length) cancel(checkpointId);
    this.#due = kept;
    trace?.({ kind: "alignment-abandoned", checkpointId, at, reason });
    if (reason !== "aborted") decline(checkpointId, reason);
  }

  #dropCapture(): void {
    this.#capture?.drop();
    this.#capture = undefined;
    this.#options.captured();
  }

  /** Lets a barrier overtake if it still waits after its time. */
  #watch(barrier: Barrier): void {
    const { env, wake, fail } = this.#options;
    this.#cancelTimeout();
    this.#cancelTimeout = env.schedule(Math.max(0, barrier.alignedUntil - env.monotonic()), () => {
      try {
        this.#align(this.#handler.timeout(barrier), barrier.checkpointId);
        wake();
      } catch (error) {
        fail(error);
      }
    });
  }

  /** The first record of each channel shows whether records could be part of a checkpoint. */
  #probe(index: number, value: unknown): void {
    this.#probed[index] = true;
    try {
      encodeValue(value);
    } catch (error) {
      throw isTidemarkError(error) ? this.#captures.unsupported(this.#edgeOf(index), error) : error;
    }
  }

  get #captures(): Captures {
    const { captures } = this.#options;
    assert(captures !== undefined, "a barrier overtakes where none may");
    return captures;
  }

  #channel(index: number): Channel {
    return (this.#options.channels[index] as GateChannel).channel;
  }

  #edgeOf(index: number): string {
    const { from, to } = (this.#options.channels[index] as GateChannel).edge;
    return `"${from}" to "${to}"`;
  }

  #name(index: number): ChannelName {
    return { from: this.#channel(index).from, index };
  }
}

function isOvertaking(event: InputEvent): boolean {
  return event.kind === "barrier" && event.barrier.unaligned;
}
