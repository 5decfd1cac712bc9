import type { CheckpointConfig } from "../checkpoint/options.ts";
import type { Env } from "../env/env.ts";
import { AbortedError, isTidemarkError, messageOf } from "../errors.ts";
import type { Plan } from "../graph/plan.ts";
import type { JobOrigin, SavepointLocation, SavepointSummary } from "../savepoints/image.ts";
import type { StateBackend } from "../state/backend.ts";
import type { PagedState } from "../operators/paging-parts.ts";
import { Attempt } from "./attempt.ts";
import type { AttemptOutcome } from "./attempt-options.ts";
import type { Pick } from "./executor.ts";
import type { CheckpointReport } from "./checkpoint-report.ts";
import { CheckpointTracker } from "./checkpoint-tracker.ts";
import { notTaken } from "./checkpoint-driver.ts";
import { CheckpointStatistics, type CompletedCheckpoint, type JobMetrics, RecordStatistics } from "./metrics.ts";
import { Pause } from "./pause.ts";
import { QuietWatch } from "./quiet-watch.ts";
import { RecordBudget } from "./record-budget.ts";
import type { RestoreAllowances } from "./restore-options.ts";
import type { RestartStrategy } from "./restart.ts";
import { failure, type SavepointRequest } from "./savepoint-driver.ts";
import type { SubtaskFactory } from "./topology.ts";
import type { SubtaskActivity } from "./activity.ts";
import type { TraceEvent, TraceListener } from "./trace.ts";
import type { Overtaking } from "./unaligned.ts";

/** When a run ends by itself; `"end"`: when all sources have. */
export type RunUntil = "end" | "idle" | { readonly records: number } | { readonly deadlineMs: number };

/** Everything a job is made from. */
export interface JobOptions {
  readonly plan: Plan;
  readonly env: Env;
  readonly backend: StateBackend;
  readonly config: CheckpointConfig;
  /** What overtaking takes, where barriers may. */
  readonly overtaking: Overtaking | undefined;
  readonly restart: RestartStrategy;
  /** The savepoint that it begins with while the backend holds no checkpoint. */
  readonly from: JobOrigin | undefined;
  readonly allow: RestoreAllowances;
  readonly until: RunUntil;
  readonly channelRecords: number;
  readonly createSubtask: SubtaskFactory;
  readonly pick: Pick | undefined;
  readonly state: PagedState;
  readonly trace: TraceListener | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What a job does once the checkpoint of a savepoint is complete. */
export type AfterSavepoint = "continue" | "stop" | "drain";

/** How a run ended. */
export interface JobResult {
  /** `"finished"`: all sources have ended, and everything is committed. `"stopped"`: it can be gone on with. */
  readonly outcome: AttemptOutcome;
  /** What the run has done, from its beginning to its end. */
  readonly metrics: JobMetrics;
}

/** A job that runs: attempt after attempt, as the restart strategy allows. */
export class Job {
  readonly #options: JobOptions;
  readonly #statistics = new CheckpointStatistics();
  readonly #records = new RecordStatistics();
  readonly #budget: RecordBudget;
  readonly #tracker: CheckpointTracker;
  readonly #trace: TraceListener;
  #attempt: Attempt | undefined;
  #restarts = 0;
  #stopRequested = false;
  #drainRequested = false;
  #isOver = false;
  readonly #savepoints = new Set<SavepointRequest>();
  #cancelled = false;
  /** What the listener threw. It hears nothing after that, and the job ends with it. */
  #traceFailure: { readonly error: unknown } | undefined;
  #quiet: QuietWatch | undefined;
  /** What ends the job though a region alone has failed: the restart strategy has had its say. */
  #lastFailure: { readonly error: unknown } | undefined;
  #cancelDeadline: () => void = () => undefined;
  /** That of the failure that is dealt with. */
  #pause: Pause | undefined;

  constructor(options: JobOptions) {
    this.#options = options;
    const { until, trace } = options;
    this.#budget = new RecordBudget(typeof until === "object" && "records" in until ? until.records : Infinity);
    this.#tracker = new CheckpointTracker(options.env);
    this.#trace = (event) => {
      this.#tracker.on(event);
      if (trace !== undefined) this.#tell(trace, event);
    };
  }

