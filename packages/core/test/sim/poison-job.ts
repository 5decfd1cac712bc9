import { emits, pipeline, sideOutput, type StepDeadLetter, valueState } from "@tidemark/core";
import { listState } from "@tidemark/core/state";
import { type SimJob, simTopic } from "@tidemark/core/testing";

/** A record of {@link poisonJob}, and a row: what was counted by then, or a dead letter. */
export interface Taken {
  readonly key: string;
  readonly n: number;
  readonly isDead: boolean;
}

const SPLITS = 3;
const RECORDS = 8;
const KEYS = 4;

/** No step can tell the key of these. */
const hasNoKey = (n: number): boolean => n % 5 === 4;

/** The step throws on these once it has counted them. */
const isPoison = (n: number): boolean => n % 5 === 1;

/**
 * Counts records, and sets aside those without a key and those that it throws on after all its writes: what they wrote would
 * show in every later count of their key.
 */
export function poisonJob(): SimJob<Taken> {
  return {
    name: "poison",
    prepare(world) {
      const splits: Record<string, Taken[]> = {};
      for (let split = 0; split < SPLITS; split++) {
        splits[`split-${split}`] = Array.from({ length: RECORDS }, (_, index) => {
          const n = split * RECORDS + index;
          return { key: `k${n % KEYS}`, n, isDead: false };
        });
      }
      const topic = simTopic(world, splits);
      return {
        expected: {
          rows: expected(Object.values(splits).flat()),
          describe: ({ key, n, isDead }) => `${isDead ? "dead" : key} ${n}`,
        },
        build(process, sink) {
          const dead = sideOutput<StepDeadLetter<Taken>>("dead");
          const job = pipeline("poison", { guarantee: "exactly-once" });
          const counted = job
            .source("records", topic.source(process))
            .keyBy(({ key, n }) => {
              if (hasNoKey(n)) throw new TypeError("has no key");
              return key;
            })
            .process(
              "count",
              {
                state: { count: valueState(0), seen: listState<number>() },
                emits: emits<Taken>(),
                onRecord({ key, n }, context) {
                  const { count, seen } = context.state;
                  seen.add(n);
                  count.update(count.get() + 1);
                  context.emit({ key, n: seen.get().length * 100 + count.get(), isDead: false });
                  if (isPoison(n)) throw new RangeError("is poison");
                },
              },
              { deadLetters: dead },
            );
          const letters = counted.sideOutput(dead).map(({ record }): Taken => {
            if (record === undefined) throw new TypeError("only records are set aside here");
            return { ...record, isDead: true };
          });
          counted.union(letters).sink("out", sink);
          return job;
        },
      };
    },
  };
}

function expected(all: readonly Taken[]): readonly Taken[] {
  const counts = new Map<string, number>();
  return all.map((taken) => {
    if (hasNoKey(taken.n) || isPoison(taken.n)) return { ...taken, isDead: true };
    const count = (counts.get(taken.key) ?? 0) + 1;
    counts.set(taken.key, count);
    return { ...taken, n: count * 101 };
  });
}
