/**
 * The checkpoint coordinator: pure decisions. Events go in, effects come out; it reads no clock and waits for nothing.
 *
 * @module
 */
import type { Head, RetainedCheckpoint } from "./head.ts";
import { manifestName } from "./manifest.ts";
import type { CheckpointConfig } from "./options.ts";

/** Why a checkpoint was aborted. A closed list. */
export type AbortReason = "expired" | "declined" | "manifest-failed" | "head-failed";

/** What happened. Times are monotonic milliseconds. */
export type CoordinatorEvent =
  | { readonly kind: "time"; readonly at: number }
  /** Someone wants a checkpoint now: a user, or the end of a bounded run. */
  | { readonly kind: "requested"; readonly at: number }
  | { readonly kind: "acknowledged"; readonly at: number; readonly checkpointId: number; readonly subtask: number }
  | { readonly kind: "declined"; readonly at: number; readonly checkpointId: number }
  | { readonly kind: "manifest-written"; readonly at: number; readonly checkpointId: number }
  | { readonly kind: "manifest-failed"; readonly at: number; readonly checkpointId: number }
  | {
      readonly kind: "head-written";
      readonly at: number;
      readonly checkpointId: number | undefined;
      readonly head: Head;
    }
  | { readonly kind: "head-failed"; readonly at: number; readonly checkpointId: number | undefined }
  | { readonly kind: "settled"; readonly at: number };

/** What has to be done, in this order. */
export type CoordinatorEffect =
  /** Put barriers of this checkpoint into all sources. */
  | { readonly kind: "trigger"; readonly checkpointId: number }
  /** Everybody has acknowledged: make the manifest durable. */
  | { readonly kind: "write-manifest"; readonly checkpointId: number }
  /** Compare-and-set the head, to complete a checkpoint or to take more ids. */
  | { readonly kind: "write-head"; readonly checkpointId: number | undefined; readonly head: Head }
  /** The head lists the checkpoint: sinks may commit, older things may go. */
  | { readonly kind: "complete"; readonly checkpointId: number; readonly retained: readonly RetainedCheckpoint[] }
  | { readonly kind: "abort"; readonly checkpointId: number; readonly reason: AbortReason }
  /** More failures in a row than tolerated. */
  | { readonly kind: "fail"; readonly reason: AbortReason; readonly checkpointId: number };

/** How many ids each write of the head takes, so that drawing one costs no write of its own. */
export const IDS_RESERVED = 16;

interface Pending {
  readonly checkpointId: number;
  readonly deadline: number;
  readonly acknowledged: Set<number>;
  phase: "collecting" | "manifest" | "head";
}

/** What a coordinator starts from. */
export interface CoordinatorStart {
  readonly at: number;
  readonly subtasks: number;
  readonly config: CheckpointConfig;
  /** The head that this coordinator's generation has written at its takeover. */
  readonly head: Head;
  /** The first id it may draw. */
  readonly firstId: number;
  readonly wallClock: () => number;
}

/** Decides when a checkpoint begins, is complete, or is given up. One checkpoint at a time. */
export class CheckpointCoordinator {
  readonly #config: CheckpointConfig;
  readonly #subtasks: number;
  readonly #wallClock: () => number;
  #head: Head;
  #nextId: number;
  #nextTrigger: number;
  #earliestTrigger: number;
  #requested = false;
  #pending: Pending | undefined;
  #takingIds = false;
  /** Whether commits and clean-up of the last completed checkpoint are still under way: they throttle the next one. */
  #settling = false;
  #failuresInRow = 0;

  constructor(start: CoordinatorStart) {
    this.#config = start.config;
    this.#subtasks = start.subtasks;
    this.#wallClock = start.wallClock;
    this.#head = start.head;
    this.#nextId = start.firstId;
    this.#nextTrigger = start.at + start.config.intervalMs;
    this.#earliestTrigger = start.at;
  }

  /** The checkpoint under way; `undefined` if there is none. */
  get pending(): number | undefined {
    return this.#pending?.checkpointId;
  }