  /** Runs until the job has ended, is stopped, or fails for good. */
  async run(): Promise<JobResult> {
    const { until, env, signal } = this.#options;
    const abort = (): void => this.cancel();
    signal?.addEventListener("abort", abort);
    if (typeof until === "object" && "deadlineMs" in until) {
      this.#cancelDeadline = env.schedule(until.deadlineMs, () => this.stop());
    }
    try {
      if (signal?.aborted === true) throw cancelledError(this.#options.plan.name);
      const outcome = await this.#attempts();
      this.#giveUpSavepoints(new Error("the job has ended"));
      return { outcome, metrics: this.metrics() };
    } catch (error) {
      this.#giveUpSavepoints(error);
      throw error;
    } finally {
      this.#isOver = true;
      this.#cancelDeadline();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Reads no further record, takes a last checkpoint, and ends. */
  stop(): void {
    this.#stopRequested = true;
    this.#budget.stop();
    this.#attempt?.stop();
    this.#pause?.end();
  }

  /** Ends all sources where they are, lets everything fire, takes a last checkpoint, and ends. */
  drain(): void {
    this.#drainRequested = true;
    this.#budget.stop();
    this.#attempt?.drain();
    this.#pause?.end();
  }

  /** Writes a savepoint of the next checkpoint. It outlives restarts of the job; it fails if the job does. */
  savepoint(location: SavepointLocation, after: AfterSavepoint): Promise<SavepointSummary> {
    if (this.#isOver) return Promise.reject(failure(location, new Error("the job is over")));
    const taken = new Promise<SavepointSummary>((written, failed) => {
      this.#savepoints.add({ location, isLast: after !== "continue", isOutdated: false, written, failed });
    });
    if (after === "stop") this.stop();
    else if (after === "drain") this.drain();
    else this.#attempt?.savepointRequested();
    return taken;
  }

  #giveUpSavepoints(cause: unknown): void {
    for (const request of this.#savepoints) request.failed(failure(request.location, cause));
    this.#savepoints.clear();
  }

  /** Ends at once, without a checkpoint: as a crash would, but giving back what is held. */
  cancel(): void {
    this.#cancelled = true;
    this.#attempt?.fail(cancelledError(this.#options.plan.name));
    this.#pause?.end();
  }

  /** Asks for a checkpoint now. */
  requestCheckpoint(kind: "manual" | "savepoint" = "manual"): Promise<CompletedCheckpoint> {
    const answer = this.#attempt?.requestCheckpoint(kind) ?? Promise.reject(notTaken(undefined, "shutdown"));
    // Not everyone who asks also listens.
    answer.catch(() => undefined);
    return answer;
  }

  /** What the checkpoints of the run have come to. */
  checkpoints(): CheckpointReport {
    return this.#tracker.report();
  }

  /** What the subtasks of the running attempt spend their time with. */
  subtasks(): readonly SubtaskActivity[] {
    return this.#attempt?.activity() ?? [];
  }

  metrics(): JobMetrics {
    const drivers = this.#attempt?.drivers ?? [];
    return {
      recordsIn: this.#budget.read,
      ...this.#records.metrics,
      watermark: drivers.reduce(
        (least, driver) => Math.min(least, driver.watermark),
        drivers.length === 0 ? -Infinity : Infinity,
      ),
      restarts: this.#restarts,
      restoredFrom: this.#attempt?.restoredFrom,
      checkpoints: this.#statistics.metrics,
    };
  }

  async #attempts(): Promise<AttemptOutcome> {
    const { env, restart } = this.#options;
    for (;;) {
      const attempt = this.#newAttempt();
      this.#attempt = attempt;
      if (this.#stopRequested) attempt.stop();
      if (this.#drainRequested) attempt.drain();
      if (this.#cancelled) throw cancelledError(this.#options.plan.name);
      try {
        const outcome = await attempt.run();
        this.#quiet?.close();
        await attempt.close();
        this.#tracker.ended("shutdown");
        return outcome;
      } catch (error) {
        this.#quiet?.close();
        // Who stops or cancels the job does not wait for it.
        const pause = new Pause(env);
        this.#pause = pause;
        this.#report(attempt, error);
        await attempt.close();
        if (this.#cancelled) throw cancelledError(this.#options.plan.name);
        if (this.#traceFailure !== undefined) throw this.#traceFailure.error;
        const delayMs = this.#lastFailure?.error === error ? undefined : restart.failed(error, env.monotonic());
        if (delayMs === undefined) throw error;
        this.#restarts++;
        await pause.wait(delayMs);
      }
    }
  }

  #regionFailed(error: unknown): number | undefined {
    const { env, restart } = this.#options;
    const delayMs = this.#traceFailure === undefined ? restart.failed(error, env.monotonic()) : undefined;
    if (delayMs === undefined) this.#lastFailure = { error };
    else this.#restarts++;
    return delayMs;
  }

  #newAttempt(): Attempt {
    const { plan, env, backend, config, overtaking, from, allow, channelRecords, createSubtask, pick, until, state } =
      this.#options;
    const quiet = new QuietWatch({
      env,
      isQuiet: () => attempt.drivers.every((driver) => driver.isQuiet) && attempt.isDrained,
      activity: () => this.#budget.read,
      stop: () => this.stop(),
    });
    this.#quiet = quiet;
    const attempt: Attempt = new Attempt({
      plan,
      env,
      backend,
      config,
      overtaking,
      from,
      allow,
      savepoints: this.#savepoints,
      channelRecords,
      budget: this.#budget,
      statistics: this.#statistics,
      tracker: this.#tracker,
      createSubtask,
      pick,
      state,
      trace: this.#trace,
      records: this.#records,
      regionFailed: (error) => this.#regionFailed(error),
      idle: () => {
        if (until === "idle") quiet.idle();
        if (this.#stopRequested || this.#drainRequested) return;
        if (this.#budget.isSpent && attempt.isDrained) this.stop();
      },
    });
    return attempt;
  }

  #report(attempt: Attempt, error: unknown): void {
    const code = isTidemarkError(error) ? error.code : "INTERNAL";
    const message = messageOf(error);
    this.#options.env.log({
      level: "error",
      message: `The job failed, generation ${attempt.generation}: ${message}`,
      fields: { code },
    });
    try {
      this.#trace({ kind: "attempt-failed", generation: attempt.generation, message, code });
    } catch {
      // It is kept, and the job ends with it, once it has given back what it holds.
    }
  }

  #tell(listener: TraceListener, event: TraceEvent): void {
    if (this.#traceFailure !== undefined) return;
    try {
      listener(event);
    } catch (error) {
      this.#traceFailure = { error };
      throw error;
    }
  }
}

function cancelledError(job: string): AbortedError {
  return new AbortedError(`Job "${job}" was cancelled`, { details: { job } });
}
