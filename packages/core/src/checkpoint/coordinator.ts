/**
 * The checkpoint coordinator: pure decisions. Events go in, effects come out; it reads no clock and waits for nothing.
 *
 * @module
 */
import { type AbortReason, countsAsFailure, type DeclineReason } from "./abort-reason.ts";
import { FailureCounter } from "./failure-counter.ts";
import type { Head, RetainedCheckpoint } from "./head.ts";
import { manifestName } from "./manifest.ts";
import type { CheckpointConfig } from "./options.ts";
import { type CheckpointRequest, type RequestKind, RequestQueue } from "./request-queue.ts";

interface Timed {
  /** Monotonic milliseconds. */
  readonly at: number;
}

interface OfCheckpoint extends Timed {
  readonly checkpointId: number;
}

/** What happened. */
export type CoordinatorEvent =
  | ({ readonly kind: "time" } & Timed)
  /** Someone wants a checkpoint now: a user, or the end of a bounded run. */
  | ({ readonly kind: "requested"; readonly request: CheckpointRequest } & Timed)
  | ({ readonly kind: "acknowledged"; readonly subtask: number } & OfCheckpoint)
  | ({ readonly kind: "declined"; readonly reason: DeclineReason } & OfCheckpoint)
  | ({ readonly kind: "manifest-written" } & OfCheckpoint)
  | ({ readonly kind: "manifest-failed" } & OfCheckpoint)
  | ({ readonly kind: "head-written"; readonly checkpointId: number | undefined; readonly head: Head } & Timed)
  /** What a complete checkpoint holds is committed. */
  | ({ readonly kind: "committed" } & OfCheckpoint)
  /** What a complete checkpoint made superfluous is gone. */
  | ({ readonly kind: "cleaned" } & OfCheckpoint)
  /** A region has failed: no checkpoint can be complete before it is there again. */
  | ({ readonly kind: "region-failed" } & Timed)
  /** A region that has failed is closed and wants to be restored. */
  | ({ readonly kind: "region-closed"; readonly region: number } & Timed)
  /** A region is there again. */
  | ({ readonly kind: "region-restored" } & Timed)
  /** Nothing more is to be begun: the attempt has failed, or the job is over. */
  | ({ readonly kind: "closed"; readonly reason: "suspended" | "shutdown" } & Timed);

/** What has to be done, in this order. */
export type CoordinatorEffect =
  /** Put barriers of this checkpoint into all sources. `tickets`: the requests that it answers. */
  | {
      readonly kind: "trigger";
      readonly checkpointId: number;
      readonly request: RequestKind;
      readonly tickets: readonly number[];
    }
  /** Everybody has acknowledged: make the manifest durable. */
  | { readonly kind: "write-manifest"; readonly checkpointId: number }
  /** Compare-and-set the head, to complete a checkpoint or to take more ids. */
  | { readonly kind: "write-head"; readonly checkpointId: number | undefined; readonly head: Head }
  /** The head lists the checkpoint: sinks may commit, older things may go. */
  | { readonly kind: "complete"; readonly checkpointId: number; readonly retained: readonly RetainedCheckpoint[] }
  | { readonly kind: "abort"; readonly checkpointId: number; readonly reason: AbortReason }
  /** A request that no checkpoint will answer. */
  | { readonly kind: "reject"; readonly ticket: number; readonly reason: AbortReason }
  /** All is settled, and the newest checkpoint is what the head lists: the region may be restored under this generation. */
  | { readonly kind: "restore-region"; readonly region: number; readonly generation: number }
  /** More failures in a row than tolerated. */
  | { readonly kind: "fail"; readonly reason: AbortReason; readonly checkpointId: number };

/**
 * What an acknowledgement or a decline is. `"duplicate"`: said before. `"late"`: of a checkpoint that is over. `"unknown"`:
 * of one that never was, or of a subtask that there is not. Only a `"success"` changes anything.
 */
export type AcknowledgeOutcome = "success" | "duplicate" | "late" | "unknown";

/** How many ids each write of the head takes, so that drawing one costs no write of its own. */
export const IDS_RESERVED = 16;

