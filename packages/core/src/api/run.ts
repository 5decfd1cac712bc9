import { checkpointConfig, type CheckpointOptions } from "../checkpoint/options.ts";
import type { Env } from "../env/env.ts";
import { standardEnv } from "../env/standard-env.ts";
import { ConfigurationError } from "../errors.ts";
import { checkKind, checkWhole, invalidOption } from "../invalid-option.ts";
import type { SubtaskActivity } from "../runtime/activity.ts";
import type { CheckpointReport } from "../runtime/checkpoint-report.ts";
import { CHANNEL_RECORDS } from "../runtime/channel.ts";
import type { Pick } from "../runtime/executor.ts";
import { type AfterSavepoint, Job, type JobResult, type RunUntil } from "../runtime/job.ts";
import type { CompletedCheckpoint, JobMetrics } from "../runtime/metrics.ts";
import type { RestoreAllowances } from "../runtime/restore-options.ts";
import { type RestartOptions, RestartStrategy } from "../runtime/restart.ts";
import { StageSubtask } from "../runtime/stage-subtask.ts";
import type { SubtaskHost } from "../runtime/subtask-host.ts";
import type { SubtaskFactory } from "../runtime/topology.ts";
import type { TraceListener } from "../runtime/trace.ts";
import type { Overtaking } from "../runtime/unaligned.ts";
import type { JobOrigin, SavepointLocation, SavepointSummary } from "../savepoints/image.ts";
import type { StateBackend } from "../state/backend.ts";
import { checkDurable, type Misuse } from "./guarantee.ts";
import { type NotWhole, planPipeline, type PlanningOptions, type Runnable, wholePipeline } from "./planning.ts";
import { type StateOptions, stateLimits } from "./state-options.ts";

/** How a pipeline is run. */
export interface RunOptions extends PlanningOptions, RestoreAllowances {
  /** Where state and checkpoints live. */
  readonly backend: StateBackend;
  /**
   * Whether checkpoints have to outlive the process. `true` refuses a backend where they do not, with GUARANTEE_UNSUPPORTED;
   * `false` takes any. Default: any, with a warning in the log where rows of an exactly-once pipeline outlive the process and
   * the checkpoints do not.
   */
  readonly durable?: boolean;
  /** When checkpoints are taken, and how. Default: one each ten seconds, aligned. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * What to begin with if the backend holds no checkpoint of the job: `claim` or `fork` of a savepoint, from
   * `@tidemark/core/savepoints`. Default: the beginning of the sources.
   */
  readonly from?:
    | JobOrigin
    | Misuse<"Wrap the place of the savepoint, since its job may still be running: claim(place) goes on in its place, fork(place, { committables }) beside it.">;
  /** How much of the state stays in memory. */
  readonly state?: StateOptions;
  /** What is done after a failure. Default: up to 3 restarts, a second apart. */
  readonly restart?: RestartOptions;
  /** When the run ends by itself. Default: `"end"`, when all sources have; a stopped one ends with a last checkpoint. */
  readonly until?: RunUntil;
  /** Clock, chance, waiting, log. Default: those of the runtime. */
  readonly env?: Env;
  /** Cancels the run, without a last checkpoint. */
  readonly signal?: AbortSignal;
  /** Called with each step of the protocol, as it happens. */
  readonly trace?: TraceListener;
  /** How many records a channel between two subtasks holds before its writer stops. Default: 4096. */
  readonly channelRecords?: number;
  /** `bytesHost` of `@tidemark/core/testing` hands subtasks nothing but encoded frames, as a test. Default: `"local"`. */
  readonly host?: "local" | SubtaskHost;
  /** Chooses which of several ready subtasks goes on. Default: the one that has waited longest. */
  readonly pick?: Pick;
}

/** A pipeline that runs. */
export interface JobHandle {
  /** Resolves when the run has ended by itself or was stopped; rejects when it failed for good or was cancelled. */
  readonly finished: Promise<JobResult>;
  /** Reads no further record, takes a last checkpoint, and ends. A later run goes on from there. */
  stop(): void;
  /** Ends at once, as a crash would. A later run goes on from the last checkpoint. */
  cancel(): void;
  /**
   * Takes a checkpoint now, besides the periodic ones.
   *
   * @returns resolves when a checkpoint that began after this call is complete, and durable; rejects with
   * CHECKPOINT_ABORTED, whose `details.reason` says why it was not taken. The job goes on either way.
   */
  checkpoint(): Promise<CompletedCheckpoint>;
  /**
   * Writes a savepoint: everything that was read before, as the next checkpoint has it, while the job goes on. Resolves when
   * it can be used. It survives restarts of the job within this run.
   *
   * @throws {CheckpointError} SAVEPOINT_EXISTS if the place is taken; SAVEPOINT_FAILED if it cannot be written, or if the job
   * fails or is cancelled first. Neither does any harm to the job.
   */
  savepoint(location: SavepointLocation, options?: SavepointOptions): Promise<SavepointSummary>;
  /** What the run has done so far: counts since it began, and what its subtasks are doing. Cheap enough to be asked each second. */
  metrics(): JobMetrics;
  /** What the checkpoints of this run have come to, subtask by subtask for the last ones: who is late, and with what. */
  checkpoints(): CheckpointReport;
  /** What the subtasks spend their time with. Empty while none run. */
  subtasks(): readonly SubtaskActivity[];
}

