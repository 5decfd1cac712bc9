import type { RunOptions } from "../../api/run.ts";
import type { SimRunOptions } from "../sim/job-scenario.ts";
import { simRandom, type SimRandom } from "../sim/random.ts";
import type { SimSinkOptions } from "../sim/sink.ts";
import type { SimTopicOptions } from "../sim/topic.ts";
import type { SimWorldOptions } from "../sim/world.ts";

import type { MoveSettings } from "./move.ts";
import { unaligned } from "../../runtime/unaligned.ts";
import { exponentialDelay } from "../../runtime/restart-policies.ts";
import { bytesHost } from "../../runtime/bytes-host.ts";

/** How a simulated pipeline is run. What is not said is drawn by the seed, another one for each run. */
export interface SimulateRunOptions extends Pick<
  RunOptions,
  "checkpoint" | "restart" | "host" | "channelRecords" | "fuse" | "keyGroups"
> {
  /** A list: that of the first process, the second, and so on; the last one of all that follow. Default: drawn, 1 to 3. */
  readonly parallelism?: SimRunOptions["parallelism"];
  /** How often entries of state leave memory though there is room, from 0 to 1. Default: drawn. */
  readonly evictions?: number;
  /** How many bytes of state stay in memory, over all subtasks; any number will do. Default: all of it. */
  readonly stateBytes?: number;
}

/** Everything about a run that is neither the pipeline nor its input nor a fault. */
export interface Settings {
  /** How the job is run, and with how many subtasks in each of its lives. */
  readonly run: SimulateRunOptions & { readonly parallelism: readonly number[] };
  /** How its sources behave. */
  readonly topic: SimTopicOptions;
  /** How its sinks behave. */
  readonly sink: SimSinkOptions;
  /** How time passes, and what effects cost. */
  readonly world: SimWorldOptions;
  /** Whether the job is moved with a savepoint. Default: it stays where it is, and none is taken. */
  readonly move?: MoveSettings | undefined;
  /**
   * How long a checkpoint may take in lives that a crash ends, in milliseconds: so little that many are given up. Default: as the
   * run says.
   */
  readonly hasteMs?: number | undefined;
  /**
   * Whether what is stored is looked at after each life and at the end, where the job then goes back to an older checkpoint, if
   * one is retained, and has to come to the same end again. Default: `false`.
   */
  readonly inspects?: boolean;
}

/** The longest that an effect takes, and the interval of checkpoints, where time passes fastest. */
const LATENCY_MS = 5;
const INTERVAL_MS = 20;
/** How long a run may take, and a checkpoint of it, in its own time. */
const RUN_MINUTES = 60;
const CHECKPOINT_MINUTES = 10;
/** So many times as slow a world may be before more is allowed: what takes a thousand steps has to fit. */
const SLOW = 8;

/**
 * A run in which nothing is in a hurry and nothing overtakes anything, as a reference for the others.
 *
 * @example
 * ```ts
 * import { calmSettings } from "@tidemark/core/testing";
 *
 * console.log(calmSettings({}).run.parallelism);
 * // prints [1]
 * ```
 */
export const calmSettings = (run: SimulateRunOptions): Settings => ({
  run: { ...run, ...(run.checkpoint === undefined ? { checkpoint: { interval: "60ms" } } : {}), parallelism: [1] },
  topic: { paceMs: 0 },
  sink: {},
  world: { stallMs: 0, latencyMs: 1 },
});

/**
 * Settings that follow from a seed, where the options leave them open.
 *
 * @example
 * ```ts
 * import { drawSettings } from "@tidemark/core/testing";
 *
 * console.log(drawSettings(1, { parallelism: [2, 3] }).run.parallelism);
 * // prints [2,3]
 * ```
 */
export function drawSettings(seed: number, options: SimulateRunOptions): Settings {
  const random = simRandom(seed ^ 0x5e771465);
  // From a busy millisecond world to one of slow stores and seldom checkpoints.
  const scale = 2 ** random.below(7);
  const latencyScale = random.chance(0.5) ? scale : 1;
  const intervalMs = INTERVAL_MS * scale;
  const patience = Math.max(1, latencyScale / SLOW);
  const parallelism = drawParallelism(random);
  const run: SimulateRunOptions = {
    checkpoint: { ...drawCheckpoint(random, intervalMs), timeout: `${CHECKPOINT_MINUTES * patience}m` },
    channelRecords: 2 ** (1 + random.below(6)),
    host: random.chance(0.2) ? bytesHost : "local",
    fuse: !random.chance(0.15),
    evictions: random.chance(0.25) ? 0.3 : 0,
    restart: exponentialDelay(),
  };
  return {
    run: { ...run, ...options, parallelism: listOf(options.parallelism) ?? parallelism },
    topic: {
      paceMs: intervalMs * [0.1, 0.5, 1, 2, 5][random.below(5)]!,
      lazy: random.chance(0.5),
      fetchMax: 1 + random.below(8),
    },
    // A slow sink lets records pile up before it, where barriers have to wait for them or overtake them.
    sink: { bufferMax: 1 + random.below(4), flushMs: intervalMs * [0, 0.1, 0.75, 2][random.below(4)]! },
    world: {
      latencyMs: LATENCY_MS * latencyScale,
      stallMs: random.chance(0.5) ? 2 * LATENCY_MS * latencyScale : 0,
      virtualMsMax: RUN_MINUTES * 60_000 * patience,
    },
  };
}

function drawCheckpoint(random: SimRandom, intervalMs: number): NonNullable<SimulateRunOptions["checkpoint"]> {
  const common = { interval: `${intervalMs}ms`, tolerableFailures: 1000, retained: 1 + random.below(3) } as const;
  switch (random.below(4)) {
    case 0:
      return { ...common, mode: unaligned };
    case 1:
      return { ...common, mode: unaligned, alignedTimeout: `${random.below(intervalMs)}ms` };
    case 2:
      return { ...common, maxConcurrent: 1 + random.below(3) };
    default:
      return common;
  }
}

/** Mostly the same in all lives; sometimes another one after each restart. */
function drawParallelism(random: SimRandom): readonly number[] {
  const first = 1 + random.below(3);
  if (random.chance(0.5)) return [first];
  return [first, 1 + random.below(3), 1 + random.below(3), first];
}

function listOf(parallelism: SimRunOptions["parallelism"]): readonly number[] | undefined {
  return typeof parallelism === "number" ? [parallelism] : parallelism;
}
