import { type JobHandle, run } from "../../api/run.ts";
import type { SavepointLocation } from "../../savepoints/image.ts";
import { objectSavepoint } from "../../savepoints/location.ts";
import { claim } from "../../savepoints/origin.ts";
import type { TraceEvent } from "../../runtime/trace.ts";
import type { SimBackend, SimJob, SimRunOptions } from "./job-scenario.ts";
import { simObjectStore } from "./object-store.ts";
import { outputCheck } from "./output-check.ts";
import type { SimProcess } from "./process.ts";
import { protocolCheck } from "./protocol-check.ts";
import type { PreparedScenario, Scenario } from "./scenario.ts";
import { simSink } from "./sink.ts";
import type { SimWorld } from "./world.ts";

/** How a {@link savepointScenario} runs. */
export interface SavepointScenarioOptions extends Omit<SimRunOptions, "parallelism" | "slice"> {
  /** The subtasks of each step before the savepoint and after it. */
  readonly parallelism: readonly [before: number, after: number];
  /** After how many records of a life the job is stopped with a savepoint. Default: 20. */
  readonly stopAfter?: number;
}

/**
 * A job that is stopped with a savepoint in the middle, and goes on from it on another backend: a move as a careful operator
 * makes it. The savepoint lies in an object store whose writes may come late; each life writes one of its own, and only
 * when it is said to be there, it is noted where the job has gone.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, runScenario, savepointScenario } from "@tidemark/core/testing";
 *
 *
 * const moved = savepointScenario(countingJob(), [simMemory(), simMemory()], { parallelism: [1, 2] });
 * console.log((await runScenario(moved, 1)).violations);
 * // prints []
 * ```
 */
export function savepointScenario<Row>(
  job: SimJob<Row>,
  backends: readonly [before: SimBackend, after: SimBackend],
  options: SavepointScenarioOptions,
): Scenario {
  const [before, after] = backends;
  return {
    name: `${job.name}/${before.name} to ${after.name}/p${options.parallelism.join("-")}/savepoint`,
    disk: before.disk || after.disk,
    prepare: (world) => prepareMove(world, job, backends, options),
  };
}

function prepareMove<Row>(
  world: SimWorld,
  job: SimJob<Row>,
  [before, after]: readonly [SimBackend, SimBackend],
  options: SavepointScenarioOptions,
): PreparedScenario {
  const { parallelism, stopAfter = 20, ...rest } = options;
  const prepared = job.prepare(world);
  const output = outputCheck(world, "output", prepared.expected);
  const sink = simSink<Row>(world, (rows) => output.watch(rows));
  const protocol = protocolCheck(world);
  const openers = [before.prepare(world), after.prepare(world)] as const;
  const store = simObjectStore(world);
  /** What the operator has noted: where the savepoint is that the job has moved with. */
  let moved: string | undefined;
  const start = (
    process: SimProcess,
    leg: 0 | 1,
    from?: SavepointLocation,
    trace?: (event: TraceEvent) => void,
  ): JobHandle => {
    const listener = protocol.listener(process);
    return run(prepared.build(process, sink.sink(process)), {
      ...rest,
      parallelism: parallelism[leg],
      backend: openers[leg](process),
      env: process.env,
      pick: (count, ready) => process.pick(count, ready),
      trace: (event) => {
        listener(event);
        trace?.(event);
      },
      ...(from === undefined ? {} : { from: claim(from) }),
    });
  };
  const move = async (process: SimProcess): Promise<void> => {
    const place = `savepoints/${process.incarnation}`;
    let read = 0;
    let isAsked = false;
    let savepoint: Promise<unknown> | undefined;
    const handle = start(process, 0, undefined, (event) => {
      if (event.kind === "batch" && event.channel === undefined) read += event.values.length;
      if (read < stopAfter || isAsked) return;
      isAsked = true;
      savepoint = handle.savepoint(objectSavepoint(store.client(process), place), { after: "stop" });
      savepoint.catch(() => undefined);
    });
    await handle.finished;
    // In a life that had less to read than that, the job has come to its end, and the savepoint is taken of a run after it.
    if (savepoint === undefined) {
      const again = start(process, 0);
      savepoint = again.savepoint(objectSavepoint(store.client(process), place), { after: "stop" });
      savepoint.catch(() => undefined);
      await again.finished;
    }
    await savepoint;
    await process.effect({
      name: "operator.note",
      apply: () => {
        moved = place;
      },
    });
  };
  return {
    output,
    launch: async (process) => {
      if (moved === undefined) await move(process);
      const location = objectSavepoint(store.client(process), moved as unknown as string);
      const { outcome } = await start(process, 1, location).finished;
      if (outcome !== "finished") world.violation(`savepoint: the job ended as "${outcome}" after its move`);
    },
    end: () => sink.open.map((name) => `sink: "${name}" was staged and is neither committed nor cleared`),
  };
}
