/** The job that is killed: keyed state of every kind, event-time timers, windows, and sinks that commit exactly once. */
import {
  type AggregateFunction,
  type AnySink,
  mapState,
  type Pipeline,
  pipeline,
  type Source,
  valueState,
} from "@tidemark/core";
import { aggregatingState, listState, reducingState } from "@tidemark/core/state";
import { tumbling } from "@tidemark/core/windows";
import { JITTER_MS, type SoakRecord } from "./records.ts";
import type { SoakSplit } from "./source.ts";
import {
  BUCKET_MS,
  foldHash,
  RUNNING_EVERY,
  SIGHTINGS_EVERY,
  type SoakRow,
  squared,
  tailOf,
  WINDOW_MS,
} from "./rows.ts";

/** What a key of the process has seen. */
interface Sightings {
  readonly count: number;
  readonly hash: number;
  /** Makes the state large: a snapshot has to last longer than the jitter of a kill. */
  readonly tail: string;
}

/** The job between a source and a sink. */
export function soakJob(
  source: Source<SoakRecord, SoakSplit, unknown, true>,
  sink: AnySink<SoakRow, "exactly-once">,
): Pipeline {
  const job = pipeline("soak", { guarantee: "exactly-once" });
  const records = job.source("numbers", source, { eventTime: ({ time }) => time, outOfOrder: `${JITTER_MS}ms` });

  const seen = records
    .keyBy(({ key }) => key)
    .process<SoakRow, ReturnType<typeof states>>("sightings", {
      state: states(),
      onRecord: ({ n, time, amount }, context) => {
        const { sightings, buckets, trail, highest, spread } = context.state;
        const before = sightings.get();
        const count = before.count + 1;
        const hash = foldHash(before.hash, n);
        sightings.update({ count, hash, tail: tailOf(hash) });
        const bucket = Math.floor(time / BUCKET_MS) * BUCKET_MS;
        const inBucket = buckets.get(bucket) ?? 0;
        if (inBucket === 0) context.setEventTimer(bucket + BUCKET_MS);
        buckets.set(bucket, inBucket + 1);
        trail.add(n);
        highest.add(amount);
        spread.add(amount);
        if (count % SIGHTINGS_EVERY !== 0) return;
        const { key } = context;
        context.emit({ kind: "sightings", key, at: count, value: hash });
        const together = [...trail.get(), highest.get() ?? -1, spread.get() ?? -1];
        context.emit({ kind: "trail", key, at: count, value: together.reduce(foldHash, 0) });
        trail.clear();
      },
      onTimer: (time, context) => {
        const { sightings, buckets } = context.state;
        const bucket = time - BUCKET_MS;
        // The tail is looked at as well: a value that was put together from two snapshots would not fit its hash.
        const { hash, tail } = sightings.get();
        const value = tail === tailOf(hash) ? (buckets.get(bucket) ?? -1) : -2;
        context.emit({ kind: "bucket", key: context.key, at: bucket, value });
        buckets.delete(bucket);
      },
    });

  const totals = records
    .keyBy(({ group }) => group)
    .window("totals", tumbling(`${WINDOW_MS}ms`))
    .aggregate({
      create: () => ({ sum: 0 }),
      add: (total, { amount }: SoakRecord) => {
        total.sum += amount;
        return total;
      },
      result: ({ sum }) => sum,
    })
    .map(({ key, window, value }): SoakRow => ({ kind: "total", key, at: window.start, value }));

  const running = records
    .map(({ key, n, amount }) => ({ key, hash: foldHash(0, n), sum: amount, count: 1 }))
    .keyBy(({ key }) => key)
    .reduce("running", (last, { hash, sum }) => ({
      key: last.key,
      hash: foldHash(last.hash, hash),
      sum: last.sum + sum,
      count: last.count + 1,
    }))
    .filter(({ count }) => count % RUNNING_EVERY === 0)
    .map(({ key, count, hash, sum }): SoakRow => ({ kind: "running", key, at: count, value: foldHash(hash, sum) }));

  seen.union(totals, running).sink("rows", sink);
  return job;
}

/** The sum of the squares of all amounts, by remainder; changed in place. */
const SPREAD: AggregateFunction<number, { squares: number }, number> = {
  create: () => ({ squares: 0 }),
  add: (spread, amount) => {
    spread.squares = squared(spread.squares, amount);
    return spread;
  },
  result: ({ squares }) => squares,
};

function states() {
  return {
    sightings: valueState<Sightings>({ count: 0, hash: 0, tail: "" }),
    buckets: mapState<number, number>(),
    /** The records since the last row. */
    trail: listState<number>(),
    highest: reducingState<number>((most, amount) => Math.max(most, amount)),
    spread: aggregatingState(SPREAD),
  };
}
