import { assert } from "../assert.ts";
import {
  type AbortReason,
  CheckpointCoordinator,
  type CoordinatorEffect,
  type CoordinatorEvent,
} from "../checkpoint/coordinator.ts";
import type { Head, RetainedCheckpoint } from "../checkpoint/head.ts";
import { decodeManifest, encodeManifest, type Manifest, manifestName } from "../checkpoint/manifest.ts";
import type { CheckpointConfig } from "../checkpoint/options.ts";
import type { Env } from "../env/env.ts";
import { CheckpointError, isTidemarkError, messageOf } from "../errors.ts";
import type { BackendSession, RetainedEpoch } from "../state/backend.ts";
import type { CommitDriver } from "./commit-driver.ts";
import type { CheckpointStatistics } from "./metrics.ts";
import { firstIdOf, type OwnedHead, replaceHead } from "./takeover.ts";
import type { TraceListener } from "./trace.ts";

/** What a checkpoint driver needs of its surroundings. */
export interface CheckpointDriverOptions {
  readonly env: Env;
  readonly session: BackendSession;
  readonly owned: OwnedHead;
  readonly config: CheckpointConfig;
  readonly subtasks: number;
  readonly commits: CommitDriver;
  readonly statistics: CheckpointStatistics;
  readonly trace: TraceListener | undefined;
  /** Puts barriers into all sources. */
  readonly trigger: (checkpointId: number) => void;
  /** Everything the subtasks reported for a checkpoint. */
  readonly collect: (checkpointId: number) => { readonly manifest: Manifest; readonly bytes: number };
  readonly abort: (checkpointId: number, reason: AbortReason) => void;
  /** The head lists the checkpoint. */
  readonly completed: (retained: RetainedCheckpoint, manifest: Manifest) => void;
  /** Checkpoints of which nothing may be released, besides those that the head lists. */
  readonly pinned: () => readonly RetainedCheckpoint[];
  /** The checkpoint is complete, and its commits are settled. */
  readonly settled: (checkpointId: number) => void;
  readonly fail: (error: unknown) => void;
}

/** Carries out what the coordinator decides, and tells it what came of it. */
export class CheckpointDriver {
  readonly #options: CheckpointDriverOptions;
  readonly #coordinator: CheckpointCoordinator;
  readonly #started = new Map<number, number>();
  readonly #manifests = new Map<number, Manifest>();
  readonly #handles = new Map<string, readonly Uint8Array[]>();
  #tag: string;
  #bytes = 0;
  #cancelTimer: () => void = () => undefined;
  #closed = false;

  constructor(options: CheckpointDriverOptions) {
    this.#options = options;
    this.#tag = options.owned.tag;
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

  /** Asks for a checkpoint as soon as one may begin. */
  request(): void {
    this.#tell({ kind: "requested", at: this.#now() });
  }

  /** A subtask has written its part. */
  acknowledge(checkpointId: number, subtask: number): void {
    this.#tell({ kind: "acknowledged", at: this.#now(), checkpointId, subtask });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  #now(): number {
    return this.#options.env.monotonic();
  }

  #tell(event: CoordinatorEvent): void {
    if (this.#closed) return;
    try {
      for (const effect of this.#coordinator.on(event)) this.#carryOut(effect);
      this.#armTimer();
    } catch (error) {
      this.#options.fail(error);
    }
  }

  #carryOut(effect: CoordinatorEffect): void {
    switch (effect.kind) {
      case "trigger":
        return this.#trigger(effect.checkpointId);
      case "write-manifest":
        return this.#run(this.#writeManifest(effect.checkpointId));
      case "write-head":
        return this.#run(this.#writeHead(effect.checkpointId, effect.head));
      case "complete":
        return this.#run(this.#complete(effect.checkpointId, effect.retained));
      case "abort":
        return this.#abort(effect.checkpointId, effect.reason);
      case "fail":
        throw new CheckpointError(
          "CHECKPOINT_TOLERANCE",
          `Cannot go on: checkpoint ${effect.checkpointId} was aborted (${effect.reason}), one more in a row than tolerated. ` +
            "Raise checkpoint.timeout or checkpoint.tolerableFailures if this is to be expected",
          { details: { checkpointId: effect.checkpointId, reason: effect.reason } },
        );
    }
  }

  #trigger(checkpointId: number): void {
    const { env, trace, trigger } = this.#options;
    this.#started.set(checkpointId, this.#now());
    env.point("checkpoint.triggered", { checkpointId });
    trace?.({ kind: "checkpoint-triggered", checkpointId });
    trigger(checkpointId);
  }

