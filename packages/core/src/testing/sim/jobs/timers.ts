import { pipeline } from "../../../api/pipeline.ts";
import type { KeyedProcess } from "../../../operators/process.ts";
import { mapState, type MapStateDescriptor } from "../../../state/kinds/map.ts";
import type { SimJob } from "../job-scenario.ts";
import { simRandom, type SimRandom } from "../random.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";

/** A record of {@link timersJob}. */
interface Visit {
  readonly key: string;
  readonly at: number;
}

/** A row of {@link timersJob}: how often a key was seen in one stretch of time. */
export interface VisitCount {
  /** The key. */
  readonly key: string;
  /** When the stretch begins, in milliseconds. */
  readonly start: number;
  /** How often the key was seen in it. */
  readonly count: number;
}

/** How large a {@link timersJob} is. */
export interface TimersOptions extends SimTopicOptions {
  /** In each of the four splits. Default: 10. */
  readonly records?: number;
  /** Default: 3. */
  readonly keys?: number;
}

const STRETCH_MS = 100;
const STEP_MS = 60;
const OUT_OF_ORDER_MS = 80;

/**
 * Counts visits by hand: two sources in one stream, a map entry per key and stretch of time, and an event-time timer that
 * emits the entry and deletes it.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { jobScenario, runScenario, timersJob } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(timersJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function timersJob(options: TimersOptions = {}): SimJob<VisitCount> {
  return {
    name: "timers",
    prepare(world) {
      const random = simRandom(world.seed).fork();
      const left = visitsOf(random, options);
      const right = visitsOf(random, options);
      const topics = [
        simTopic(world, left, { ...options, name: "left" }),
        simTopic(world, right, { ...options, name: "right" }),
      ];
      return {
        expected: {
          rows: countAll([...Object.values(left), ...Object.values(right)].flat()),
          describe: ({ key, start, count }) => `${key}@${start}: ${count}`,
        },
        build(process, sink) {
          const job = pipeline("timers", { guarantee: "exactly-once" });
          const time = { eventTime: (visit: Visit) => visit.at, outOfOrder: "80ms" } as const;
          const [first, second] = topics.map((topic, index) =>
            job.source(`visits-${index}`, topic.source(process), time),
          );
          first!
            .union(second!)
            .keyBy((visit) => visit.key)
            .process("count", countProcess())
            .sink("out", sink);
          return job;
        },
      };
    },
  };
}

type Counts = { readonly counts: MapStateDescriptor<number, number> };

function countProcess(): KeyedProcess<Visit, string, Counts, VisitCount> {
  return {
    state: { counts: mapState<number, number>() },
    onRecord(visit, context) {
      const { counts } = context.state;
      const start = startOf(visit.at);
      counts.set(start, (counts.get(start) ?? 0) + 1);
      context.setEventTimer(start + STRETCH_MS - 1);
    },
    onTimer(time, context) {
      const { counts } = context.state;
      const start = time + 1 - STRETCH_MS;
      context.emit({ key: context.key, start, count: counts.get(start) ?? 0 });
      counts.delete(start);
    },
  };
}

function startOf(at: number): number {
  return Math.floor(at / STRETCH_MS) * STRETCH_MS;
}

function visitsOf(random: SimRandom, options: TimersOptions): Record<string, Visit[]> {
  const { records = 10, keys = 3 } = options;
  const visit = (index: number): Visit => ({
    key: `k${random.below(keys)}`,
    at: 1000 + index * STEP_MS + random.below(OUT_OF_ORDER_MS),
  });
  const split = (): Visit[] => Array.from({ length: records }, (_, index) => visit(index));
  return { "split-0": split(), "split-1": split() };
}

/** The oracle: plain loops over everything there is. */
function countAll(visits: readonly Visit[]): readonly VisitCount[] {
  const counts = new Map<string, VisitCount>();
  for (const { key, at } of visits) {
    const start = startOf(at);
    const name = `${key}@${start}`;
    counts.set(name, { key, start, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}
