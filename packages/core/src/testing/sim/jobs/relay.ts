import { pipeline } from "../../../api/pipeline.ts";
import { emits } from "../../../operators/process.ts";
import { valueState } from "../../../state/kinds/value.ts";
import type { SimJob } from "../job-scenario.ts";
import { simRandom } from "../random.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";
import type { Count } from "./counting.ts";

/** A record of {@link relayJob}. */
interface Parcel {
  readonly lane: number;
  readonly key: string;
}

/** How large a {@link relayJob} is. */
export interface RelayOptions extends SimTopicOptions {
  /** Default: 4. */
  readonly splits?: number;
  /** In each split. Default: 14. */
  readonly records?: number;
  /** Of the first step. Default: 20. */
  readonly lanes?: number;
  /** Of the second step. Default: 5. */
  readonly keys?: number;
}

/**
 * Counts keys behind two shuffles. The first step keeps state of its own: where entries leave memory, a barrier finds some of
 * its subtasks in the middle of a call, and reaches the second step from each of them at another time.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { jobScenario, relayJob, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(relayJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function relayJob(options: RelayOptions = {}): SimJob<Count> {
  return {
    name: "relay",
    prepare(world) {
      const splits = parcelsOf(world.seed, options);
      const topic = simTopic(world, splits, options);
      return {
        expected: {
          rows: countAll(Object.values(splits).flat()),
          describe: ({ key, count }) => `${key}=${count}`,
        },
        build(process, sink) {
          const job = pipeline("relay", { guarantee: "exactly-once" });
          job
            .source("parcels", topic.source(process))
            .keyBy(({ lane }) => lane)
            .process("pass", {
              state: { passed: valueState(0) },
              emits: emits<string>(),
              onRecord: ({ key }, context) => {
                context.state.passed.update(context.state.passed.get() + 1);
                context.emit(key);
              },
            })
            .map((key): Count => ({ key, count: 1 }))
            .keyBy(({ key }) => key)
            .reduce("count", (sum, { key, count }) => ({ key, count: sum.count + count }))
            .sink("out", sink);
          return job;
        },
      };
    },
  };
}

function parcelsOf(seed: number, options: RelayOptions): Record<string, Parcel[]> {
  const { splits = 4, records = 14, lanes = 20, keys = 5 } = options;
  const random = simRandom(seed).fork();
  const parcel = (): Parcel => ({ lane: random.below(lanes), key: `k${random.below(keys)}` });
  return Object.fromEntries(
    Array.from({ length: splits }, (_, split) => [`split-${split}`, Array.from({ length: records }, parcel)]),
  );
}

/** The oracle: plain loops over everything there is. */
function countAll(parcels: readonly Parcel[]): readonly Count[] {
  const counts = new Map<string, number>();
  return parcels.map(({ key }) => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return { key, count };
  });
}
