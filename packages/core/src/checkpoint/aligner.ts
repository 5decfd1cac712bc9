/**
 * Barrier alignment, as in Chandy and Lamport's snapshots (1985) in the form of Carbone et al., "Lightweight Asynchronous
 * Snapshots for Distributed Dataflows" (2015): a channel whose barrier has come is blocked until the barriers of all
 * channels have come; then the snapshot is taken, and only then do the channels flow again.
 *
 * @module
 */

/** What a gate has to do, in this order. */
export type AlignmentEffect =
  /** Take no more from this channel. */
  | { readonly kind: "block"; readonly channel: number }
  /** All barriers are here: take the snapshot, and pass the barrier on. */
  | { readonly kind: "snapshot"; readonly checkpointId: number }
  /** The pending checkpoint will not happen here. */
  | { readonly kind: "abandon"; readonly checkpointId: number }
  /** Let every channel flow. */
  | { readonly kind: "unblock" };

/** How many aborted ids are remembered, so that their late barriers are known for what they are. */
const ABORTED_MAX = 64;

/** The aligner of one subtask, over all channels of all its inputs. */
export class BarrierAligner {
  readonly #channels: number;
  readonly #aligned = new Set<number>();
  readonly #aborted = new Set<number>();
  #pending: number | undefined;
  /** No barrier at or below this id means anything any more. */
  #settled = 0;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** The checkpoint being aligned; `undefined` if there is none. */
  get pending(): number | undefined {
    return this.#pending;
  }

  /** A barrier has come out of a channel. */
  barrier(channel: number, checkpointId: number): readonly AlignmentEffect[] {
    const effects: AlignmentEffect[] = [];
    if (this.#isObsolete(checkpointId)) return effects;
    if (this.#pending !== undefined && checkpointId > this.#pending) effects.push(...this.#abandon(this.#pending));
    this.#pending = checkpointId;
    this.#aligned.add(channel);
    if (this.#aligned.size < this.#channels) {
      effects.push({ kind: "block", channel });
      return effects;
    }
    effects.push({ kind: "snapshot", checkpointId }, { kind: "unblock" });
    this.#settle(checkpointId);
    return effects;
  }

  /** The checkpoint was aborted elsewhere; its barriers may have come, be on their way, or never come. */
  abort(checkpointId: number): readonly AlignmentEffect[] {
    if (checkpointId <= this.#settled) return [];
    this.#aborted.add(checkpointId);
    if (this.#pending === checkpointId) return this.#abandon(checkpointId);
    if (this.#aborted.size <= ABORTED_MAX) return [];
    // Ids come in order: after so many others, nothing at or below the lowest of them can still happen.
    const lowest = Math.min(...this.#aborted);
    this.#aborted.delete(lowest);
    this.#settled = lowest;
    return this.#pending !== undefined && this.#pending < lowest ? this.#abandon(this.#pending) : [];
  }

  #isObsolete(checkpointId: number): boolean {
    if (checkpointId <= this.#settled || this.#aborted.has(checkpointId)) return true;
    return this.#pending !== undefined && checkpointId < this.#pending;
  }

  #abandon(checkpointId: number): readonly AlignmentEffect[] {
    this.#settle(checkpointId);
    return [{ kind: "abandon", checkpointId }, { kind: "unblock" }];
  }

  #settle(checkpointId: number): void {
    this.#settled = Math.max(this.#settled, checkpointId);
    this.#pending = undefined;
    this.#aligned.clear();
    for (const aborted of this.#aborted) if (aborted <= checkpointId) this.#aborted.delete(aborted);
  }
}