  /** When a `time` event is due next; Infinity if never. */
  get wakeAt(): number {
    // Once the head is being written its fate is out of our hands: it may be complete already.
    if (this.#pending !== undefined) return this.#pending.phase === "head" ? Infinity : this.#pending.deadline;
    if (this.#settling || this.#takingIds) return Infinity;
    return Math.max(this.#requested ? -Infinity : this.#nextTrigger, this.#earliestTrigger);
  }

  /** Takes an event and says what to do. */
  on(event: CoordinatorEvent): readonly CoordinatorEffect[] {
    switch (event.kind) {
      case "time":
        return this.#onTime(event.at);
      case "requested":
        this.#requested = true;
        this.#earliestTrigger = Math.min(this.#earliestTrigger, event.at);
        return this.#onTime(event.at);
      case "acknowledged":
        return this.#onAcknowledged(event.checkpointId, event.subtask);
      case "declined":
        return this.#isIn("collecting", event.checkpointId)
          ? this.#abort(event.at, event.checkpointId, "declined")
          : [];
      case "manifest-written":
        return this.#onManifestWritten(event.checkpointId);
      case "manifest-failed":
        return this.#isIn("manifest", event.checkpointId)
          ? this.#abort(event.at, event.checkpointId, "manifest-failed")
          : [];
      case "head-written":
        return this.#onHeadWritten(event.at, event.checkpointId, event.head);
      case "head-failed":
        return this.#onHeadFailed(event.at, event.checkpointId);
      case "settled":
        this.#settling = false;
        return this.#onTime(event.at);
    }
  }

  #onTime(at: number): readonly CoordinatorEffect[] {
    const pending = this.#pending;
    if (pending !== undefined) {
      const expired = pending.phase !== "head" && at >= pending.deadline;
      return expired ? this.#abort(at, pending.checkpointId, "expired") : [];
    }
    if (this.#settling || this.#takingIds || at < this.wakeAt) return [];
    if (this.#nextId >= this.#head.nextId) return this.#takeIds();
    return this.#trigger(at);
  }

  #takeIds(): readonly CoordinatorEffect[] {
    this.#takingIds = true;
    const head: Head = { ...this.#head, nextId: this.#head.nextId + IDS_RESERVED };
    return [{ kind: "write-head", checkpointId: undefined, head }];
  }

  #trigger(at: number): readonly CoordinatorEffect[] {
    const checkpointId = this.#nextId++;
    this.#requested = false;
    // Fixed rate: a late trigger does not move those after it, and missed ones are not made up for.
    while (this.#nextTrigger <= at) this.#nextTrigger += this.#config.intervalMs;
    const deadline = at + this.#config.timeoutMs;
    this.#pending = { checkpointId, deadline, acknowledged: new Set(), phase: "collecting" };
    return [{ kind: "trigger", checkpointId }];
  }

  /** Whether an answer belongs to a question: any other one is stale. */
  #isIn(phase: Pending["phase"], checkpointId: number): boolean {
    return this.#pending?.checkpointId === checkpointId && this.#pending.phase === phase;
  }

  #onAcknowledged(checkpointId: number, subtask: number): readonly CoordinatorEffect[] {
    const pending = this.#pending;
    if (pending === undefined || !this.#isIn("collecting", checkpointId)) return [];
    pending.acknowledged.add(subtask);
    if (pending.acknowledged.size < this.#subtasks) return [];
    pending.phase = "manifest";
    return [{ kind: "write-manifest", checkpointId }];
  }

  #onManifestWritten(checkpointId: number): readonly CoordinatorEffect[] {
    const pending = this.#pending;
    if (pending === undefined || !this.#isIn("manifest", checkpointId)) return [];
    pending.phase = "head";
    const { generation } = this.#head;
    const completed: RetainedCheckpoint = {
      checkpointId,
      generation,
      manifest: manifestName(generation, checkpointId),
      completedAt: this.#wallClock(),
    };
    const head: Head = {
      ...this.#head,
      nextId: Math.max(this.#head.nextId, this.#nextId + IDS_RESERVED),
      retained: [...this.#head.retained, completed].slice(-this.#config.retained),
    };
    return [{ kind: "write-head", checkpointId, head }];
  }

  #onHeadWritten(at: number, checkpointId: number | undefined, head: Head): readonly CoordinatorEffect[] {
    if (checkpointId === undefined) {
      if (!this.#takingIds) return [];
      this.#takingIds = false;
      this.#head = head;
      return this.#onTime(at);
    }
    if (!this.#isIn("head", checkpointId)) return [];
    this.#head = head;
    this.#end(at);
    this.#settling = true;
    this.#failuresInRow = 0;
    return [{ kind: "complete", checkpointId, retained: head.retained }];
  }

  #onHeadFailed(at: number, checkpointId: number | undefined): readonly CoordinatorEffect[] {
    if (checkpointId !== undefined) {
      return this.#isIn("head", checkpointId) ? this.#abort(at, checkpointId, "head-failed") : [];
    }
    if (!this.#takingIds) return [];
    this.#takingIds = false;
    this.#earliestTrigger = at + Math.min(this.#config.intervalMs, this.#config.timeoutMs);
    return this.#countFailure(0, "head-failed");
  }

  #abort(at: number, checkpointId: number, reason: AbortReason): readonly CoordinatorEffect[] {
    this.#end(at);
    return [{ kind: "abort", checkpointId, reason }, ...this.#countFailure(checkpointId, reason)];
  }

  /** The pending checkpoint is over. The pause is for periodic ones: a requested one that had to wait does not sit it out. */
  #end(at: number): void {
    this.#pending = undefined;
    this.#earliestTrigger = this.#requested ? at : at + this.#config.minPauseMs;
  }

  #countFailure(checkpointId: number, reason: AbortReason): readonly CoordinatorEffect[] {
    this.#failuresInRow++;
    if (this.#failuresInRow <= this.#config.tolerableFailures) return [];
    this.#failuresInRow = 0;
    return [{ kind: "fail", reason, checkpointId }];
  }
}
