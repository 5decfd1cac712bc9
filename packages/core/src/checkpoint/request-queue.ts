/**
 * Who asks for a checkpoint. `"savepoint"`: to be kept, so it is aligned and carries no records in flight; `"final"`: the
 * last one of a run; `"manual"`: a user, now; `"periodic"`: the interval.
 */
export type RequestKind = "savepoint" | "final" | "manual" | "periodic";

/** A request that waits. Periodic ones never do: the interval itself comes again. */
export interface CheckpointRequest {
  /** Names it to whoever asked. */
  readonly ticket: number;
  readonly kind: Exclude<RequestKind, "periodic">;
}

/** How many requests wait at most. */
export const REQUESTS_MAX = 1000;

const URGENCY: Readonly<Record<CheckpointRequest["kind"], number>> = { savepoint: 0, final: 1, manual: 2 };

/** Requests in the order in which they are served: savepoints, the final one, manual ones; among equals the oldest. */
export class RequestQueue {
  #waiting: CheckpointRequest[] = [];

  /** The one that is served next. */
  get first(): CheckpointRequest | undefined {
    return this.#waiting[0];
  }

  /** Takes a request in. Returns the one that there is no room for: the newest of the least urgent ones, if any. */
  add(request: CheckpointRequest): CheckpointRequest | undefined {
    const after = this.#waiting.findIndex((other) => URGENCY[other.kind] > URGENCY[request.kind]);
    this.#waiting.splice(after < 0 ? this.#waiting.length : after, 0, request);
    return this.#waiting.length > REQUESTS_MAX ? this.#waiting.pop() : undefined;
  }

  /** Takes all of them out: one checkpoint answers everyone who waits for one. */
  take(): readonly CheckpointRequest[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }
}
