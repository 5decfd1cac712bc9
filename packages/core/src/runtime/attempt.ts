import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import { barrierOf } from "../checkpoint/barrier-of.ts";
import type { CheckpointRequest, RequestKind } from "../checkpoint/request-queue.ts";
import { messageOf } from "../errors.ts";
import { sinkIdsOf, type Region, regionsOf } from "../graph/regions.ts";
import type { SubtaskActivity } from "./activity.ts";
import type { Beginning } from "./beginning.ts";
import type { AttemptOptions, AttemptOutcome } from "./attempt-options.ts";
import { CheckpointCollector } from "./checkpoint-collector.ts";
import { CheckpointDriver, notTaken } from "./checkpoint-driver.ts";
import { logFailures } from "./closing.ts";
import { EarlyRequests } from "./early-requests.ts";
import { Ending } from "./ending.ts";
import { Executor } from "./executor.ts";
import type { CompletedCheckpoint } from "./metrics.ts";
import { type OpenedJob, Opening } from "./opening.ts";
import { RegionRestarts } from "./region-restarts.ts";
import { RegionRun } from "./region-run.ts";
import { type CompleteCheckpoint, SavepointDriver } from "./savepoint-driver.ts";
import type { SubtaskSnapshot } from "./snapshot-writer.ts";
import type { SourceDriver } from "./source-driver.ts";
import { firstIdOf } from "./takeover.ts";
import { tellAll } from "./tell-all.ts";
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
  readonly #restarts: RegionRestarts;
  /** By region. One that is down has its last run here. */
  readonly #runs: RegionRun[] = [];
  #opened: OpenedJob | undefined;
  #collector: CheckpointCollector | undefined;
  #checkpoints: CheckpointDriver | undefined;
  #savepoints: SavepointDriver | undefined;
  #opens: Promise<void> = Promise.resolve();
  #draining = false;
  /** Whether draining has cut some source short: event time is further than the records. */
  #drained = false;
  #lastComplete: CompleteCheckpoint | undefined;
  /** The newest checkpoint that was begun. */
  #lastId = 0;
  readonly #early = new EarlyRequests();
  #isOpen = false;
  #failure: { readonly error: unknown } | undefined;
  #onFailure: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#executor = new Executor(options.env, options.pick);
    this.#opening = new Opening(options, () => this.#assertAlive());
    this.#restarts = new RegionRestarts({
      env: options.env,
      trace: options.trace,
      delayAfter: options.regionFailed,
      explain: (error) => this.#opening.explain(error),
      drawGeneration: (region) => (this.#checkpoints as CheckpointDriver).drawGeneration(region),
      open: (region, generation) => this.#reopen(region, generation),
      restored: (run) => this.#restored(run),
      giveUp: (error) => this.fail(error),
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
    return this.#runs.flatMap((run) => run.drivers);
  }

  /** Whether all that the sources have given has gone through every subtask. */
  get isDrained(): boolean {
    return !this.#restarts.isAnyDown && this.#instances.every(({ task }) => task.isDrained);
  }

  get #instances(): readonly Instance[] {
    return this.#runs.flatMap((run) => run.instances).toSorted((one, other) => one.index - other.index);
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
    this.#opens = this.#open();
    await Promise.race([this.#opens, failed]);
    this.#isOpen = true;
    if (this.#draining) this.#drainSources();
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
    this.#restarts.hurry();
    this.#requestFinal();
  }

  /** Ends all sources where they are: event time goes to its end, everything fires, a last checkpoint is taken. */
  drain(): void {
    this.#options.budget.stop();
    this.#draining = true;
    this.#restarts.hurry();
    if (this.#checkpoints !== undefined) this.#drainSources();
  }

  /** There is a new savepoint that somebody waits for. */
  savepointRequested(): void {
    this.#savepoints?.requested();
  }

  #drainSources(): void {
    for (const run of this.#runs) if (run.drain()) this.#drained = true;
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
    const up = this.#runs.filter(({ region }) => !this.#restarts.isDown(region));
    await this.#opening.close([this.#restarts.close(), ...up.flatMap((run) => run.close())]);
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
    this.#opened = opened;
    const { beginning, owned } = opened;
    const { manifest, plan, image } = beginning;
    this.#lastId = firstIdOf(owned) - 1;
    if (beginning.isDrained) this.#drainAgain();
    this.#collector = new CheckpointCollector(plan, this.generation, beginning.origin);
    for (const region of regionsOf(plan)) {
      this.#runs.push(this.#newRun(region, opened, { generation: this.generation, isAgain: false }));
    }
    this.#ending.begin(this.#instances.length);
    tracker.begin(this.#instances.map(({ at }) => at));
    for (const run of this.#runs) await run.restore(() => this.#assertAlive());
    await this.#opening.closeImage();
    for (const run of this.#runs) await run.restoreInFlight();
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

  #newRun(
    region: Region,
    { session, beginning }: Pick<OpenedJob, "session" | "beginning">,
    { generation, isAgain }: { readonly generation: number; readonly isAgain: boolean },
  ): RegionRun {
    return new RegionRun({
      region,
      attempt: this.#options,
      executor: this.#executor,
      session,
      beginning,
      takenOver: this.generation,
      generation,
      isAgain,
      lastId: this.#lastId,
      events: {
        written: (instance, checkpointId, snapshot) => this.#written(instance, checkpointId, snapshot),
        declined: (instance, checkpointId, reason, error) => this.#decline(instance, checkpointId, reason, error),
        splits: (sourceId, checkpointId, splits) => this.#collector?.splits(checkpointId, sourceId, splits),
        ended: () => this.#instanceEnded(),
        failed: (run, error) => this.#regionFailed(run, error),
      },
    });
  }

  async #start(opened: OpenedJob): Promise<void> {
    for (const run of this.#runs) run.coordinate();
    this.#savepoints = new SavepointDriver({
      env: this.#options.env,
      session: opened.session,
      requests: this.#options.savepoints,
      requestCheckpoint: () => void this.#checkpoints?.request("savepoint"),
      hasFailed: () => this.#failure !== undefined,
    });
    this.#checkpoints = this.#driveCheckpoints(opened);
    for (const run of this.#runs) await run.startSources(() => this.#assertAlive());
    for (const run of this.#runs) run.start();
    this.#checkpoints.start();
  }

  /** One region restarts while the others go on; where there is but one, all of it does. */
  #regionFailed(run: RegionRun, error: unknown): void {
    if (this.#failure !== undefined) return;
    // Who opens a region hears of it from that region.
    if (this.#isOpen && this.#runs[run.region.index] !== run) return;
    if (!this.#isOpen || this.#runs.length === 1 || this.#sinceCheckpoint() === undefined) return this.fail(error);
    this.#ending.begunAgain(run.endedSubtasks);
    this.#checkpoints?.regionFailed();
    // What the last checkpoint holds may be committed already, and nothing may follow it.
    if (this.#ending.isAtLast) this.fail(error);
    else this.#restarts.begin(run, error);
  }

  /** What a region begins from that restarts now; `undefined`: a savepoint, which was brought into the stores. */
  #sinceCheckpoint(): Beginning | undefined {
    const beginning = this.#opened?.beginning;
    const manifest = this.#lastComplete?.manifest;
    if (beginning === undefined) return undefined;
    if (manifest !== undefined) return { ...beginning, manifest, epoch: manifest.checkpointId, image: undefined };
    return beginning.image === undefined ? beginning : undefined;
  }

  async #reopen(region: Region, generation: number): Promise<RegionRun> {
    const { env, trace } = this.#options;
    const opened = this.#opened as OpenedJob;
    const beginning = this.#sinceCheckpoint() as Beginning;
    const { checkpointId = 0, sinks = [] } = beginning.manifest ?? {};
    this.#assertAlive();
    this.#opening.drawn(generation);
    this.#collector?.drawn(generation);
    await opened.commits.restart(sinkIdsOf(region), generation, checkpointId, sinks);
    this.#assertAlive();
    const run = this.#newRun(region, { session: opened.session, beginning }, { generation, isAgain: true });
    const assertAlive = (): void => {
      this.#assertAlive();
      run.assertAlive();
    };
    try {
      await run.restore(assertAlive);
      await run.restoreInFlight();
      assertAlive();
      env.point("region.restored", { region: region.index, checkpointId });
      run.coordinate();
      await run.startSources(assertAlive);
      trace?.({
        kind: "region-restarted",
        region: region.index,
        generation,
        restoredFrom: beginning.manifest?.checkpointId,
      });
      return run;
    } catch (error) {
      logFailures(env, await Promise.allSettled(run.close()));
      throw error;
    }
  }

  #restored(run: RegionRun): void {
    this.#runs[run.region.index] = run;
    run.start();
    if (this.#draining && run.drain()) this.#drained = true;
    this.#checkpoints?.regionRestored();
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

  #trigger(checkpointId: number, request: RequestKind): void {
    // A savepoint that stops the job is of its last checkpoint: what a later one committed would be committed again.
    if (this.#ending.triggered(checkpointId)) this.#checkpoints?.hold(true);
    const { config, env } = this.#options;
    const isLast = this.#ending.isLast(checkpointId);
    const barrier = barrierOf(checkpointId, isLast ? "final" : request, config, env.monotonic());
    // A savepoint has no records in flight: it is the copy of a checkpoint that is aligned to its end.
    if (barrier.alignedUntil === Infinity) this.#savepoints?.triggered(checkpointId, isLast);
    this.#lastId = checkpointId;
    this.#collector?.begin(checkpointId, this.#drained);
    for (const run of this.#runs) {
      run.trigger(barrier, (sourceId, state) => this.#collector?.enumerator(checkpointId, sourceId, state));
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
    for (const run of this.#runs) run.abort(checkpointId);
    if (!this.#ending.aborted(checkpointId)) return;
    this.#checkpoints?.hold(false);
    this.#requestFinal();
  }

  #committed(checkpointId: number): boolean {
    tellAll(this.#runs, (run) => run.committed(checkpointId));
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
