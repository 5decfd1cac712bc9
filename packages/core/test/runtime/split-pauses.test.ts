/** Splits of one reader that are kept together: the one that is ahead is not read on, and the others are. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AnySource, type Pipeline, pipeline, run, type RunOptions, type SourceOptions } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

const HOSTS = ["local", bytesHost] as const;
const DRIFT_MS = 10;
const PER_POLL = 2;
const RECORDS = 60;
/** How far two records of the split that runs ahead are apart; those of the other are one millisecond apart. */
const STEP_MS = 7;
const SLOW = "split-0";
const FAST = "split-1";

interface Reading {
  readonly split: string;
  readonly at: number;
}

const readings = (split: string, stepMs: number): readonly Reading[] =>
  Array.from({ length: RECORDS }, (_, index) => ({ split, at: index * stepMs }));
const SPLITS = [readings(SLOW, 1), readings(FAST, STEP_MS)];
const ROWS = SPLITS.flat().map(({ split, at }) => `${split} ${at}`);

/** What a reader was told and what it gave, in order. */
interface Readers {
  readonly told: (readonly string[])[];
  readonly given: Reading[];
  /** What the reader is told at present. */
  readonly paused: readonly string[];
  polls: number;
}

/** A source that is watched, and may be one that cannot pause splits. */
function watched(source: AnySource<Reading, true>, canPause: boolean) {
  const seen = {
    told: [] as (readonly string[])[],
    given: [] as Reading[],
    polls: 0,
    get paused(): readonly string[] {
      return this.told.at(-1) ?? [];
    },
  } satisfies Readers;
  const watching: AnySource<Reading, true> = {
    ...source,
    createReader: (context) => {
      const reader = source.createReader(context);
      return {
        addSplits: (splits) => reader.addSplits(splits),
        poll: (limit) => {
          seen.polls++;
          const found = reader.poll(limit);
          if (typeof found === "object") {
            assert.ok(!seen.paused.includes(found.splitId));
            seen.given.push(...found.values);
          }
          return found;
        },
        available: () => reader.available(),
        snapshot: () => reader.snapshot(),
        close: () => reader.close(),
        ...(canPause
          ? {
              pauseSplits: (paused: ReadonlySet<string>) => {
                seen.told.push([...paused].toSorted());
                reader.pauseSplits?.(paused);
              },
            }
          : {}),
      };
    },
  };
  return { source: watching, seen };
}

/** How far the fast split was ahead at most, as long as the slow one was not over. */
function furthest(given: readonly Reading[]): number {
  const reached = new Map([
    [SLOW, 0],
    [FAST, 0],
  ]);
  let most = 0;
  for (const { split, at } of given) {
    reached.set(split, at);
    if (reached.get(SLOW)! < RECORDS - 1) most = Math.max(most, reached.get(FAST)! - reached.get(SLOW)!);
  }
  return most;
}

const TOGETHER: SourceOptions<Reading> = {
  eventTime: ({ at }) => at,
  alignment: { group: "readings", maxDrift: `${DRIFT_MS}ms` },
};
/** A poll that was allowed may bring several records. */
const FURTHEST_MS = DRIFT_MS + PER_POLL * STEP_MS;

describe("splits of one reader in an alignment group", () => {
  for (const host of HOSTS) {
    const setting = (paced: PacedOptions<Reading> = {}, canPause = true, options = TOGETHER) => {
      const { env } = frozenEnv();
      const ledger = ledgerSink<string>();
      const { source, seen } = watched(pacedSource(SPLITS, { perPoll: PER_POLL, ...paced }), canPause);
      const job: Pipeline = pipeline("together");
      job
        .source("readings", source, options)
        .map(({ split, at }) => `${split} ${at}`)
        .sink("out", ledger.sink);
      const settings = { backend: memory(), env, host, checkpoint: { interval: "5ms" } } satisfies RunOptions;
      return { job, env, ledger, seen, settings };
    };

    it(`only the one that is too far ahead is paused, and read on when the other has come closer, host ${String(host)} (SRC-06, WM-03)`, async () => {
      const { job, ledger, seen, settings } = setting();
      await run(job, settings).finished;
      assert.deepEqual(ledger.rows.toSorted(), ROWS.toSorted());
      assert.ok(furthest(seen.given) <= FURTHEST_MS, `${furthest(seen.given)} ms ahead`);
      assert.deepEqual([...new Set(seen.told.flat())], [FAST]);
      assert.ok(seen.told.length >= 6, "again and again");
      assert.deepEqual(seen.paused, []);

      const apart = setting({}, true, { eventTime: ({ at }) => at });
      await run(apart.job, apart.settings).finished;
      assert.deepEqual(apart.seen.told, []);
      assert.ok(furthest(apart.seen.given) > FURTHEST_MS, "without a group it runs ahead");
    });

    it(`one that ends without a further record keeps nobody waiting, host ${String(host)} (COR-25)`, async () => {
      const { job, ledger, seen, settings } = setting({ endsLate: true });
      await run(job, settings).finished;
      assert.deepEqual(ledger.rows.toSorted(), ROWS.toSorted());
      assert.ok(furthest(seen.given) <= FURTHEST_MS);
      assert.deepEqual([...new Set(seen.told.flat())], [FAST]);
      assert.deepEqual(seen.paused, []);
    });

    it(`a reader that cannot pause splits reads all of them, host ${String(host)} (SRC-06)`, async () => {
      const { job, ledger, settings } = setting({}, false);
      await run(job, settings).finished;
      assert.deepEqual(ledger.rows.toSorted(), ROWS.toSorted());
    });

    it(`a checkpoint is taken while a split is paused, and after a restore it is paused before it is read, host ${String(host)} (SRC-06)`, async () => {
      const gate = latch();
      const stops = 5;
      const hold = (split: number, position: number) => (split === 0 && position >= stops ? gate.hold : undefined);
      const { job, env, ledger, seen, settings } = setting({ hold });
      const ofSlow = (): number => seen.given.filter(({ split }) => split === SLOW).length;
      const first = run(job, settings);
      await until(env, () => ofSlow() === stops && seen.paused.length > 0, "one waits for the other");
      const before = seen.given.length;
      const polls = seen.polls;
      await first.checkpoint();
      await first.checkpoint();
      assert.ok(seen.polls - polls < 5, `a reader with nothing to say was asked ${seen.polls - polls} times`);
      assert.equal(seen.given.length, before);
      assert.deepEqual(seen.paused, [FAST]);
      first.cancel();
      await assert.rejects(first.finished, { code: "ABORTED" });
      assert.equal(ledger.rows.length, before);

      seen.told.length = 0;
      const second = run(job, settings);
      await until(env, () => seen.polls > polls && seen.told.length > 0, "it goes on");
      assert.deepEqual(seen.told, [[FAST]]);
      assert.equal(seen.given.length, before, "nothing was read of it");
      gate.open();
      await second.finished;
      assert.deepEqual(ledger.rows.toSorted(), ROWS.toSorted());
      assert.ok(furthest(seen.given) <= FURTHEST_MS);
    });
  }
});
