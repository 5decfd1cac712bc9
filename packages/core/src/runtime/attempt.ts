import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import { barrierOf } from "../checkpoint/barrier-of.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import type { CheckpointRequest, RequestKind } from "../checkpoint/request-queue.ts";
import { messageOf } from "../errors.ts";
import { type Plan, sourceStages } from "../graph/plan.ts";
import type { StateStore } from "../state/backend.ts";
import { StateMemory } from "../state/paging/state-memory.ts";
import type { SubtaskActivity } from "./activity.ts";
import type { AttemptOptions, AttemptOutcome } from "./attempt-options.ts";
import { CheckpointCollector } from "./checkpoint-collector.ts";
import { CheckpointDriver, notTaken } from "./checkpoint-driver.ts";
import { logFailures } from "./closing.ts";
import type { CommitDriver } from "./commit-driver.ts";
import { EarlyRequests } from "./early-requests.ts";
import { Ending } from "./ending.ts";
import { Executor } from "./executor.ts";
import { restoreInFlight } from "./in-flight-restore.ts";
import type { CompletedCheckpoint } from "./metrics.ts";
import { type OpenedJob, Opening } from "./opening.ts";
import { restoreInstance } from "./restore-instance.ts";
import { type CompleteCheckpoint, SavepointDriver } from "./savepoint-driver.ts";
import type { SnapshotWriter } from "./snapshot-writer.ts";
import { SourceCoordinator } from "./source-coordinator.ts";
import { SourceDriver } from "./source-driver.ts";
import { firstIdOf } from "./takeover.ts";
import { tellAll } from "./tell-all.ts";
import { buildTopology, type Instance, sourceOf, type Topology } from "./topology.ts";