interface Pending {
  readonly checkpointId: number;
  readonly request: RequestKind;
  readonly deadline: number;
  readonly acknowledged: Set<number>;
  /** In `ready` everybody has acknowledged, and an earlier one is not yet through. */
  phase: "collecting" | "ready" | "manifest" | "written" | "head";
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

/**
 * Decides when a checkpoint begins, is complete, or is given up. Several may be under way; they become complete one
 * after the other, in the order of their ids.
 */
export class CheckpointCoordinator {
  readonly #config: CheckpointConfig;
  readonly #subtasks: number;
  readonly #wallClock: () => number;
  readonly #firstId: number;
  /** That of the takeover: what checkpoints write is named by it. */
  readonly #generation: number;
  readonly #requests = new RequestQueue();
  readonly #failures: FailureCounter;
  /** Oldest first. */
  #pending: Pending[] = [];
  #head: Head;
  #nextId: number;
  #nextTrigger: number;
  #earliestTrigger: number;
  #isHeld = false;
  /** Whether a head is being written that completes no checkpoint: for more ids, or for a generation. */
  #takingIds = false;
  /** Regions that have failed and are not there again. */
  #regionsDown = 0;
  /** Those of them that want to be restored, each under a generation of its own. */
  readonly #regionsClosed: number[] = [];
  /** The region for which a generation is being drawn. */
  #drawingFor: number | undefined;
  /** Complete ones whose commits are under way. */
  readonly #committing = new Set<number>();
  /** Complete ones that have not been cleaned up after. */
  readonly #cleaning = new Set<number>();
  #closed = false;

  constructor(start: CoordinatorStart) {
    this.#config = start.config;
    this.#subtasks = start.subtasks;
    this.#wallClock = start.wallClock;
    this.#head = start.head;
    this.#firstId = start.firstId;
    this.#generation = start.head.generation;
    this.#nextId = start.firstId;
    this.#failures = new FailureCounter(start.config.tolerableFailures);
    this.#nextTrigger = start.at + start.config.intervalMs;
    this.#earliestTrigger = start.at;
  }

  /** The checkpoints under way, oldest first. */
  get pending(): readonly number[] {
    return this.#pending.map(({ checkpointId }) => checkpointId);
  }

