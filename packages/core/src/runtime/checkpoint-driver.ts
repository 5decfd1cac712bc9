import { assert } from "../assert.ts";
import type { AbortReason, DeclineReason } from "../checkpoint/abort-reason.ts";
import {
  type AcknowledgeOutcome,
  CheckpointCoordinator,
  type CoordinatorEffect,
  type CoordinatorEvent,
} from "../checkpoint/coordinator.ts";
import type { Head, RetainedCheckpoint } from "../checkpoint/head.ts";
import { encodeManifest, type Manifest, manifestName } from "../checkpoint/manifest.ts";
import type { CheckpointConfig } from "../checkpoint/options.ts";
import type { CheckpointRequest, RequestKind } from "../checkpoint/request-queue.ts";
import type { Env } from "../env/env.ts";
import { CheckpointError, isTidemarkError, messageOf } from "../errors.ts";
import { lastly } from "../lastly.ts";
import type { BackendSession } from "../state/backend.ts";
import { describeLate } from "./checkpoint-report.ts";
import type { CheckpointTracker } from "./checkpoint-tracker.ts";
import type { CommitDriver, CommitFailed } from "./commit-driver.ts";
import type { CheckpointStatistics, CompletedCheckpoint } from "./metrics.ts";
import { RetainedHandles } from "./retained-handles.ts";
import { firstIdOf, type OwnedHead, replaceHead, fenced } from "./takeover.ts";
import type { TraceListener } from "./trace.ts";

/** What a checkpoint driver needs of its surroundings. */
export interface CheckpointDriverOptions {
  readonly env: Env;
  readonly session: BackendSession;
  readonly owned: OwnedHead;
  readonly config: CheckpointConfig;
  readonly subtasks: number;
  readonly commits: CommitDriver;
  /** What a complete checkpoint holds of a sink could not be committed. Those of other sinks are. */
  readonly commitFailed: CommitFailed;
  readonly statistics: CheckpointStatistics;
  readonly tracker: CheckpointTracker;
  readonly trace: TraceListener | undefined;
  /** Puts barriers into all sources. */
  readonly trigger: (checkpointId: number, request: RequestKind) => void;
  /** Everything the subtasks reported for a checkpoint. */
  readonly collect: (checkpointId: number) => { readonly manifest: Manifest; readonly bytes: number };
  readonly abort: (checkpointId: number, reason: AbortReason) => void;
  /** The head lists the checkpoint. */
  readonly completed: (retained: RetainedCheckpoint, manifest: Manifest) => void;
  /** Checkpoints of which nothing may be released, besides those that the head lists. */
  readonly pinned: () => readonly RetainedCheckpoint[];
  /** The checkpoint is complete, and its commits are settled. Returns whether another one may begin. */
  readonly committed: (checkpointId: number) => boolean;
  /** What it made superfluous is gone, too. */
  readonly cleaned: (checkpointId: number) => void;
  readonly fail: (error: unknown) => void;
}

/** A region that waits for a generation. */
interface Drawing {
  readonly resolve: (generation: number) => void;
  readonly reject: (error: CheckpointError) => void;
}

/** Who asked for a checkpoint, and waits for it. */
interface Asking {
  readonly resolve: (completed: CompletedCheckpoint) => void;
  readonly reject: (error: CheckpointError) => void;
}

