import { memory } from "@tidemark/backend-memory";
import { run } from "@tidemark/core";

import { spreadOf, type Spread } from "../statistics.ts";
import type { Tally } from "./checksum-sink.ts";
import type { Computation } from "./computation.ts";
import { partitionedSource } from "./partitioned-source.ts";
import type { SaleSet } from "./sales.ts";
import { standBy } from "./standing-job.ts";
import { stopwatch, type Timed } from "./stopwatch.ts";

/** How the engine runs a computation. */
export interface Configuration {
  readonly parallelism: number;
  /** Time between checkpoints; with `"none"` there is only the last one, which ends every run. */
  readonly checkpoints: CheckpointInterval;
}

/** How often a checkpoint is taken. */
export type CheckpointInterval = "none" | "1s" | "100ms";

export const CHECKPOINT_INTERVALS: readonly CheckpointInterval[] = ["none", "1s", "100ms"];

/** What the repetitions of one configuration came to. */
export interface Measured extends Configuration {
  readonly loopMs: Spread;
  readonly engineMs: Spread;
  /** The loop's time in parts of the engine's, pair by pair: 1 is as fast as the loop. */
  readonly ratio: Spread;
  /**
   * The same of processor time, all threads of the process: garbage collection beside the program counts, and what else
   * the machine does meanwhile does not.
   */
  readonly processorRatio: Spread;
  /**
   * The engine's processor time in parts of that of the first configuration, round by round: what shuffles and checkpoints
   * cost.
   */
  readonly cost: Spread;
  /** Checkpoints in one run, the last one included. */
  readonly checkpointsCompleted: Spread;
}

interface LoopRun extends Timed {
  readonly tally: Tally;
}

interface EngineRun extends LoopRun {
  readonly checkpoints: number;
}

interface Pair {
  readonly loop: LoopRun;
  readonly engine: EngineRun;
}

/**
 * Measures the loop and the engine by turns: loop, engine, loop, engine. Every run starts on a clean heap, and counts
 * only if it made the same results as the loop. The first round warms up and is thrown away.
 *
 * @throws {Error} if a run's results differ from the loop's.
 */
export async function measure(
  computation: Computation,
  sales: SaleSet,
  options: {
    readonly configurations: readonly Configuration[];
    readonly repeat: number;
    readonly progress: (done: string) => void;
  },
): Promise<readonly Measured[]> {
  const { configurations, repeat, progress } = options;
  const pairs = configurations.map((): Pair[] => []);
  const standing = [...new Set(configurations.map(({ parallelism }) => parallelism))].map((parallelism) =>
    standBy(computation, { sales: sales.partitions(parallelism), returns: sales.returns(parallelism) }),
  );
  for (let round = 0; round <= repeat; round++) {
    for (const [index, configuration] of configurations.entries()) {
      const pair = await measurePair(computation, sales, configuration);
      if (round > 0) pairs[index]?.push(pair);
    }
    progress(round === 0 ? "warmed up" : `round ${round} of ${repeat}`);
  }
  for (const job of standing) job.stop();
  await Promise.all(standing.map((job) => job.finished));
  return configurations.map((configuration, index) => summarize(configuration, pairs[index] ?? [], pairs[0] ?? []));
}

async function measurePair(computation: Computation, sales: SaleSet, configuration: Configuration): Promise<Pair> {
  const loop = measureLoop(computation, sales);
  const engine = await measureEngine(computation, sales, configuration);
  if (engine.tally.results !== loop.tally.results || engine.tally.checksum !== loop.tally.checksum) {
    throw new Error(
      `Cannot count a run of ${computation.name}: it gave ${JSON.stringify(engine.tally)}, and the loop ` +
        `${JSON.stringify(loop.tally)} (${JSON.stringify(configuration)})`,
    );
  }
  return { loop, engine };
}

function measureLoop(computation: Computation, sales: SaleSet): LoopRun {
  globalThis.gc?.();
  const elapsed = stopwatch();
  const tally = computation.loop(sales.all);
  return { ...elapsed(), tally };
}

/** From the start of the run to its end, the last checkpoint and its commit included. */
async function measureEngine(
  computation: Computation,
  sales: SaleSet,
  { parallelism, checkpoints }: Configuration,
): Promise<EngineRun> {
  const { job, out } = computation.build(
    partitionedSource(sales.partitions(parallelism)),
    partitionedSource(sales.returns(parallelism)),
  );
  globalThis.gc?.();
  const elapsed = stopwatch();
  const { metrics } = await run(job, { backend: memory(), parallelism, checkpoint: { interval: checkpoints } })
    .finished;
  return { ...elapsed(), tally: out.committed(), checkpoints: metrics.checkpoints.completed };
}

function summarize(configuration: Configuration, pairs: readonly Pair[], first: readonly Pair[]): Measured {
  return {
    ...configuration,
    loopMs: spreadOf(pairs.map(({ loop }) => loop.ms)),
    engineMs: spreadOf(pairs.map(({ engine }) => engine.ms)),
    ratio: spreadOf(pairs.map(({ loop, engine }) => loop.ms / engine.ms)),
    processorRatio: spreadOf(pairs.map(({ loop, engine }) => loop.processorMs / engine.processorMs)),
    cost: spreadOf(
      pairs.map(({ engine }, round) => engine.processorMs / (first[round]?.engine.processorMs ?? Number.NaN)),
    ),
    checkpointsCompleted: spreadOf(pairs.map(({ engine }) => engine.checkpoints)),
  };
}