  async #writeManifest(checkpointId: number): Promise<void> {
    const { env, session, collect, trace } = this.#options;
    const { manifest, bytes } = collect(checkpointId);
    const encoded = encodeManifest(manifest);
    this.#manifests.set(checkpointId, manifest);
    this.#bytes = bytes + encoded.length;
    env.point("manifest.writing", { checkpointId });
    try {
      await session.flush(checkpointId);
      await session.manifests.write(manifestName(manifest.generation, checkpointId), encoded);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      this.#warn(`Checkpoint ${checkpointId} is given up: its manifest could not be written: ${messageOf(error)}`);
      return this.#tell({ kind: "manifest-failed", at: this.#now(), checkpointId });
    }
    // It may have been given up meanwhile; the manifest is an orphan then, and is released with the others.
    if (!this.#manifests.has(checkpointId)) return;
    env.point("manifest.written", { checkpointId });
    trace?.({ kind: "manifest-written", checkpointId, bytes: encoded.length });
    this.#tell({ kind: "manifest-written", at: this.#now(), checkpointId });
  }

  async #writeHead(checkpointId: number | undefined, head: Head): Promise<void> {
    const { env, session, trace } = this.#options;
    env.point("head.writing", { checkpointId });
    const tag = await this.#replaceHead(session, head);
    if (tag === undefined) return this.#tell({ kind: "head-failed", at: this.#now(), checkpointId });
    this.#tag = tag;
    env.point("head.written", { checkpointId });
    if (checkpointId !== undefined) trace?.({ kind: "head-written", checkpointId });
    this.#tell({ kind: "head-written", at: this.#now(), checkpointId, head });
  }

  /** The new tag; `undefined` if the store would not say, time and again, and the head still is the old one. */
  async #replaceHead(session: BackendSession, head: Head): Promise<string | undefined> {
    try {
      const tag = await replaceHead(session.head, this.#tag, head);
      if (tag === undefined) throw fenced(head);
      return tag;
    } catch (error) {
      if (!isRetryable(error)) throw error;
      // Whether it was applied is unknown, so nothing can be said of this checkpoint: the job starts again and reads.
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
  async #complete(checkpointId: number, retained: readonly RetainedCheckpoint[]): Promise<void> {
    const { env, session, commits, statistics, settled, trace } = this.#options;
    const manifest = this.#manifests.get(checkpointId);
    assert(manifest !== undefined, `checkpoint ${checkpointId} is complete and has no manifest`);
    this.#manifests.delete(checkpointId);
    const durationMs = this.#now() - (this.#started.get(checkpointId) ?? this.#now());
    this.#started.delete(checkpointId);
    statistics.completed({ checkpointId, durationMs, bytes: this.#bytes });
    trace?.({ kind: "checkpoint-completed", checkpointId, durationMs, bytes: this.#bytes });
    this.#handles.set(
      manifestName(manifest.generation, checkpointId),
      manifest.stores.map((store) => store.handle),
    );
    this.#options.completed(retained.at(-1) as RetainedCheckpoint, manifest);
    await commits.commit(checkpointId, manifest.sinks);
    env.point("release.starting", { checkpointId });
    await session.release(await this.#retainedEpochs(retained, this.#options.pinned()));
    env.point("release.done", { checkpointId });
    if (this.#closed) return;
    settled(checkpointId);
    this.#tell({ kind: "settled", at: this.#now() });
  }

  async #retainedEpochs(
    listed: readonly RetainedCheckpoint[],
    pinned: readonly RetainedCheckpoint[],
  ): Promise<readonly RetainedEpoch[]> {
    const epochs: RetainedEpoch[] = [];
    const isListed = ({ manifest }: RetainedCheckpoint): boolean => listed.some((each) => each.manifest === manifest);
    const retained = [...pinned.filter((each) => !isListed(each)), ...listed];
    for (const { checkpointId, manifest } of retained) {
      epochs.push({ epoch: checkpointId, manifest, handles: await this.#handlesOf(manifest) });
    }
    for (const name of this.#handles.keys()) {
      if (!retained.some(({ manifest }) => manifest === name)) this.#handles.delete(name);
    }
    return epochs;
  }

  async #handlesOf(name: string): Promise<readonly Uint8Array[]> {
    const known = this.#handles.get(name);
    if (known !== undefined) return known;
    const bytes = await this.#options.session.manifests.read(name);
    assert(bytes !== undefined, `the manifest "${name}" of a retained checkpoint is gone`);
    const handles = decodeManifest(name, bytes).stores.map((store) => store.handle);
    this.#handles.set(name, handles);
    return handles;
  }

  #abort(checkpointId: number, reason: AbortReason): void {
    const { abort, statistics, trace } = this.#options;
    this.#started.delete(checkpointId);
    this.#manifests.delete(checkpointId);
    statistics.aborted(checkpointId, reason);
    trace?.({ kind: "checkpoint-aborted", checkpointId, reason });
    this.#warn(`Checkpoint ${checkpointId} was aborted: ${reason}`);
    abort(checkpointId, reason);
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

function fenced(head: Head): CheckpointError {
  return new CheckpointError(
    "CHECKPOINT_FENCED",
    `Cannot go on with job "${head.job}": another process has taken it over since generation ${head.generation} began. ` +
      "Run one process for a job",
    { details: { job: head.job, generation: head.generation } },
  );
}
