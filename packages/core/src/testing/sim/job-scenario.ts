import type { Pipeline } from "../../api/pipeline.ts";
import { run, type RunOptions } from "../../api/run.ts";
import type { Sink } from "../../connect/sink.ts";
import type { StateBackend } from "../../state/backend.ts";
import { outputCheck, type OutputExpectation } from "./output-check.ts";
import type { SimProcess } from "./process.ts";
import { protocolCheck } from "./protocol-check.ts";
import type { PreparedScenario, Scenario } from "./scenario.ts";
import { simSink, type SimCommittable } from "./sink.ts";
import type { SimWorld } from "./world.ts";
import { statePaging } from "../../operators/state-paging.ts";
import { unaligned } from "../../runtime/unaligned.ts";
import { bytesHost } from "../../runtime/bytes-host.ts";

/** A job for the simulator: its input lives in the world, and its output is known without the engine. */
export interface SimJob<Row> {
  /** Names it in reports and replay lines. */
  readonly name: string;
  /** Puts its input and its output into a world. */
  prepare(world: SimWorld): PreparedJob<Row>;
}

/** A {@link SimJob} in one world. */
export interface PreparedJob<Row> {
  /** All rows, as an oracle computes them. */
  readonly expected: OutputExpectation<Row>;
  /** Writes the pipeline anew, as a program does when it starts. */
  build(process: SimProcess, sink: Sink<Row, SimCommittable, "exactly-once">): Pipeline;
  /** Further checks when the job is over: the text of each thing that is wrong. */
  end?(): readonly string[];
}

/** The durable part of a backend in one world: makes a backend over it for each process. */
export interface SimStorage {
  (process: SimProcess): StateBackend;
  /** What lies there when the job is over, and should not: the text of each thing. */
  leftovers?(): readonly string[];
}

/** A backend for the simulator: its durable part lives in the world. */
export interface SimBackend {
  /** Names it in reports and replay lines. */
  readonly name: string;
  /** Whether it has a disk that loses what was not synced when the power goes. */
  readonly disk: boolean;
  /** Whether two processes can have it open, of which the later one owns the job. Default: `false`. */
  readonly shared?: boolean;
  /** Puts the durable part into a world, and returns what makes a backend over it for each process. */
  prepare(world: SimWorld): SimStorage;
}

/** What may differ from run to run of a scenario without any effect on its output. */
export interface SimRunOptions extends Pick<RunOptions, "checkpoint" | "restart" | "host" | "channelRecords" | "fuse"> {
  /** Default: 1. A list: that of the first life, the second, and so on; the last one of all that follow. */
  readonly parallelism?: number | readonly number[];
  /** How often entries leave memory though there is room, when they could: from 0 to 1. Default: 0, and all stay. */
  readonly evictions?: number;
  /** The most records or timers that a subtask handles before others have a turn. Default: all that there are. */
  readonly shareRecords?: number;
  /** Stops after so many records, and goes on in another run, as a job does that is called now and then. */
  readonly slice?: number;
}

/**
 * Makes a scenario of a job, a backend, and how to run it.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" }, parallelism: 2 });
 * const { violations, tally } = await runScenario(scenario, 1);
 * console.log(violations, tally.lost);
 * // prints [] 0
 * ```
 */
export function jobScenario<Row>(job: SimJob<Row>, backend: SimBackend, options: SimRunOptions): Scenario {
  const host =
    (options.host === bytesHost ? "/bytes" : "") +
    (options.slice === undefined ? "" : `/slice${options.slice}`) +
    (options.checkpoint?.maxConcurrent === undefined ? "" : `/together${options.checkpoint.maxConcurrent}`) +
    (options.checkpoint?.mode === unaligned ? `/unaligned${options.checkpoint.alignedTimeout ?? ""}` : "") +
    (options.shareRecords === undefined ? "" : `/share${options.shareRecords}`) +
    (options.evictions === undefined ? "" : "/evict");
  return {
    name: `${job.name}/${backend.name}/p${parallelismsOf(options).join("-")}${String(host)}`,
    disk: backend.disk,
    prepare: (world) => prepareRun(world, job.prepare(world), backend.prepare(world), options),
  };
}

function parallelismsOf({ parallelism = 1 }: SimRunOptions): readonly number[] {
  return typeof parallelism === "number" ? [parallelism] : parallelism;
}

function prepareRun<Row>(
  world: SimWorld,
  job: PreparedJob<Row>,
  backendOf: (process: SimProcess) => StateBackend,
  options: SimRunOptions,
): PreparedScenario {
  const output = outputCheck(world, "output", job.expected);
  const sink = simSink<Row>(world, (rows) => output.watch(rows));
  const protocol = protocolCheck(world, { blocks: job.expected.mayRepeat !== true });
  return {
    output,
    launch: async (process) => {
      const parallelisms = parallelismsOf(options);
      const { evictions = 0, shareRecords } = options;
      const env = shareRecords === undefined ? process.env : { ...process.env, shareRecords };
      const backend = backendOf(process);
      let outcome: string = "stopped";
      while (outcome !== "finished") {
        const handle = run(job.build(process, sink.sink(process)), {
          ...options,
          parallelism: parallelisms[process.incarnation] ?? parallelisms.at(-1)!,
          backend,
          env,
          trace: protocol.listener(process),
          pick: (count, ready) => process.pick(count, ready),
          ...(options.evictions === undefined
            ? {}
            : { state: { evict: () => world.random.chance(evictions), paging: statePaging } }),
          ...(options.slice === undefined ? {} : { until: { records: options.slice } }),
        });
        ({ outcome } = await handle.finished);
      }
    },
    end: () => {
      const open = sink.open.map((name) => `sink: "${name}" was staged and is neither committed nor cleared`);
      const wrong = [...open, ...(job.end?.() ?? [])];
      return sink.finished ? wrong : [...wrong, "sink: was not told that the job is over"];
    },
  };
}
