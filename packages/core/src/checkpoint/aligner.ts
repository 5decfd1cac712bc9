/**
 * Barrier alignment, as in Chandy and Lamport's snapshots (1985) in the form of Carbone et al., "Lightweight Asynchronous
 * Snapshots for Distributed Dataflows" (2015): a channel whose barrier has come is blocked until the barriers of all
 * channels have come; then the snapshot is taken, and only then do the channels flow again. Where barriers may overtake,
 * the snapshot is taken at once and holds what the barriers have overtaken (Apache Flink's FLIP-76).
 *
 * @module
 */
import { AbortedIds } from "./aborted-ids.ts";
import type { AbandonReason, AlignmentEffect, Barrier, BarrierHandler } from "./barrier.ts";

interface Pending {
  /** As it will be passed on. */
  barrier: Barrier;
  /** The channels whose barriers have come, or were taken out. */
  readonly done: Set<number>;
  /** Whether the snapshot was asked for, and channels that are not done are being captured. */
  capturing: boolean;
}

/** The aligner of one subtask, over all channels of all its inputs. */
export class BarrierAligner implements BarrierHandler {
  readonly #channels: number;
  readonly #mayOvertake: boolean;
  /** By channel, the ids of the barriers that wait in it. */
  readonly #waiting: readonly Set<number>[];
  readonly #aborted = new AbortedIds();
  #pending: Pending | undefined;
  /** No barrier at or below this id means anything any more. */
  #settled = 0;

  /** @param mayOvertake whether what waits in these channels can be part of a checkpoint. */
  constructor(channels: number, mayOvertake: boolean = false) {
    this.#channels = channels;
    this.#mayOvertake = mayOvertake;
    this.#waiting = Array.from({ length: channels }, () => new Set());
  }

  /** The checkpoint being aligned or captured; `undefined` if there is none. */
  get pending(): number | undefined {
    return this.#pending?.barrier.checkpointId;
  }

  announced(channel: number, barrier: Barrier): readonly AlignmentEffect[] {
    const { checkpointId } = barrier;
    this.#waiting[channel]?.add(checkpointId);
    if (!this.#mayOvertake || this.#isObsolete(checkpointId)) return [];
    const pending = this.#pending;
    if (pending?.capturing === true && checkpointId === this.pending) {
      return [this.#overtake(pending, channel), ...this.#captureEnded(pending)];
    }
    return barrier.unaligned ? this.#turnUnaligned(barrier) : [];
  }

  timeout(barrier: Barrier): readonly AlignmentEffect[] {
    const { checkpointId } = barrier;
    if (!this.#mayOvertake || this.#isObsolete(checkpointId)) return [];
    return this.#pending?.capturing === true && checkpointId === this.pending ? [] : this.#turnUnaligned(barrier);
  }

  barrier(channel: number, barrier: Barrier): readonly AlignmentEffect[] {
    const { checkpointId } = barrier;
    this.#waiting[channel]?.delete(checkpointId);
    if (this.#aborted.tell(checkpointId)) return [{ kind: "cancel", checkpointId }];
    if (this.#isObsolete(checkpointId)) return [];
    const effects = this.#subsume(checkpointId);
    const pending = (this.#pending ??= { barrier, done: new Set(), capturing: false });
    if (barrier.unaligned) pending.barrier = barrier;
    pending.done.add(channel);
    if (pending.done.size < this.#channels) return [...effects, { kind: "block", channel }];
    this.#settle(checkpointId);
    return [...effects, { kind: "snapshot", barrier: pending.barrier }, { kind: "unblock" }];
  }

  cancel(checkpointId: number): readonly AlignmentEffect[] {
    if (this.#isObsolete(checkpointId)) return [];
    const effects = this.#subsume(checkpointId);
    if (checkpointId === this.pending) return [...effects, ...this.#abandon("cancel-marker")];
    this.#remember(checkpointId, true);
    return [...effects, { kind: "abandon", checkpointId, reason: "cancel-marker" }, { kind: "cancel", checkpointId }];
  }

  abort(checkpointId: number): readonly AlignmentEffect[] {
    if (checkpointId === this.pending) return this.#abandon("aborted");
    if (checkpointId <= this.#settled) return [];
    return this.#remember(checkpointId, false);
  }

  #isObsolete(checkpointId: number): boolean {
    if (checkpointId <= this.#settled || this.#aborted.has(checkpointId)) return true;
    return this.pending !== undefined && checkpointId < this.pending;
  }

  /** The first sign of a later checkpoint ends an earlier one. */
  #subsume(checkpointId: number): readonly AlignmentEffect[] {
    return this.pending !== undefined && checkpointId > this.pending ? this.#abandon("barrier-subsumed") : [];
  }

  /** The snapshot is taken now; what has no barrier yet is captured. */
  #turnUnaligned(barrier: Barrier): readonly AlignmentEffect[] {
    const { checkpointId } = barrier;
    const subsumed = this.#subsume(checkpointId);
    const pending = (this.#pending ??= { barrier, done: new Set(), capturing: false });
    pending.capturing = true;
    pending.barrier = { ...barrier, unaligned: true };
    const effects: AlignmentEffect[] = [];
    for (let channel = 0; channel < this.#channels; channel++) {
      if (pending.done.has(channel)) continue;
      const isHere = this.#waiting[channel]?.has(checkpointId) === true;
      effects.push(isHere ? this.#overtake(pending, channel) : { kind: "capture", channel, checkpointId });
    }
    return [
      ...subsumed,
      ...effects,
      { kind: "snapshot", barrier: pending.barrier },
      { kind: "unblock" },
      ...this.#captureEnded(pending),
    ];
  }

  #overtake(pending: Pending, channel: number): AlignmentEffect {
    const { checkpointId } = pending.barrier;
    this.#waiting[channel]?.delete(checkpointId);
    pending.done.add(channel);
    return { kind: "overtake", channel, checkpointId };
  }

  #captureEnded({ barrier, done }: Pending): readonly AlignmentEffect[] {
    if (done.size < this.#channels) return [];
    this.#settle(barrier.checkpointId);
    return [{ kind: "captured", checkpointId: barrier.checkpointId }];
  }

  #remember(checkpointId: number, isTold: boolean): readonly AlignmentEffect[] {
    const forgotten = this.#aborted.add(checkpointId, isTold);
    if (forgotten === undefined) return [];
    this.#settled = Math.max(this.#settled, forgotten);
    return this.pending !== undefined && this.pending < forgotten ? this.#abandon("aborted") : [];
  }

  /** Those downstream have the barrier already if the snapshot was asked for: then they are told by the coordinator. */
  #abandon(reason: AbandonReason): readonly AlignmentEffect[] {
    const { barrier, capturing } = this.#pending as Pending;
    const { checkpointId } = barrier;
    this.#settle(checkpointId);
    const effects: AlignmentEffect[] = [{ kind: "abandon", checkpointId, reason }, { kind: "unblock" }];
    return capturing ? effects : [...effects, { kind: "cancel", checkpointId }];
  }

  #settle(checkpointId: number): void {
    this.#settled = Math.max(this.#settled, checkpointId);
    this.#pending = undefined;
    this.#aborted.settle(checkpointId);
  }
}
