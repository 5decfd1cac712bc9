import { pipeline } from "@tidemark/core";
import { asyncMap, type AsyncMapOptions } from "@tidemark/core/async";
import { type SimJob, simTopic } from "@tidemark/core/testing";

/** A record of {@link asyncJob}, and what comes out for it. */
export interface Lookup {
  readonly key: string;
  readonly n: number;
}

const SPLITS = 3;
const RECORDS = 6;

/**
 * Calls that take a while, fail now and then and are made again. One key is in one split, so that the order of its rows is
 * known if calls keep it.
 */
export function asyncJob(options: AsyncMapOptions<Lookup, Lookup> & { readonly keyed: boolean }): SimJob<Lookup> {
  const { keyed, order = "ordered" } = options;
  return {
    name: `async-${order}${keyed ? "-keyed" : ""}`,
    prepare(world) {
      const splits: Record<string, Lookup[]> = {};
      for (let split = 0; split < SPLITS; split++) {
        splits[`split-${split}`] = Array.from({ length: RECORDS }, (_, n) => ({ key: `k${split}-${n % 2}`, n }));
      }
      const topic = simTopic(world, splits);
      return {
        expected: {
          rows: Object.values(splits).flat(),
          describe: ({ key, n }) => `${key}=${n}`,
          ...(order === "ordered" ? { place: ({ key, n }) => ({ lane: key, position: Math.floor(n / 2) + 1 }) } : {}),
        },
        build(process, sink) {
          const { env } = process;
          const lookUp = asyncMap<Lookup, Lookup>(
            async (record, { attempt }) => {
              await new Promise<void>((resolve) => env.schedule(((record.n * 7) % 5) * 6, resolve));
              if (record.n % 3 === 1 && attempt === 1) throw new Error("busy");
              return record;
            },
            { capacity: 4, retry: { initialDelay: "2ms" }, ...options },
          );
          const job = pipeline("async", { guarantee: "exactly-once" });
          const records = job.source("records", topic.source(process));
          const looked = keyed
            ? records.keyBy(({ key }) => key).pipe("look-up", lookUp)
            : records.pipe("look-up", lookUp);
          looked.sink("out", sink);
          return job;
        },
      };
    },
  };
}