  /** When a `time` event is due next; Infinity if never. */
  get wakeAt(): number {
    const { first } = this.#requests;
    let wakeAt = Infinity;
    if (this.#mayStart(first?.kind ?? "periodic")) {
      wakeAt = first === undefined ? Math.max(this.#nextTrigger, this.#earliestTrigger) : -Infinity;
    }
    // Once the head is being written its fate is out of our hands: it may be complete already.
    for (const { phase, deadline } of this.#pending) if (phase !== "head") wakeAt = Math.min(wakeAt, deadline);
    return wakeAt;
  }

  /** Whether no further checkpoint may begin: the last one of the job has, and nothing may be committed after it. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /** What an acknowledgement or a decline of a subtask would be. */
  outcomeOf(checkpointId: number, subtask: number): AcknowledgeOutcome {
    if (subtask < 0 || subtask >= this.#subtasks) return "unknown";
    if (checkpointId < this.#firstId || checkpointId >= this.#nextId) return "unknown";
    const pending = this.#find(checkpointId);
    if (pending === undefined) return "late";
    return pending.acknowledged.has(subtask) ? "duplicate" : "success";
  }

  /** Takes an event and says what to do. */
  on(event: CoordinatorEvent): readonly CoordinatorEffect[] {
    if (this.#closed) return event.kind === "requested" ? [rejected(event.request.ticket, "shutdown")] : [];
    switch (event.kind) {
      case "time":
        return this.#onTime(event.at);
      case "requested":
        return this.#onRequested(event.at, event.request);
      case "acknowledged":
        return this.#onAcknowledged(event.checkpointId, event.subtask);
      case "declined":
        return this.#find(event.checkpointId, "collecting") === undefined
          ? []
          : this.#abort(event.at, event.checkpointId, event.reason);
      case "manifest-written":
        return this.#onManifestWritten(event.checkpointId);
      case "manifest-failed":
        return this.#find(event.checkpointId, "manifest") === undefined
          ? []
          : this.#abort(event.at, event.checkpointId, "manifest-failed");
      case "head-written":
        return this.#onHeadWritten(event.at, event.checkpointId, event.head);
      case "committed":
        return this.#committing.delete(event.checkpointId)
          ? [...this.#drawGeneration(), ...this.#onTime(event.at)]
          : [];
      case "cleaned":
        return this.#cleaning.delete(event.checkpointId) ? this.#onTime(event.at) : [];
      case "region-failed":
        return this.#onRegionFailed(event.at);
      case "region-closed":
        this.#regionsClosed.push(event.region);
        return this.#drawGeneration();
      case "region-restored":
        this.#regionsDown--;
        return this.#onTime(event.at);
      case "closed":
        return this.#onClosed(event.reason);
    }
  }

  #onTime(at: number): readonly CoordinatorEffect[] {
    const effects: CoordinatorEffect[] = [];
    for (const { checkpointId, phase, deadline } of this.#pending) {
      if (phase !== "head" && at >= deadline) effects.push(...this.#abort(at, checkpointId, "expired"));
    }
    if (effects.length > 0) return effects;
    const { first } = this.#requests;
    if (!this.#mayStart(first?.kind ?? "periodic")) return [];
    if (first === undefined && at < Math.max(this.#nextTrigger, this.#earliestTrigger)) return [];
    if (this.#nextId < this.#head.nextId) return this.#trigger(at);
    return this.#pending.some(({ phase }) => phase === "head") ? [] : this.#takeIds();
  }

  #onRequested(at: number, request: CheckpointRequest): readonly CoordinatorEffect[] {
    const dropped = this.#requests.add(request);
    return dropped === undefined ? this.#onTime(at) : [rejected(dropped.ticket, "too-many-requests")];
  }

  /** At the limit only a savepoint may begin, and that only where barriers overtake nothing. */
  #mayStart(request: RequestKind): boolean {
    if (this.#isHeld || this.#takingIds || this.#closed || this.#committing.size > 0) return false;
    if (this.#regionsDown > 0) return false;
    const { maxConcurrent, barriers } = this.#config;
    if (this.#cleaning.size > maxConcurrent) return false;
    return this.#pending.length < maxConcurrent || (request === "savepoint" && barriers !== "unaligned");
  }

  #takeIds(): readonly CoordinatorEffect[] {
    this.#takingIds = true;
    const head: Head = { ...this.#head, nextId: this.#head.nextId + IDS_RESERVED };
    return [{ kind: "write-head", checkpointId: undefined, head }];
  }

  #trigger(at: number): readonly CoordinatorEffect[] {
    const checkpointId = this.#nextId++;
    const requests = this.#requests.take();
    const request = requests[0]?.kind ?? "periodic";
    // Fixed rate: a late trigger does not move those after it, and missed ones are not made up for.
    while (this.#nextTrigger <= at) this.#nextTrigger += this.#config.intervalMs;
    const deadline = at + this.#config.timeoutMs;
    this.#pending.push({ checkpointId, request, deadline, acknowledged: new Set(), phase: "collecting" });
    return [{ kind: "trigger", checkpointId, request, tickets: requests.map(({ ticket }) => ticket) }];
  }

  /** The pending checkpoint an answer belongs to: any other answer is stale. */
  #find(checkpointId: number, phase?: Pending["phase"]): Pending | undefined {
    return this.#pending.find(
      (pending) => pending.checkpointId === checkpointId && (phase === undefined || pending.phase === phase),
    );
  }

  #onAcknowledged(checkpointId: number, subtask: number): readonly CoordinatorEffect[] {
    const pending = this.#find(checkpointId, "collecting");
    if (pending === undefined || subtask < 0 || subtask >= this.#subtasks) return [];
    pending.acknowledged.add(subtask);
    if (pending.acknowledged.size < this.#subtasks) return [];
    pending.phase = "ready";
    return this.#finalize();
  }

  /** One at a time goes on to manifest and head; a savepoint that is not ready yet holds back those after it. */
  #finalize(): readonly CoordinatorEffect[] {
    if (this.#pending.some(({ phase }) => phase !== "collecting" && phase !== "ready")) return [];
    for (const pending of this.#pending) {
      if (pending.phase === "ready") {
        pending.phase = "manifest";
        return [{ kind: "write-manifest", checkpointId: pending.checkpointId }];
      }
      if (pending.request === "savepoint") return [];
    }
    return [];
  }

  #onManifestWritten(checkpointId: number): readonly CoordinatorEffect[] {
    const pending = this.#find(checkpointId, "manifest");
    if (pending === undefined) return [];
    pending.phase = "written";
    return this.#takingIds ? [] : this.#listInHead(pending);
  }

  #listInHead(pending: Pending): readonly CoordinatorEffect[] {
    pending.phase = "head";
    const { checkpointId } = pending;
    const completed: RetainedCheckpoint = {
      checkpointId,
      generation: this.#head.generation,
      manifest: manifestName(this.#generation, checkpointId),
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
    if (checkpointId === undefined) return this.#onIdsTaken(at, head);
    if (this.#find(checkpointId, "head") === undefined) return [];
    this.#head = head;
    this.#end(at, checkpointId);
    this.#committing.add(checkpointId);
    this.#cleaning.add(checkpointId);
    this.#failures.succeeded(checkpointId);
    const effects: CoordinatorEffect[] = [{ kind: "complete", checkpointId, retained: head.retained }];
    for (const pending of this.pending) {
      if (pending < checkpointId) effects.push(...this.#abort(at, pending, "subsumed"));
    }
    return [...effects, ...this.#finalize()];
  }

  #onIdsTaken(at: number, head: Head): readonly CoordinatorEffect[] {
    if (!this.#takingIds) return [];
    this.#takingIds = false;
    this.#head = head;
    if (this.#drawingFor !== undefined) {
      const restored: CoordinatorEffect = {
        kind: "restore-region",
        region: this.#drawingFor,
        generation: head.generation,
      };
      this.#drawingFor = undefined;
      return [restored, ...this.#drawGeneration()];
    }
    const written = this.#pending.find(({ phase }) => phase === "written");
    if (written !== undefined) return [...this.#listInHead(written), ...this.#onTime(at)];
    return [...this.#drawGeneration(), ...this.#onTime(at)];
  }

  /** What the failed region was to acknowledge is lost. A head that is on its way is waited for: it may list a checkpoint. */
  #onRegionFailed(at: number): readonly CoordinatorEffect[] {
    this.#regionsDown++;
    const lost = this.#pending.filter(({ phase }) => phase !== "head");
    for (const { checkpointId } of lost) this.#end(at, checkpointId);
    return lost.map(({ checkpointId }) => ({ kind: "abort", checkpointId, reason: "region-failed" }));
  }

  /**
   * What a region stages after its restart needs names that it has not used. A generation is drawn as ids are, by a write of
   * the head; what checkpoints write is named by that of the takeover all the same.
   */
  #drawGeneration(): readonly CoordinatorEffect[] {
    if (this.#takingIds || this.#pending.length > 0 || this.#committing.size > 0) return [];
    this.#drawingFor = this.#regionsClosed.shift();
    if (this.#drawingFor === undefined) return [];
    this.#takingIds = true;
    const head: Head = { ...this.#head, generation: this.#head.generation + 1 };
    return [{ kind: "write-head", checkpointId: undefined, head }];
  }

  #abort(at: number, checkpointId: number, reason: AbortReason): readonly CoordinatorEffect[] {
    const isSavepoint = this.#find(checkpointId)?.request === "savepoint";
    this.#end(at, checkpointId);
    const effects: CoordinatorEffect[] = [{ kind: "abort", checkpointId, reason }];
    if (countsAsFailure(reason, isSavepoint) && this.#failures.failed(checkpointId)) {
      effects.push({ kind: "fail", reason, checkpointId });
    }
    return [...effects, ...this.#finalize()];
  }

  /** It is over. The pause that begins now is for periodic ones: a requested one does not sit it out. */
  #end(at: number, checkpointId: number): void {
    this.#pending = this.#pending.filter((pending) => pending.checkpointId !== checkpointId);
    this.#earliestTrigger = at + this.#config.minPauseMs;
  }

  #onClosed(reason: "suspended" | "shutdown"): readonly CoordinatorEffect[] {
    this.#closed = true;
    const effects: CoordinatorEffect[] = this.pending.map((checkpointId) => ({ kind: "abort", checkpointId, reason }));
    this.#pending = [];
    return [...effects, ...this.#requests.take().map(({ ticket }) => rejected(ticket, reason))];
  }
}

function rejected(ticket: number, reason: AbortReason): CoordinatorEffect {
  return { kind: "reject", ticket, reason };
}