/** Carries out what the coordinator decides, and tells it what came of it. */
export class CheckpointDriver {
  readonly #options: CheckpointDriverOptions;
  readonly #coordinator: CheckpointCoordinator;
  readonly #started = new Map<number, number>();
  readonly #manifests = new Map<number, { readonly manifest: Manifest; readonly bytes: number }>();
  /** Checkpoints whose manifests are still to be written, and how many manifests are being written. */
  #unwritten: number[] = [];
  #writing = 0;
  /** What is being carried out, and what has come meanwhile. */
  readonly #events: CoordinatorEvent[] = [];
  readonly #handles: RetainedHandles;
  readonly #asking = new Map<number, Asking>();
  /** By checkpoint, the tickets of those that it answers. */
  readonly #answers = new Map<number, readonly number[]>();
  /** By region. */
  readonly #drawing = new Map<number, Drawing>();
  #tickets = 0;
  #tag: string;
  /** Commits, and then clean-up, of one checkpoint after the other. */
  #commits: Promise<void> = Promise.resolve();
  #cleanUp: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(options: CheckpointDriverOptions) {
    this.#options = options;
    this.#tag = options.owned.tag;
    this.#handles = new RetainedHandles(options.session.manifests);
    this.#coordinator = new CheckpointCoordinator({
      at: options.env.monotonic(),
      subtasks: options.subtasks,
      config: options.config,
      head: options.owned.head,
      firstId: firstIdOf(options.owned),
      wallClock: () => options.env.now(),
    });
  }

  start(): void {
    this.#armTimer();
  }

  /**
   * Asks for a checkpoint as soon as one may begin.
   *
   * @returns resolves when one that began after this call is complete; rejects with CHECKPOINT_ABORTED and the reason.
   */
  request(kind: CheckpointRequest["kind"]): Promise<CompletedCheckpoint> {
    const ticket = this.#tickets++;
    const answer = new Promise<CompletedCheckpoint>((resolve, reject) => {
      this.#asking.set(ticket, { resolve, reject });
    });
    // Not everyone who asks also listens.
    answer.catch(() => undefined);
    if (this.#closed) this.#reject(ticket, undefined, "shutdown");
    else this.#tell({ kind: "requested", at: this.#now(), request: { ticket, kind } });
    return answer;
  }

  /** A subtask has written its part. */
  acknowledge(checkpointId: number, subtask: number): AcknowledgeOutcome {
    const outcome = this.#coordinator.outcomeOf(checkpointId, subtask);
    if (outcome === "success") this.#tell({ kind: "acknowledged", at: this.#now(), checkpointId, subtask });
    return outcome;
  }

  /** A subtask takes no part: the checkpoint is aborted. */
  decline(checkpointId: number, reason: DeclineReason): void {
    this.#tell({ kind: "declined", at: this.#now(), checkpointId, reason });
  }

  /** A region has failed: what is under way is aborted, and nothing begins before {@link regionRestored}. */
  regionFailed(): void {
    this.#tell({ kind: "region-failed", at: this.#now() });
  }

  /**
   * Draws a generation for a region that has failed and is closed.
   *
   * @returns resolves when nothing is under way: the head lists the newest checkpoint, and its commits are settled. Rejects
   * with CHECKPOINT_ABORTED if the attempt ends before.
   */
  drawGeneration(region: number): Promise<number> {
    if (this.#closed) return Promise.reject(notTaken(undefined, "suspended"));
    return new Promise((resolve, reject) => {
      this.#drawing.set(region, { resolve, reject });
      this.#tell({ kind: "region-closed", at: this.#now(), region });
    });
  }

  /** A region is there again. */
  regionRestored(): void {
    this.#tell({ kind: "region-restored", at: this.#now() });
  }

  /** Lets no further checkpoint begin, or lets them begin again. */
  hold(isHeld: boolean): void {
    this.#coordinator.hold(isHeld);
  }

  /** Ends what is under way, and tells who waits for it. */
  close(reason: "suspended" | "shutdown"): void {
    if (this.#closed) return;
    const effects = this.#coordinator.on({ kind: "closed", at: this.#now(), reason });
    this.#closed = true;
    this.#cancelTimer();
    for (const { reject } of this.#drawing.values()) reject(notTaken(undefined, reason));
    for (const effect of effects) {
      if (effect.kind === "abort") this.#reject(undefined, effect.checkpointId, reason);
      if (effect.kind === "reject") this.#reject(effect.ticket, undefined, reason);
    }
  }

  #nameOf(checkpointId: number): string {
    return manifestName(this.#options.owned.head.generation, checkpointId);
  }

  #now(): number {
    return this.#options.env.monotonic();
  }

  /** Who hears of an effect may ask for a checkpoint: what came before is carried out first. */
  #tell(event: CoordinatorEvent): void {
    if (this.#events.push(event) > 1) return;
    try {
      for (let next = this.#events[0]; next !== undefined && !this.#closed; next = this.#events[0]) {
        for (const effect of this.#coordinator.on(next)) this.#carryOut(effect);
        this.#events.shift();
      }
      this.#armTimer();
    } catch (error) {
      this.#options.fail(error);
    } finally {
      this.#events.length = 0;
    }
  }

  #carryOut(effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "trigger":
        this.#answers.set(effect.checkpointId, effect.tickets);
        return this.#trigger(effect.checkpointId, effect.request);
      case "write-manifest":
        this.#unwritten.push(effect.checkpointId);
        return this.#writeManifests();
      case "write-head":
        return this.#run(this.#writeHead(effect.checkpointId, effect.head));
      case "complete":
        return this.#complete(effect.checkpointId, effect.retained);
      case "abort":
        return this.#abort(effect.checkpointId, effect.reason);
      case "reject":
        return this.#reject(effect.ticket, undefined, effect.reason);
      case "restore-region":
        this.#drawing.get(effect.region)?.resolve(effect.generation);
        this.#drawing.delete(effect.region);
        return;
      case "fail":
        throw new CheckpointError(
          "CHECKPOINT_TOLERANCE",
          `Cannot go on: checkpoint ${effect.checkpointId} was aborted (${effect.reason}), one more in a row than tolerated. ` +
            "Raise checkpoint.timeout or checkpoint.tolerableFailures if this is to be expected",
          { details: { checkpointId: effect.checkpointId, reason: effect.reason } },
        );
    }
  }

  #trigger(checkpointId: number, request: RequestKind): void {
    const { env, trace, trigger } = this.#options;
    this.#started.set(checkpointId, this.#now());
    env.point("checkpoint.triggered", { checkpointId });
    trace?.({ kind: "checkpoint-triggered", checkpointId, request });
    trigger(checkpointId, request);
  }

  /** Those of checkpoints that were given up are written to their end: others wait for that. */
  #writeManifests(): void {
    if (this.#closed || this.#writing >= this.#options.config.maxConcurrent) return;
    const checkpointId = this.#unwritten.shift();
    if (checkpointId === undefined) return;
    this.#writing++;
    const written = lastly(this.#writeManifest(checkpointId), () => {
      this.#writing--;
      this.#writeManifests();
    });
    this.#run(written);
  }

  async #writeManifest(checkpointId: number): Promise<void> {
    const { env, session, collect, trace } = this.#options;
    const { manifest, bytes } = collect(checkpointId);
    const encoded = encodeManifest(manifest);
    this.#manifests.set(checkpointId, { manifest, bytes: bytes + encoded.length });
    env.point("manifest.writing", { checkpointId });
    try {
      await session.flush(checkpointId);
      await session.manifests.write(this.#nameOf(checkpointId), encoded);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      this.#warn(`Checkpoint ${checkpointId} is given up: its manifest could not be written: ${messageOf(error)}`);
      return this.#tell({ kind: "manifest-failed", at: this.#now(), checkpointId });
    }
    // It may have been given up meanwhile, or the attempt has failed: the manifest is an orphan then, and is released with the others.
    if (this.#closed || !this.#manifests.has(checkpointId)) return;
    env.point("manifest.written", { checkpointId });
    trace?.({ kind: "manifest-written", checkpointId, bytes: encoded.length });
    this.#tell({ kind: "manifest-written", at: this.#now(), checkpointId });
  }

  async #writeHead(checkpointId: number | undefined, head: Head): Promise<void> {
    const { env, session, trace } = this.#options;
    env.point("head.writing", { checkpointId });
    this.#tag = await this.#replaceHead(session, head);
    env.point("head.written", { checkpointId });
    if (checkpointId !== undefined && !this.#closed) trace?.({ kind: "head-written", checkpointId });
    this.#tell({ kind: "head-written", at: this.#now(), checkpointId, head });
  }

  async #replaceHead(session: BackendSession, head: Head): Promise<string> {
    try {
      const tag = await replaceHead(session.head, this.#tag, head);
      if (tag === undefined) throw fenced(head.job, head.generation);
      return tag;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      // Whether it was applied, or will be, is unknown: the job starts again under another generation, and reads.
      throw new CheckpointError(
        "CHECKPOINT_ABORTED",
        `Cannot learn whether the head was written: ${messageOf(error)}`,
        {
          cause: error,
          retryable: true,
        },
      );
    }
  }

  /** The head lists the checkpoint: now, and not before, sinks commit and older things go. */
  #complete(checkpointId: number, retained: readonly RetainedCheckpoint[]): void {
    const { statistics, tracker, trace } = this.#options;
    const found = this.#manifests.get(checkpointId);
    assert(found !== undefined, `checkpoint ${checkpointId} is complete and has no manifest`);
    const { manifest, bytes } = found;
    this.#manifests.delete(checkpointId);
    const durationMs = this.#now() - (this.#started.get(checkpointId) ?? this.#now());
    this.#started.delete(checkpointId);
    statistics.completed({ checkpointId, durationMs, bytes });
    trace?.({ kind: "checkpoint-completed", checkpointId, durationMs, bytes });
    tracker.retained(retained.map((each) => each.checkpointId));
    this.#handles.remember(this.#nameOf(checkpointId), manifest);
    this.#options.completed(retained.at(-1) as RetainedCheckpoint, manifest);
    for (const ticket of this.#takeAnswers(checkpointId)) {
      this.#asking.get(ticket)?.resolve({ checkpointId, durationMs, bytes });
      this.#asking.delete(ticket);
    }
    this.#commits = this.#commits.then(() => this.#commit(manifest));
    this.#cleanUp = Promise.all([this.#commits, this.#cleanUp]).then(() => this.#release(checkpointId, retained));
    this.#run(this.#commits);
    this.#run(this.#cleanUp);
  }

  async #commit({ checkpointId, sinks }: Manifest): Promise<void> {
    if (this.#closed) return;
    const { commits, commitFailed } = this.#options;
    await commits.commit(checkpointId, sinks, commitFailed);
    if (this.#closed) return;
    if (this.#options.committed(checkpointId)) this.#tell({ kind: "committed", at: this.#now(), checkpointId });
  }

  async #release(checkpointId: number, retained: readonly RetainedCheckpoint[]): Promise<void> {
    const { env, session, cleaned } = this.#options;
    if (this.#closed) return;
    env.point("release.starting", { checkpointId });
    await session.release(await this.#handles.epochsOf(retained, this.#options.pinned()));
    env.point("release.done", { checkpointId, handles: this.#handles.size });
    if (this.#closed) return;
    cleaned(checkpointId);
    this.#tell({ kind: "cleaned", at: this.#now(), checkpointId });
  }

  #abort(checkpointId: number, reason: AbortReason): void {
    const { abort, statistics, tracker, trace } = this.#options;
    this.#started.delete(checkpointId);
    this.#manifests.delete(checkpointId);
    this.#unwritten = this.#unwritten.filter((each) => each !== checkpointId);
    statistics.aborted(checkpointId, reason);
    trace?.({ kind: "checkpoint-aborted", checkpointId, reason });
    this.#warn(`Checkpoint ${checkpointId} was aborted: ${reason}`);
    const details = tracker.details(checkpointId);
    const late = reason === "expired" && details !== undefined ? describeLate(details) : undefined;
    if (late !== undefined) this.#warn(late);
    abort(checkpointId, reason);
    this.#reject(undefined, checkpointId, reason);
  }

  /** Tells one who asked, or all whom a checkpoint was to answer, that nothing came of it. */
  #reject(ticket: number | undefined, checkpointId: number | undefined, reason: AbortReason): void {
    const tickets = ticket === undefined ? this.#takeAnswers(checkpointId ?? 0) : [ticket];
    for (const asked of tickets) {
      const asking = this.#asking.get(asked);
      this.#asking.delete(asked);
      asking?.reject(notTaken(checkpointId, reason));
    }
  }

  #takeAnswers(checkpointId: number): readonly number[] {
    const tickets = this.#answers.get(checkpointId) ?? [];
    this.#answers.delete(checkpointId);
    return tickets;
  }

  #warn(message: string): void {
    this.#options.env.log({ level: "warn", message });
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!this.#closed) this.#options.fail(error);
    });
  }

  #armTimer(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => undefined;
    const { wakeAt } = this.#coordinator;
    if (this.#closed || wakeAt === Infinity) return;
    const delayMs = Math.max(0, wakeAt - this.#now());
    this.#cancelTimer = this.#options.env.schedule(delayMs, () => this.#tell({ kind: "time", at: this.#now() }));
  }
}

function isRetryable(error: unknown): boolean {
  return isTidemarkError(error) && error.retryable;
}

/** The error of a request that no checkpoint answered. */
export function notTaken(checkpointId: number | undefined, reason: AbortReason): CheckpointError {
  const what = checkpointId === undefined ? "a checkpoint" : `checkpoint ${checkpointId}`;
  return new CheckpointError("CHECKPOINT_ABORTED", `Cannot complete ${what}: ${reason}`, {
    details: checkpointId === undefined ? { reason } : { checkpointId, reason },
    retryable: true,
  });
}