/** What goes with a savepoint of a running job. */
export interface SavepointOptions {
  /**
   * `"stop"`: no further record is read, and the job ends with the savepoint, ready to go on from it: no window fires before
   * its time. `"drain"`: event time goes to its end, all windows and timers of event time fire, and the job is over for good.
   * Default: `"continue"`.
   */
  readonly after?: AfterSavepoint;
}

/**
 * Runs a pipeline: from its newest checkpoint if the backend holds one, otherwise from the start.
 *
 * @returns at once; await `finished`.
 * @throws {ConfigurationError} if the pipeline or an option cannot work as written.
 *
 * @example
 * ```ts
 * import { pipeline, run } from "@tidemark/core";
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const out = toArray<number>();
 * const job = pipeline("double");
 * job.source("numbers", fromArray([1, 2, 3])).map((n) => n * 2).sink("out", out.sink);
 * await run(job, { backend: memory() }).finished;
 * ```
 */
export function run(pipeline: Runnable | Misuse<NotWhole>, options: RunOptions): JobHandle {
  const {
    backend,
    env = standardEnv(),
    channelRecords = CHANNEL_RECORDS,
    host = "local",
    until = "end",
  } = (options as RunOptions | undefined) ?? ({} as RunOptions);
  checkWhole("channelRecords", channelRecords, 1);
  if (typeof (backend as StateBackend | undefined)?.open !== "function") {
    throw new ConfigurationError(
      "OPTION_INVALID",
      'Cannot run without a backend: state and checkpoints need a place. Give run a "backend" option',
    );
  }
  for (const [name, kind] of Object.entries(KINDS)) checkKind(name, options[name as keyof RunOptions], kind);
  if (!Array.isArray(options.allowUnmapped ?? [])) {
    throw invalidOption("allowUnmapped", options.allowUnmapped, "it is a list of ids");
  }
  const { graph, guarantee } = wholePipeline(pipeline);
  const plan = planPipeline(graph, options);
  checkDurable({ backend, guarantee, plan, env, durable: options.durable });
  const config = checkpointConfig(options.checkpoint, guarantee);
  const job = new Job({
    plan,
    env,
    backend,
    config,
    overtaking: config.overtaking as Overtaking | undefined,
    from: options.from as JobOrigin | undefined,
    allow: { allowUnmapped: options.allowUnmapped ?? [], allowDrained: options.allowDrained ?? false },
    restart: new RestartStrategy(options.restart, () => env.random()),
    until: checkUntil(until),
    channelRecords,
    createSubtask: factoryOf(host),
    pick: options.pick,
    state: stateLimits(backend, options.state),
    trace: options.trace,
    signal: options.signal,
  });
  const finished = job.run();
  return {
    finished,
    stop: () => job.stop(),
    cancel: () => job.cancel(),
    checkpoint: () => job.requestCheckpoint(),
    savepoint: (location, { after = "continue" } = {}) => job.savepoint(checkPlace(location), checkAfter(after)),
    metrics: () => job.metrics(),
    checkpoints: () => job.checkpoints(),
    subtasks: () => job.subtasks(),
  };
}

const KINDS: Readonly<Partial<Record<keyof RunOptions, "function" | "object" | "boolean">>> = {
  durable: "boolean",
  fuse: "boolean",
  allowDrained: "boolean",
  from: "object",
  env: "object",
  signal: "object",
  trace: "function",
  pick: "function",
};

function factoryOf(host: "local" | SubtaskHost): SubtaskFactory {
  if (host === "local") return (place, port) => new StageSubtask(place, port);
  if (typeof (host as SubtaskHost | null)?.create === "function") return host.create;
  throw invalidOption("host", host, 'there are "local", and bytesHost of "@tidemark/core/testing"');
}

function checkPlace(location: SavepointLocation): SavepointLocation {
  if (typeof (location as SavepointLocation | undefined)?.copy === "function") return location;
  throw invalidOption(
    "the place of the savepoint",
    location,
    'it is made by savepointDirectory("...") or s3Savepoint({...})',
  );
}

function checkAfter(after: AfterSavepoint): AfterSavepoint {
  if (after === "continue" || after === "stop" || after === "drain") return after;
  throw invalidOption("after", after, 'there are "continue", "stop" and "drain"');
}

function checkUntil(until: RunUntil): RunUntil {
  if (until === "end" || until === "idle") return until;
  if (typeof until === "object" && until !== null) {
    if ("records" in until && Number.isSafeInteger(until.records) && until.records >= 0) return until;
    if ("deadlineMs" in until && Number.isFinite(until.deadlineMs) && until.deadlineMs >= 0) return until;
  }
  const wanted = 'it is "end", "idle", a whole number of { records } or a number of { deadlineMs }, at least 0';
  throw invalidOption("until", until, wanted);
}
