import { pipeline } from "../../../api/pipeline.ts";
import { tumbling } from "../../../operators/windows/tumbling.ts";
import type { SimJob } from "../job-scenario.ts";
import { simRandom } from "../random.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";

/** A record of {@link windowsJob}. */
interface Reading {
  readonly key: string;
  readonly at: number;
  readonly amount: number;
}

/** A row of {@link windowsJob}: what one key came to in one window. */
export interface WindowTotal {
  /** The key. */
  readonly key: string;
  /** When the window begins, in milliseconds. */
  readonly start: number;
  /** How many records it has. */
  readonly count: number;
  /** The sum of their numbers. */
  readonly sum: number;
}

/** How large a {@link windowsJob} is. */
export interface WindowsOptions extends SimTopicOptions {
  /** Default: 3. */
  readonly splits?: number;
  /** In each split. Default: 16. */
  readonly records?: number;
  /** Default: 3. */
  readonly keys?: number;
}

const SIZE_MS = 100;
const STEP_MS = 40;
const OUT_OF_ORDER_MS = 60;

/**
 * Sums up readings per key and window of event time, in an accumulator that is changed in place. Readings are out of
 * order within their bound, so none is late and each window is emitted once, whatever the splits' speeds.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { jobScenario, runScenario, windowsJob } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(windowsJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function windowsJob(options: WindowsOptions = {}): SimJob<WindowTotal> {
  return {
    name: "windows",
    prepare(world) {
      const splits = readingsOf(world.seed, options);
      const topic = simTopic(world, splits, options);
      return {
        expected: {
          rows: totalAll(Object.values(splits).flat()),
          describe: ({ key, start, count, sum }) => `${key}@${start}: ${count} of ${sum}`,
        },
        build(process, sink) {
          const job = pipeline("windows", { guarantee: "exactly-once" });
          job
            .source("readings", topic.source(process), { eventTime: (reading) => reading.at, outOfOrder: "60ms" })
            .keyBy((reading) => reading.key)
            .window("totals", tumbling("100ms"))
            .aggregate({
              create: () => ({ count: 0, sum: 0 }),
              add: (total, reading: Reading) => {
                total.count++;
                total.sum += reading.amount;
                return total;
              },
              result: ({ count, sum }) => ({ count, sum }),
            })
            .map(({ key, window, value }): WindowTotal => ({ key, start: window.start, ...value }))
            .sink("out", sink);
          return job;
        },
      };
    },
  };
}

function readingsOf(seed: number, options: WindowsOptions): Record<string, Reading[]> {
  const { splits = 3, records = 16, keys = 3 } = options;
  const random = simRandom(seed).fork();
  const reading = (index: number): Reading => ({
    key: `k${random.below(keys)}`,
    at: 1000 + index * STEP_MS + random.below(OUT_OF_ORDER_MS),
    amount: 1 + random.below(9),
  });
  return Object.fromEntries(
    Array.from({ length: splits }, (_, split) => [
      `split-${split}`,
      Array.from({ length: records }, (_, index) => reading(index)),
    ]),
  );
}

/** The oracle: plain loops over everything there is. */
function totalAll(readings: readonly Reading[]): readonly WindowTotal[] {
  const totals = new Map<string, WindowTotal>();
  for (const { key, at, amount } of readings) {
    const start = Math.floor(at / SIZE_MS) * SIZE_MS;
    const total = totals.get(`${key}@${start}`);
    const count = (total?.count ?? 0) + 1;
    totals.set(`${key}@${start}`, { key, start, count, sum: (total?.sum ?? 0) + amount });
  }
  return [...totals.values()];
}
