import { pipeline } from "../../../api/pipeline.ts";
import { intervalJoin } from "../../../operators/joins/interval-join.ts";
import type { SimJob } from "../job-scenario.ts";
import { simRandom, type SimRandom } from "../random.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";

/** A record of {@link joinsJob}, of either stream. */
interface Half {
  readonly key: string;
  /** Its own, among those of its stream. */
  readonly number: number;
  readonly at: number;
}

/** A row of {@link joinsJob}: two records that met. */
export interface Pair {
  /** The number of the left record. */
  readonly left: number;
  /** The number of the right record. */
  readonly right: number;
}

/** How large a {@link joinsJob} is. */
export interface JoinsOptions extends SimTopicOptions {
  /** In each of the two splits of each stream. Default: 8. */
  readonly records?: number;
  /** Default: 2. */
  readonly keys?: number;
}

const STEP_MS = 50;
const OUT_OF_ORDER_MS = 60;
const FROM_MS = -80;
const TO_MS = 40;

/**
 * Joins two streams by interval, out of order within their bound: so each pair is emitted once, whichever side comes first.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { jobScenario, joinsJob, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(joinsJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function joinsJob(options: JoinsOptions = {}): SimJob<Pair> {
  return {
    name: "joins",
    prepare(world) {
      const random = simRandom(world.seed).fork();
      const [left, right] = [halvesOf(random, options), halvesOf(random, options)];
      const lefts = simTopic(world, left, { ...options, name: "left" });
      const rights = simTopic(world, right, { ...options, name: "right" });
      return {
        expected: {
          rows: pairAll(Object.values(left).flat(), Object.values(right).flat()),
          describe: (pair) => `${pair.left}+${pair.right}`,
        },
        build(process, sink) {
          const job = pipeline("joins", { guarantee: "exactly-once" });
          const time = { eventTime: ({ at }: Half) => at, outOfOrder: "60ms" } as const;
          const others = job.source("right", rights.source(process), time).keyBy(({ key }) => key);
          job
            .source("left", lefts.source(process), time)
            .keyBy(({ key }) => key)
            .join("pairs", others, intervalJoin({ from: "-80ms", to: "40ms" }), (one, other): Pair => ({
              left: one.number,
              right: other.number,
            }))
            .sink("out", sink);
          return job;
        },
      };
    },
  };
}

function halvesOf(random: SimRandom, options: JoinsOptions): Record<string, Half[]> {
  const { records = 8, keys = 2 } = options;
  let number = 0;
  const split = (): Half[] =>
    Array.from({ length: records }, (_, index) => ({
      key: `k${random.below(keys)}`,
      number: number++,
      at: 1000 + index * STEP_MS + random.below(OUT_OF_ORDER_MS),
    }));
  return { "split-0": split(), "split-1": split() };
}

/** The oracle: plain loops over everything there is. */
function pairAll(lefts: readonly Half[], rights: readonly Half[]): readonly Pair[] {
  return lefts.flatMap((left) =>
    rights
      .filter(({ key, at }) => key === left.key && at >= left.at + FROM_MS && at <= left.at + TO_MS)
      .map((right) => ({ left: left.number, right: right.number })),
  );
}
