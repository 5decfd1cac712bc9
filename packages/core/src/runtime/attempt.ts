import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import { barrierOf } from "../checkpoint/barrier-of.ts";
import type { CheckpointRequest, RequestKind } from "../checkpoint/request-queue.ts";
import { messageOf } from "../errors.ts";
import type { SubtaskActivity } from "./activity.ts";
import type { AttemptOptions, AttemptOutcome } from "./attempt-options.ts";
import { CheckpointCollector } from "./checkpoint-collector.ts";
import { CheckpointDriver, notTaken } from "./checkpoint-driver.ts";
import { logFailures } from "./closing.ts";
import { EarlyRequests } from "./early-requests.ts";
import { Ending } from "./ending.ts";
import { Executor } from "./executor.ts";
import type { CompletedCheckpoint } from "./metrics.ts";
import { type OpenedJob, Opening } from "./opening.ts";
import { Regions } from "./regions.ts";
import { type CompleteCheckpoint, SavepointDriver } from "./savepoint-driver.ts";
import type { SubtaskSnapshot } from "./snapshot-writer.ts";
import type { SourceDriver } from "./source-driver.ts";
import { firstIdOf } from "./takeover.ts";
import type { Instance } from "./topology.ts";

/**
 * One run of a job from a takeover of the head until it ends, stops or fails. A failed one is thrown away as a whole: the
 * next begins from durable state alone. Where the plan has several regions, what fails in one of them is thrown away with
 * that one.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #executor: Executor;
  readonly #opening: Opening;
  readonly #ending = new Ending();
  readonly #regions: Regions;
  #opened: OpenedJob | undefined;
  #collector: CheckpointCollector | undefined;
  #checkpoints: CheckpointDriver | undefined;
  #savepoints: SavepointDriver | undefined;
  #opens: Promise<void> = Promise.resolve();
  #draining = false;
  #lastComplete: CompleteCheckpoint | undefined;
  readonly #early = new EarlyRequests();
  #isOpen = false;
  #failure: { readonly error: unknown } | undefined;
  #onFailure: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#executor = new Executor(options.env, options.pick);
    this.#opening = new Opening(options, () => this.#assertAlive());
    this.#regions = new Regions({
      attempt: options,
      executor: this.#executor,
      opening: this.#opening,
      assertAlive: () => this.#assertAlive(),
      written: (instance, checkpointId, snapshot) => this.#written(instance, checkpointId, snapshot),
      declined: (instance, checkpointId, reason, error) => this.#decline(instance, checkpointId, reason, error),
      splits: (sourceId, checkpointId, splits) => this.#collector?.splits(checkpointId, sourceId, splits),
      ended: () => this.#instanceEnded(),
      failed: (run) => this.#regionFailed(run.endedSubtasks),
      drawGeneration: (region) => (this.#checkpoints as CheckpointDriver).drawGeneration(region),
      drawn: (generation) => this.#collector?.drawn(generation),
      restored: () => this.#checkpoints?.regionRestored(),
      fail: (error) => this.fail(error),
    });
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
    return this.#regions.drivers;
  }

  /** Whether all that the sources have given has gone through every subtask. */
  get isDrained(): boolean {
    return this.#regions.isDrained;
  }

  /** What its subtasks spend their time with. */
  activity(): readonly SubtaskActivity[] {
    return this.#regions.instances.map(({ at, task }) => ({ at, ...task.activity }));
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
    this.#opens = this.#open();
    await Promise.race([this.#opens, failed]);
    this.#isOpen = true;
    this.#regions.opened();
    if (this.#draining) this.#regions.drain();
    if (this.#checkpoints !== undefined) this.#early.answer(this.#checkpoints);
    if (this.#ending.isStopping) this.#requestFinal();
    this.#savepoints?.requested();
    await Promise.race([this.#executor.run(this.#options.idle), failed]);
    this.#assertAlive();
    await Promise.race([this.#savepoints?.idle(), failed]);
    const { outcome = "stopped" } = this.#ending;
    if (outcome === "finished") await Promise.race([this.#opened?.commits.finish(), failed]);
    this.#savepoints?.ending();
    return outcome;
  }

  /** Reads no further record, takes a last checkpoint, and ends. */
  stop(): void {
    this.#options.budget.stop();
    this.#ending.stop();
    this.#regions.hurry();
    this.#requestFinal();
  }

  /** Ends all sources where they are: event time goes to its end, everything fires, a last checkpoint is taken. */
  drain(): void {
    this.#options.budget.stop();
    this.#draining = true;
    this.#regions.hurry();
    if (this.#checkpoints !== undefined) this.#regions.drain();
  }

  /** There is a new savepoint that somebody waits for. */
  savepointRequested(): void {
    this.#savepoints?.requested();
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
    await Promise.allSettled([this.#opens]);
    this.#executor.stop();
    this.#suspend();
    logFailures(this.#options.env, await Promise.allSettled([this.#savepoints?.close()]));
    await this.#opening.close(this.#regions.close());
  }

  #suspend(): void {
    const reason = this.#ending.outcome === undefined ? "suspended" : "shutdown";
    this.#checkpoints?.close(reason);
    this.#early.reject(reason);
  }

  /** Takes the job over, settles what was complete, restores, and sets everything going. */
  async #open(): Promise<void> {
    const { env, overtaking, trace, tracker } = this.#options;
    const opened = await this.#opening.open();
    this.#opened = opened;
    const { beginning, owned } = opened;
    const { manifest, plan, image } = beginning;
    if (beginning.isDrained) this.#drainAgain();
    this.#collector = new CheckpointCollector(plan, this.generation, beginning.origin, overtaking);
    this.#regions.layOut(opened, firstIdOf(owned) - 1);
    this.#ending.begin(this.#regions.instances.length);
    tracker.begin(this.#regions.instances.map(({ at }) => at));
    await this.#regions.restore();
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

  async #start(opened: OpenedJob): Promise<void> {
    this.#savepoints = new SavepointDriver({
      env: this.#options.env,
      session: opened.session,
      requests: this.#options.savepoints,
      requestCheckpoint: () => void this.#checkpoints?.request("savepoint"),
      hasFailed: () => this.#failure !== undefined,
    });
    this.#checkpoints = this.#driveCheckpoints(opened);
    await this.#regions.start();
    this.#checkpoints.start();
  }

  /** @returns whether the region may restart while the others go on. */
  #regionFailed(endedSubtasks: number): boolean {
    if (this.#failure !== undefined) return false;
    this.#ending.begunAgain(endedSubtasks);
    this.#checkpoints?.regionFailed();
    // What the last checkpoint holds may be committed already, and nothing may follow it.
    return !this.#ending.isAtLast;
  }

  #written({ stage, subtaskIndex, at, index }: Instance, checkpointId: number, snapshot: SubtaskSnapshot): void {
    this.#collector?.subtask(checkpointId, stage, subtaskIndex, snapshot);
    this.#options.trace?.({ kind: "acknowledged", checkpointId, at });
    this.#checkpoints?.acknowledge(checkpointId, index);
  }

  #driveCheckpoints({ session, owned, commits }: OpenedJob): CheckpointDriver {
    const { env, config, statistics, tracker, trace } = this.#options;
    return new CheckpointDriver({
      env,
      session,
      owned,
      config,
      subtasks: this.#regions.instances.length,
      commits,
      commitFailed: (sinkId, error) => this.#regions.commitFailed(sinkId, error),
      statistics,
      tracker,
      trace,
      trigger: (checkpointId, request) => this.#trigger(checkpointId, request),
      collect: (checkpointId) => (this.#collector as CheckpointCollector).build(checkpointId),
      abort: (checkpointId) => this.#abort(checkpointId),
      completed: (retained, manifest) => {
        this.#lastComplete = { retained, manifest };
        this.#regions.completed(manifest);
        this.#savepoints?.completed(this.#lastComplete);
      },
      pinned: () => this.#savepoints?.pinned ?? [],
      committed: (checkpointId) => this.#committed(checkpointId),
      cleaned: (checkpointId) => this.#cleaned(checkpointId),
      fail: (error) => this.fail(error),
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
    this.#collector?.begin(checkpointId, this.#regions.isCutShort);
    this.#regions.trigger(barrier, (sourceId, state) => this.#collector?.enumerator(checkpointId, sourceId, state));
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
    this.#regions.abort(checkpointId);
    if (!this.#ending.aborted(checkpointId)) return;
    this.#checkpoints?.hold(false);
    this.#requestFinal();
  }

  #committed(checkpointId: number): boolean {
    this.#regions.committed(checkpointId);
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
}
