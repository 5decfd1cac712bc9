import { pipeline, type Pipeline } from "../../../api/pipeline.ts";
import type { Sink } from "../../../connect/sink.ts";
import type { AnySource } from "../../../connect/source.ts";
import type { SimJob } from "../job-scenario.ts";
import { outputCheck } from "../output-check.ts";
import { simRandom } from "../random.ts";
import { type SimCommittable, simSink } from "../sink.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";
import type { Count } from "./counting.ts";

/** How large a {@link regionsJob} is, and where it fails. */
export interface RegionsOptions extends SimTopicOptions {
  /** Of each topic. Default: 4. */
  readonly splits?: number;
  /** In each split. Default: 7. */
  readonly records?: number;
  /** The calls of a user function, in one of the pipelines, that throw: counted over all lives. Default: 5 and 24. */
  readonly throwsAt?: readonly number[];
  /** How many readers of the other pipeline a process may open before that is a violation. Default: any number. */
  readonly readersMax?: number;
}

/**
 * Counts keys in two pipelines that share nothing. A user function of one throws now and then, and the other one is to go on
 * through that.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { jobScenario, regionsJob, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(regionsJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function regionsJob(options: RegionsOptions = {}): SimJob<Count> {
  return {
    name: "regions",
    prepare(world) {
      const { throwsAt = [5, 24], readersMax = Infinity } = options;
      const random = simRandom(world.seed).fork();
      const [failing, steady] = [keysOf(random, options), keysOf(random, options)];
      const failingTopic = simTopic(world, failing, { lazy: true, ...options, name: "failing-topic" });
      const steadyTopic = simTopic(world, steady, { lazy: true, ...options, name: "steady-topic" });
      const output = outputCheck(world, "steady", expectationOf(steady));
      const steadySink = simSink<Count>(world, (rows) => output.watch(rows), { name: "steady-sink" });
      let calls = 0;
      const fail = (key: string): string => {
        if (throwsAt.includes(calls++)) throw new RangeError(`call ${calls - 1} fails`);
        return key;
      };
      return {
        expected: expectationOf(failing),
        build(process, sink) {
          let readers = 0;
          const source = steadyTopic.source(process);
          const watched: typeof source = {
            ...source,
            createReader: (context) => {
              if (++readers > readersMax) world.violation("a reader of the pipeline that goes on was opened again");
              return source.createReader(context);
            },
          };
          const job = pipeline("regions", { guarantee: "exactly-once" });
          addCounting(job, "failing", failingTopic.source(process), sink, fail);
          addCounting(job, "steady", watched, steadySink.sink(process), (key) => key);
          return job;
        },
        end() {
          output.end();
          return steadySink.open.map(
            (name) => `steady sink: "${name}" was staged and is neither committed nor cleared`,
          );
        },
      };
    },
  };
}

function addCounting(
  job: Pipeline<"exactly-once">,
  name: string,
  source: AnySource<string, true>,
  sink: Sink<Count, SimCommittable, "exactly-once">,
  pass: (key: string) => string,
): void {
  job
    .source(`${name} keys`, source)
    .map((key): Count => ({ key: pass(key), count: 1 }))
    .keyBy(({ key }) => key)
    .reduce(`${name} count`, (sum, { key, count }) => ({ key, count: sum.count + count }))
    .sink(`${name} out`, sink);
}

function keysOf(
  random: ReturnType<typeof simRandom>,
  { splits = 4, records = 7 }: RegionsOptions,
): Record<string, string[]> {
  const draw = (): string => `k${random.below(4)}`;
  return Object.fromEntries(
    Array.from({ length: splits }, (_, split) => [`split-${split}`, Array.from({ length: records }, draw)]),
  );
}

/** The oracle: plain loops over everything there is. */
function expectationOf(splits: Record<string, string[]>) {
  const counts = new Map<string, number>();
  const rows = Object.values(splits)
    .flat()
    .map((key): Count => {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { key, count };
    });
  return {
    rows,
    describe: ({ key, count }: Count): string => `${key}=${count}`,
    place: ({ key, count }: Count) => ({ lane: key, position: count }),
  };
}
