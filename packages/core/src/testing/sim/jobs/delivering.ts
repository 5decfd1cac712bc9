import { pipeline } from "../../../api/pipeline.ts";
import type { SimJob } from "../job-scenario.ts";
import { simTopic } from "../source.ts";
import type { SimTopicOptions } from "../topic.ts";

/** How large a {@link deliveringJob} is. */
export interface DeliveringOptions extends SimTopicOptions {
  /** Default: 4. */
  readonly splits?: number;
  /** In each split. Default: 12. */
  readonly records?: number;
}

/**
 * Delivers every record at least once: barriers block nothing, so what comes behind one may be in the snapshot already and
 * come again after a crash. Nothing may be missing, and nothing may be there that was never sent.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { deliveringJob, jobScenario, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(deliveringJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * console.log((await runScenario(scenario, 1)).violations);
 * // prints []
 * ```
 */
export function deliveringJob(options: DeliveringOptions = {}): SimJob<string> {
  const { splits = 4, records = 12 } = options;
  return {
    name: "delivering",
    prepare(world) {
      const letters = Object.fromEntries(
        Array.from({ length: splits }, (_split, split) => [
          `split-${split}`,
          Array.from({ length: records }, (_record, index) => `${split}-${index}`),
        ]),
      );
      const topic = simTopic(world, letters, options);
      return {
        expected: { rows: Object.values(letters).flat(), describe: (letter) => letter, mayRepeat: true },
        build(process, sink) {
          const job = pipeline("delivering", { guarantee: "at-least-once" });
          job.source("letters", topic.source(process)).rebalance().sink("out", sink);
          return job;
        },
      };
    },
  };
}
