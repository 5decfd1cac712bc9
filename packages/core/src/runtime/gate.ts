import { assert } from "../assert.ts";
import { type AlignmentEffect, BarrierAligner } from "../checkpoint/aligner.ts";
import type { Env } from "../env/env.ts";
import { type MergeChange, WatermarkMerge } from "../time/watermark-merge.ts";
import type { Channel, ChannelElement } from "./channel.ts";
import type { Input, InputEvent } from "./input.ts";
import type { ChannelName, SubtaskName, TraceListener } from "./trace.ts";

/** A channel, and which input of the subtask it feeds. */
export interface GateChannel {
  readonly channel: Channel;
  readonly input: number;
}

/** What a gate needs of its surroundings. */
export interface GateOptions {
  readonly at: SubtaskName;
  readonly channels: readonly GateChannel[];
  readonly env: Env;
  readonly trace: TraceListener | undefined;
}

/** Merges the channels of a subtask into one sequence: aligns barriers, merges watermarks, keeps track of ends. */
export class Gate implements Input {
  readonly #options: GateOptions;
  readonly #aligner: BarrierAligner;
  readonly #merge: WatermarkMerge;
  readonly #blocked: boolean[];
  readonly #due: InputEvent[] = [];
  #open: number;
  #turn = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#aligner = new BarrierAligner(options.channels.length);
    this.#merge = new WatermarkMerge(options.channels.length);
    this.#blocked = options.channels.map(() => false);
    this.#open = options.channels.length;
  }

  next(): InputEvent | undefined {
    for (;;) {
      const due = this.#due.shift();
      if (due !== undefined) return due;
      const index = this.#nextChannel();
      if (index === undefined) return undefined;
      const { channel, input } = this.#options.channels[index] as GateChannel;
      const element = channel.shift();
      assert(element !== undefined, "a channel that had something is empty");
      if (element.kind === "batch") {
        this.#options.trace?.({
          kind: "batch",
          at: this.#options.at,
          channel: this.#name(index),
          values: element.batch.values,
        });
        return { kind: "batch", input, batch: element.batch };
      }
      this.#control(index, element);
    }
  }

  barrierTaken(checkpointId: number): void {
    const { at, env, trace } = this.#options;
    this.#blocked.fill(false);
    env.point("alignment.ended", { checkpointId, ...at });
    trace?.({ kind: "alignment-ended", checkpointId, at });
  }

  abort(checkpointId: number): void {
    for (const effect of this.#aligner.abort(checkpointId)) if (effect.kind === "unblock") this.#blocked.fill(false);
  }

  /** Takes turns, so that no channel starves another. */
  #nextChannel(): number | undefined {
    const { channels } = this.#options;
    for (let step = 0; step < channels.length; step++) {
      const index = (this.#turn + step) % channels.length;
      if (this.#blocked[index] === true || channels[index]?.channel.isEmpty !== false) continue;
      this.#turn = index + 1;
      return index;
    }
    return undefined;
  }

  #control(index: number, element: Exclude<ChannelElement, { kind: "batch" }>): void {
    switch (element.kind) {
      case "watermark":
        return this.#merged(this.#merge.advance(index, element.time));
      case "status":
        return this.#merged(this.#merge.setStatus(index, element.status));
      case "barrier":
        return this.#barrier(index, element.checkpointId);
      case "end":
        this.#open--;
        this.#merged(this.#merge.setStatus(index, "finished"));
        if (this.#open === 0) this.#due.push({ kind: "end" });
    }
  }

  #merged(change: MergeChange): void {
    if (change.status === "active") this.#due.push({ kind: "status", status: "active" });
    if (change.watermark !== undefined) this.#due.push({ kind: "watermark", time: change.watermark });
    if (change.status === "idle") this.#due.push({ kind: "status", status: "idle" });
  }

  #barrier(index: number, checkpointId: number): void {
    const { at, env, trace } = this.#options;
    const wasPending = this.#aligner.pending;
    const effects = this.#aligner.barrier(index, checkpointId);
    trace?.({ kind: "barrier-received", checkpointId, at, channel: this.#name(index) });
    if (effects.length > 0 && wasPending !== checkpointId) {
      env.point("alignment.started", { checkpointId, ...at });
      trace?.({ kind: "alignment-started", checkpointId, at });
    }
    for (const effect of effects) this.#align(effect, checkpointId);
  }

  #align(effect: AlignmentEffect, checkpointId: number): void {
    const { at, trace } = this.#options;
    switch (effect.kind) {
      case "block":
        this.#blocked[effect.channel] = true;
        trace?.({ kind: "channel-blocked", checkpointId, at, channel: this.#name(effect.channel) });
        return;
      case "snapshot":
        // The channels stay blocked until `barrierTaken`; `next` gives out the barrier before it looks at any of them.
        this.#due.push({ kind: "barrier", checkpointId: effect.checkpointId });
        return;
      case "abandon":
        this.#blocked.fill(false);
        return;
      case "unblock":
        // Deferred to `barrierTaken` after a snapshot; done with the abandoned checkpoint otherwise.
        return;
    }
  }

  #name(index: number): ChannelName {
    const { channel } = this.#options.channels[index] as GateChannel;
    return { from: channel.from, index };
  }
}
