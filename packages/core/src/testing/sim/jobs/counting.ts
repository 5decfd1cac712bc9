import { pipeline } from "../../../api/pipeline.ts";
import type { SimJob } from "../job-scenario.ts";
import { simRandom } from "../random.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";

/** A row of {@link countingJob}: a key was seen, and this was how often by then. */
export interface Count {
  /** The key that was seen. */
  readonly key: string;
  /** How often, this time included. */
  readonly count: number;
}

/** How large a {@link countingJob} is. */
export interface CountingOptions extends SimTopicOptions {
  /** Default: 8. */
  readonly splits?: number;
  /** In each split. Default: 8. */
  readonly records?: number;
  /** Default: 5. */
  readonly keys?: number;
}

/**
 * Counts keys, and emits every count. Which split is read first does not matter to the rows, so the oracle is exact: the
 * counts of a key are 1, 2, 3 and so on, each once, and become visible in that order.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function countingJob(options: CountingOptions = {}): SimJob<Count> {
  return {
    name: "counting",
    prepare(world) {
      const splits = keysOf(world.seed, options);
      const topic = simTopic(world, splits, { lazy: true, ...options });
      return {
        expected: {
          rows: countAll(Object.values(splits).flat()),
          describe: ({ key, count }) => `${key}=${count}`,
          place: ({ key, count }) => ({ lane: key, position: count }),
        },
        build(process, sink) {
          const job = pipeline("counting", { guarantee: "exactly-once" });
          job
            .source("keys", topic.source(process))
            .map((key): Count => ({ key, count: 1 }))
            .keyBy((entry) => entry.key)
            .reduce("count", (sum, entry) => ({ key: entry.key, count: sum.count + entry.count }))
            .sink("out", sink);
          return job;
        },
      };
    },
  };
}

function keysOf(seed: number, options: CountingOptions): Record<string, string[]> {
  const { splits = 8, records = 8, keys = 5 } = options;
  const random = simRandom(seed).fork();
  const draw = (): string => `k${random.below(keys)}`;
  return Object.fromEntries(
    Array.from({ length: splits }, (_, split) => [`split-${split}`, Array.from({ length: records }, draw)]),
  );
}

/** The oracle: plain loops over everything there is. */
function countAll(keys: readonly string[]): readonly Count[] {
  const counts = new Map<string, number>();
  return keys.map((key) => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return { key, count };
  });
}