/**
 * One run of a job from a takeover of the head until it ends, stops or fails. A failed one is thrown away as a whole: the
 * next begins from durable state alone.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #executor: Executor;
  readonly #memory: StateMemory | undefined;
  readonly #writers: SnapshotWriter[] = [];
  readonly #stores: StateStore[] = [];
  readonly #opening: Opening;
  readonly #ending = new Ending();
  /** With the number of key groups that the restored state has. */
  #plan: Plan;
  #instances: readonly Instance[] = [];
  #sources: readonly SourceCoordinator[] = [];
  #collector: CheckpointCollector | undefined;
  #commits: CommitDriver | undefined;
  #checkpoints: CheckpointDriver | undefined;
  #savepoints: SavepointDriver | undefined;
  #opened: Promise<void> = Promise.resolve();
  #draining = false;
  /** Whether draining has cut some source short: event time is further than the records. */
  #drained = false;
  #lastComplete: CompleteCheckpoint | undefined;
  readonly #early = new EarlyRequests();
  #isOpen = false;
  #failure: { readonly error: unknown } | undefined;
  #onFailure: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#executor = new Executor(options.env, options.pick);
    this.#opening = new Opening(options, () => this.#assertAlive());
    this.#memory = StateMemory.within(options.state);
  }

  get generation(): number {
    return this.#opening.generation;
  }

  /** The checkpoint it began from; `undefined`: nothing. */
  get restoredFrom(): number | undefined {
    return this.#opening.restoredFrom;
  }

  /** The source drivers of the attempt. */
  get drivers(): readonly SourceDriver[] {
    return this.#instances.map(({ input }) => input).filter((input) => input instanceof SourceDriver);
  }

  /** Whether all that the sources have given has gone through every subtask. */
  get isDrained(): boolean {
    return this.#instances.every(({ task }) => task.isDrained);
  }

  /** What its subtasks spend their time with. */
  activity(): readonly SubtaskActivity[] {
    return this.#instances.map(({ at, task }) => ({ at, ...task.activity }));
  }

  /** Runs to an end. Rejects with what made it fail. */
  async run(): Promise<AttemptOutcome> {
    return await this.#run().catch(async (error: unknown) => {
      throw await this.#opening.explain(error);
    });
  }

  async #run(): Promise<AttemptOutcome> {
    const failed = new Promise<never>((_resolve, reject) => {
      this.#onFailure = () => reject(this.#failure?.error);
    });
    failed.catch(() => undefined);
    this.#opened = this.#open();
    await Promise.race([this.#opened, failed]);
    this.#isOpen = true;
    if (this.#draining) this.#drainSources();
    if (this.#checkpoints !== undefined) this.#early.answer(this.#checkpoints);
    if (this.#ending.isStopping) this.#requestFinal();
    this.#savepoints?.requested();
    await Promise.race([this.#executor.run(this.#options.idle), failed]);
    this.#assertAlive();
    await Promise.race([this.#savepoints?.idle(), failed]);
    const { outcome = "stopped" } = this.#ending;
    if (outcome === "finished") await Promise.race([this.#commits?.finish(), failed]);
    this.#savepoints?.ending();
    return outcome;
  }

  /** Reads no further record, takes a last checkpoint, and ends. */
  stop(): void {
    this.#options.budget.stop();
    this.#ending.stop();
    this.#requestFinal();
  }

  /** Ends all sources where they are: event time goes to its end, everything fires, a last checkpoint is taken. */
  drain(): void {
    this.#options.budget.stop();
    this.#draining = true;
    if (this.#checkpoints !== undefined) this.#drainSources();
  }

  /** There is a new savepoint that somebody waits for. */
  savepointRequested(): void {
    this.#savepoints?.requested();
  }

  #drainSources(): void {
    for (const driver of this.drivers) if (driver.drain()) this.#drained = true;
  }

  /**
   * Asks for a checkpoint now.
   *
   * @returns rejects with CHECKPOINT_ABORTED if it is aborted, or the attempt ends before.
   */
  requestCheckpoint(kind: CheckpointRequest["kind"]): Promise<CompletedCheckpoint> {
    if (this.#isOpen && this.#checkpoints !== undefined) return this.#checkpoints.request(kind);
    if (this.#failure !== undefined) return Promise.reject(notTaken(undefined, "suspended"));
    return this.#early.add(kind);
  }

  /** Ends it at once, with an error. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#executor.stop();
    this.#suspend();
    this.#onFailure();
  }

  /** Gives back what it holds. Errors while doing so change nothing any more, and are logged. */
  async close(): Promise<void> {
    // What is still being opened would be held for ever, and could take the job away from a later attempt.
    await Promise.allSettled([this.#opened]);
    this.#executor.stop();
    this.#suspend();
    logFailures(this.#options.env, await Promise.allSettled([this.#savepoints?.close()]));
    const closing: Promise<void>[] = this.#sources.map((source) => source.close());
    for (const { task, input, subtask } of this.#instances) {
      task.close();
      if (input instanceof SourceDriver) closing.push(input.close());
      else input.close();
      closing.push(subtask.close());
    }
    closing.push(...this.#stores.map((store) => store.close()));
    await this.#opening.close(closing);
  }

  #suspend(): void {
    const reason = this.#ending.outcome === undefined ? "suspended" : "shutdown";
    this.#checkpoints?.close(reason);
    this.#early.reject(reason);
  }

  /** Takes the job over, settles what was complete, restores, and sets everything going. */
  async #open(): Promise<void> {
    const { env, trace, tracker } = this.#options;
    const opened = await this.#opening.open();
    const { session, beginning, commits } = opened;
    const { manifest, image } = beginning;
    this.#commits = commits;
    this.#plan = beginning.plan;
    if (beginning.isDrained) this.#drainAgain();
    this.#collector = new CheckpointCollector(this.#plan, this.generation, beginning.origin);
    const topology = this.#build();
    this.#instances = topology.instances;
    this.#ending.begin(this.#instances.length);
    tracker.begin(this.#instances.map(({ at }) => at));
    for (const instance of this.#instances) {
      this.#writers[instance.index] = await this.#restore(instance, opened);
      this.#assertAlive();
    }
    await this.#opening.closeImage();
    if (manifest !== undefined) await restoreInFlight(session.manifests, manifest, this.#plan, topology);
    this.#assertAlive();
    env.point("restore.done", { checkpointId: manifest?.checkpointId });
    const [restoredFrom, savepoint] = [manifest?.checkpointId, image?.name];
    trace?.({ kind: "attempt-started", generation: this.generation, restoredFrom, savepoint });
    await this.#start(opened);
  }

  /** A job that was drained is over: what it has still to commit is committed, and no record follows. */
  #drainAgain(): void {
    const { env, plan } = this.#options;
    env.log({
      level: "warn",
      message: `Job "${plan.name}" was drained and reads no further; say allowDrained to go on`,
    });
    this.#draining = true;
  }

  /** What was cancelled or failed while it was being opened goes no further. */
  #assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #build(): Topology {
    const { config, env, channelRecords, budget, createSubtask, trace, records } = this.#options;
    return buildTopology({
      plan: this.#plan,
      env,
      generation: this.generation,
      channelRecords,
      barriers: config.barriers,
      executor: this.#executor,
      budget,
      createSubtask,
      trace,
      memory: this.#memory,
      events: {
        spilled: (instance, spill) => this.#writers[instance.index]?.addSpill(spill),
        frozen: (instance, checkpointId) =>
          this.#writers[instance.index]?.add(checkpointId, instance.input.captureOf(checkpointId)),
        decline: (instance, checkpointId, reason) => this.#decline(instance, checkpointId, reason, undefined),
        splits: (sourceId, checkpointId, splits) => this.#collector?.splits(checkpointId, sourceId, splits),
        requestTaken: (instance) => this.#wakeWriter(instance),
        ended: () => this.#instanceEnded(),
        ...records,
        fail: (error) => this.fail(error),
      },
    });
  }

  #restore(instance: Instance, { session, owned, beginning }: OpenedJob): Promise<SnapshotWriter> {
    const { env, trace } = this.#options;
    return restoreInstance(instance, {
      env,
      session,
      generation: this.generation,
      beginning,
      firstId: firstIdOf(owned),
      warmBytes: this.#memory?.warmBytes(this.#instances.length) ?? Infinity,
      trace,
      opened: (store) => this.#stores.push(store),
      wake: (writer) => this.#executor.wake(writer),
      written: ({ stage, subtaskIndex, at, index }, checkpointId, snapshot) => {
        this.#collector?.subtask(checkpointId, stage, subtaskIndex, snapshot);
        trace?.({ kind: "acknowledged", checkpointId, at });
        this.#checkpoints?.acknowledge(checkpointId, index);
      },
      declined: (declining, checkpointId, reason, error) => this.#decline(declining, checkpointId, reason, error),
      fail: (error) => this.fail(error),
    });
  }

  async #start(opened: OpenedJob): Promise<void> {
    const { manifest } = opened.beginning;
    this.#sources = sourceStages(this.#plan).map((stage) => this.#coordinate(stage.index, manifest));
    this.#savepoints = new SavepointDriver({
      env: this.#options.env,
      session: opened.session,
      requests: this.#options.savepoints,
      requestCheckpoint: () => void this.#checkpoints?.request("savepoint"),
      hasFailed: () => this.#failure !== undefined,
    });
    this.#checkpoints = this.#driveCheckpoints(opened);
    for (const source of this.#sources) {
      await source.start();
      this.#assertAlive();
    }
    for (const { task, subtask } of this.#instances) task.start(subtask);
    this.#checkpoints.start();
  }

  #driveCheckpoints({ session, owned, commits }: OpenedJob): CheckpointDriver {
    const { env, config, statistics, tracker, trace } = this.#options;
    return new CheckpointDriver({
      env,
      session,
      owned,
      config,
      subtasks: this.#instances.length,
      commits,
      statistics,
      tracker,
      trace,
      trigger: (checkpointId, request) => this.#trigger(checkpointId, request),
      collect: (checkpointId) => (this.#collector as CheckpointCollector).build(checkpointId),
      abort: (checkpointId) => this.#abort(checkpointId),
      completed: (retained, manifest) => {
        this.#lastComplete = { retained, manifest };
        this.#savepoints?.completed(this.#lastComplete);
      },
      pinned: () => this.#savepoints?.pinned ?? [],
      committed: (checkpointId) => this.#committed(checkpointId),
      cleaned: (checkpointId) => this.#cleaned(checkpointId),
      fail: (error) => this.fail(error),
    });
  }

  #coordinate(stageIndex: number, manifest: Manifest | undefined): SourceCoordinator {
    const instances = this.#instances.filter(({ stage }) => stage.index === stageIndex);
    const planned = sourceOf((instances[0] as Instance).stage);
    if (planned === undefined) throw new Error("Cannot coordinate a stage without a source");
    const { sourceId, source } = planned;
    return new SourceCoordinator({
      env: this.#options.env,
      sourceId,
      source,
      drivers: instances.map(({ input }) => input as SourceDriver),
      restored: manifest?.sources.find((state) => state.sourceId === sourceId),
    });
  }

  #trigger(checkpointId: number, request: RequestKind): void {
    // A savepoint that stops the job is of its last checkpoint: what a later one committed would be committed again.
    if (this.#ending.triggered(checkpointId)) this.#checkpoints?.hold(true);
    const { config, env } = this.#options;
    const isLast = this.#ending.isLast(checkpointId);
    const barrier = barrierOf(checkpointId, isLast ? "final" : request, config, env.monotonic());
    // A savepoint has no records in flight: it is the copy of a checkpoint that is aligned to its end.
    if (barrier.alignedUntil === Infinity) this.#savepoints?.triggered(checkpointId, isLast);
    this.#collector?.begin(checkpointId, this.#drained);
    for (const source of this.#sources) {
      this.#collector?.enumerator(checkpointId, source.sourceId, source.trigger(barrier));
    }
  }

  #decline({ at }: Instance, checkpointId: number, reason: DeclineReason, error: unknown): void {
    const { env, trace } = this.#options;
    const message = error === undefined ? undefined : messageOf(error);
    const because = message === undefined ? "" : `: ${message}`;
    const who = `${at.stage} (${at.subtask})`;
    env.log({ level: "warn", message: `${who} declined checkpoint ${checkpointId}, ${reason}${because}` });
    trace?.({ kind: "declined", checkpointId, at, reason, message });
    this.#checkpoints?.decline(checkpointId, reason);
  }

  #abort(checkpointId: number): void {
    this.#collector?.drop(checkpointId);
    this.#savepoints?.aborted(checkpointId);
    for (const { input, task } of this.#instances) {
      input.abort(checkpointId);
      // Channels that waited for its barriers may be full of records: nobody else would wake their reader.
      this.#executor.wake(task);
    }
    if (!this.#ending.aborted(checkpointId)) return;
    this.#checkpoints?.hold(false);
    this.#requestFinal();
  }

  #committed(checkpointId: number): boolean {
    const subtasks = (): void => tellAll(this.#instances, ({ subtask }) => subtask.complete(checkpointId));
    const readers = (): void => tellAll(this.drivers, (driver) => driver.checkpointCompleted(checkpointId));
    tellAll([subtasks, readers], (tell) => tell());
    return !this.#ending.isLast(checkpointId);
  }

  #cleaned(checkpointId: number): void {
    if (!this.#ending.isLast(checkpointId)) return;
    if (this.#lastComplete !== undefined) this.#savepoints?.ended(this.#lastComplete);
    this.#ending.ended();
    this.#executor.stop();
  }

  #requestFinal(): void {
    void this.#checkpoints?.request("final");
  }

  /** When the last subtask has ended, what came after the last barrier is committed by one more checkpoint, at once. */
  #instanceEnded(): void {
    if (this.#ending.subtaskEnded()) this.#requestFinal();
  }

  #wakeWriter(instance: Instance): void {
    const writer = this.#writers[instance.index];
    if (writer !== undefined) this.#executor.wake(writer);
  }
}
