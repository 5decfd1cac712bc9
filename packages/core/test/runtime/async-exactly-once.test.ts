/** Asynchronous steps in whole jobs: through crashes, rescales, barriers of all kinds, and on both hosts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type Env, pipeline, run } from "@tidemark/core";
import { asyncMap, type AsyncMapOptions } from "@tidemark/core/async";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { type Crashes, crashesAfter } from "./crash.ts";
import { ledgerSink, type LedgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";

const HOSTS = ["local", bytesHost] as const;
const ORDERS = ["ordered", "unordered"] as const;

interface Reading {
  readonly n: number;
  readonly meter: string;
  readonly at: number;
}

const SPLITS = 3;
const RECORDS = 30;
const WINDOW_MS = 100;

/** Times go back by up to the bound, in every split in its own way. */
const splits = Array.from({ length: SPLITS }, (_, split) =>
  Array.from({ length: RECORDS }, (_record, index): Reading => ({
    n: split * RECORDS + index,
    meter: `m${split}-${index % 4}`,
    at: 1_000 + index * 20 + ((index * 7 + split) % 5) * 8,
  })),
);
const readings = splits.flat();

/** How long a call takes: from nothing to longer than a window, in no order. */
const latencyOf = (n: number): number => ((n * 37) % 11) * 12;

/** What plain loops make of the readings: themselves, and the sums of each meter and window. */
const expected: readonly string[] = [
  ...readings.map(({ n }) => `${n} doubled ${n * 2}`),
  ...sumsOf(readings).map(([window, sum]) => `${window} = ${sum}`),
].toSorted();

function sumsOf(all: readonly Reading[]): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>();
  for (const { n, meter, at } of all) {
    const window = `${meter}@${Math.floor(at / WINDOW_MS) * WINDOW_MS}`;
    sums.set(window, (sums.get(window) ?? 0) + n * 2);
  }
  return [...sums];
}

/** What the function is called for, in order, over all runs of a job. */
interface Calls {
  readonly made: number[];
  running: number;
  most: number;
}

interface Building {
  readonly env: Env;
  readonly keyed: boolean;
  readonly options: AsyncMapOptions<Reading, Reading & { readonly doubled: number }>;
  readonly crashes: Crashes;
  readonly calls: Calls;
  readonly source?: PacedOptions<Reading>;
  /** It outlives the runs of a job. */
  readonly ledger?: LedgerSink<string>;
}

function doubling({ env, keyed, options, crashes, calls, source, ledger = ledgerSink() }: Building) {
  const job = pipeline("doubling");
  const stream = job.source("readings", pacedSource(splits, source), { eventTime: ({ at }) => at, outOfOrder: "40ms" });
  const double = asyncMap<Reading, Reading & { readonly doubled: number }>(async (reading) => {
    calls.made.push(reading.n);
    calls.running++;
    calls.most = Math.max(calls.most, calls.running);
    await new Promise<void>((resolve) => env.schedule(latencyOf(reading.n), resolve));
    calls.running--;
    return { ...reading, doubled: reading.n * 2 };
  }, options);
  const doubled = keyed ? stream.keyBy(({ meter }) => meter).pipe("double", double) : stream.pipe("double", double);
  doubled.map(({ n, doubled: twice }) => crashes.pass(`${n} doubled ${twice}`)).sink("rows", ledger.sink);
  doubled
    .keyBy(({ meter }) => meter)
    .window("sums", tumbling("100ms"))
    .aggregate({ create: () => 0, add: (sum, { doubled: twice }) => sum + twice, result: (sum) => sum })
    .map(({ key, window, value }) => `${key}@${window.start} = ${value}`)
    .sink("sums-out", ledger.sink);
  return { job, ledger };
}

const newCalls = (): Calls => ({ made: [], running: 0, most: 0 });

describe("asyncMap", () => {
  for (const host of HOSTS) {
    for (const order of ORDERS) {
      it(`${order}, host ${String(host)}: gives what plain loops give, no record late, through crashes, at any parallelism (ASY-01, ASY-02)`, async () => {
        for (const keyed of [false, true]) {
          for (const parallelism of [1, 3]) {
            const { env } = frozenEnv();
            const crashes = crashesAfter(0, 1);
            const calls = newCalls();
            const options = { order, capacity: 7 } as const;
            const { job, ledger } = doubling({ env, keyed, options, crashes, calls });
            const { metrics } = await run(job, {
              backend: memory(),
              env,
              host,
              parallelism,
              fuse: parallelism === 1,
              checkpoint: { interval: "10ms" },
              restart: { attempts: 5, delay: "2ms" },
              trace: crashes.trace,
            }).finished;
            const where = `keyed ${keyed}, parallelism ${parallelism}`;
            assert.equal(crashes.thrown, 2, where);
            assert.equal(metrics.lateDropped, 0, where);
            assert.deepEqual(ledger.rows.toSorted(), expected, where);
            assert.ok(calls.made.length > readings.length, "a call that was under way is made again");
          }
        }
      });
    }
  }

  it("goes on at another parallelism with the calls that were under way, by key where there are keys (ASY-02)", async () => {
    for (const keyed of [false, true]) {
      const backend = memory();
      const ledger = ledgerSink<string>();
      const legs = [1, 3, 2, 4, 1];
      let made = 0;
      for (const [leg, parallelism] of legs.entries()) {
        const isLast = leg === legs.length - 1;
        const { env } = frozenEnv({ now: leg * 10_000 });
        const calls = newCalls();
        const { job } = doubling({
          ledger,
          env,
          keyed,
          options: { capacity: 20 },
          crashes: crashesAfter(),
          calls,
          // Slowly, so that there is something left to read in each run.
          source: { perPoll: 1 },
        });
        const { outcome } = await run(job, {
          backend,
          env,
          parallelism,
          checkpoint: { interval: "1h" },
          until: isLast ? "end" : { deadlineMs: 6 },
        }).finished;
        assert.equal(outcome, isLast ? "finished" : "stopped");
        assert.equal(calls.running > 0, !isLast, "calls are under way when it stops");
        made += calls.made.length;
      }
      assert.ok(made > readings.length);
      assert.deepEqual(ledger.rows.toSorted(), expected, `keyed ${keyed}`);
    }
  });
});
