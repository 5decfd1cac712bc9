/** Joins in whole jobs: with state that leaves memory, and with a table that is read to its end first. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Join, type Pipeline, pipeline, run, type RunOptions, type Stream } from "@tidemark/core";
import { coGroup, intervalJoin, leftJoin, leftTemporalJoin, temporalJoin } from "@tidemark/core/joins";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";
import { statePaging } from "@tidemark/core/state";

import { alone, type Item, pairs, type Row } from "../reference/joins.ts";
import { crashesAfter } from "./crash.ts";
import { joiningJob } from "./joining-job.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const BOUND_MS = 30;

/** A side of two splits, out of order by less than the bound; no two splits have a record of the same time. */
function sideOf(seed: number, count: number): readonly (readonly Row[])[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  return [0, 1].map((split) =>
    Array.from({ length: count }, (_, index) => ({
      key: below(3),
      id: seed * 1_000 + split * 100 + index,
      at: 2 * (index * 5 + below(BOUND_MS / 2)) + split,
    })),
  );
}

const [lefts, rights] = [sideOf(1, 15), sideOf(2, 15)];
const rows = [lefts.flat(), rights.flat()] as const;
const time = { eventTime: ({ at }: Row) => at, outOfOrder: `${BOUND_MS}ms` } as const;
const keyOf = ({ key }: Item): number => key;

const show = (left: Item, right: Item | undefined): string =>
  right === undefined ? `${left.id} alone` : `${left.id}+${right.id}`;

/** The row of a table that is valid at a time. */
function validAt({ key, at }: Row): Row | undefined {
  const all = rows[1].filter((row) => row.key === key && row.at <= at);
  return all.toSorted((one, other) => one.at - other.at).at(-1);
}

const JOINS: Readonly<Record<string, { readonly join: Join; readonly expected: readonly string[] }>> = {
  interval: {
    join: intervalJoin({ from: "-20ms", to: "15ms" }),
    expected: pairs(rows, (left, right) => right - left >= -20 && right - left <= 15),
  },
  left: {
    join: leftJoin({ retention: "8ms" }),
    expected: [
      ...pairs(rows, (left, right) => Math.abs(left - right) <= 8),
      ...alone(rows, (left, right) => Math.abs(left - right) <= 8, 8),
    ],
  },
  temporal: {
    join: leftTemporalJoin(),
    expected: rows[0].map((left) => `${show(left, validAt(left))} at ${left.at}`),
  },
};

/** What a job commits: the rows that each join makes, with their times. */
async function committed(
  build: (job: Pipeline<"exactly-once">, pass: <T>(value: T) => T) => Stream<string, "exactly-once">,
  options: Partial<RunOptions>,
): Promise<readonly string[]> {
  const crashes = crashesAfter(1);
  const ledger = ledgerSink<string>();
  const job = pipeline("joins");
  build(job, crashes.pass).sink("out", ledger.sink);
  await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "3ms" },
    restart: { attempts: 5, delay: "2ms" },
    trace: crashes.trace,
    ...options,
  }).finished;
  assert.equal(crashes.thrown, 1);
  return ledger.rows.toSorted();
}

/** Entries are read at once where the store can, and waited for through bytes. */
const HOSTS = { interval: "local", left: bytesHost, temporal: bytesHost } as const;

for (const [name, { join, expected }] of Object.entries(JOINS)) {
  const host = HOSTS[name as keyof typeof HOSTS];
  test(`run: ${name} join, host ${String(host)}: rows leave memory and come back, through crashes`, async () => {
    let [asked, gone] = [0, 0];
    const evict = (): boolean => {
      const goes = asked++ % 3 === 0;
      if (goes) gone++;
      return goes;
    };
    const found = await committed(
      (job, pass) => {
        const right = job.source("right", pacedSource(rights, { perPoll: 2 }), time).map(pass);
        return job
          .source("left", pacedSource(lefts, { perPoll: 1 }), time)
          .keyBy(keyOf)
          .join("join", right.keyBy(keyOf), join, (left, right) => show(left as Row, right as Row | undefined));
      },
      { host, parallelism: 2, state: { evict, paging: statePaging } },
    );
    assert.deepEqual(found, expected.map((line) => line.replace(/ at .*/, "")).toSorted());
    assert.ok(gone > 20, `only ${gone} entries left memory`);
  });
}

for (const host of ["local", bytesHost] as const) {
  test(`run: ${joiningJob.name}, host ${String(host)}: goes on at another parallelism, and in other stages, through crashes`, async () => {
    const backend = memory();
    const ledger = ledgerSink<string>();
    const crashes = crashesAfter(1, 3);
    const legs = [
      { parallelism: 1, until: { records: 20 } },
      { parallelism: 3, until: { records: 20 } },
      { parallelism: 2, fuse: false, until: "end" },
    ] as const;
    for (const [index, leg] of legs.entries()) {
      await run(joiningJob.build({ sink: ledger.sink, pass: crashes.pass }), {
        backend,
        env: frozenEnv({ now: index * 10_000 }).env,
        host,
        checkpoint: { interval: "3ms" },
        restart: { attempts: 5, delay: "1ms" },
        trace: crashes.trace,
        ...leg,
      }).finished;
    }
    assert.equal(crashes.thrown, 2);
    assert.deepEqual(ledger.rows.toSorted(), joiningJob.expected(1).toSorted());
  });
}

test("run: a bounded table without event time is read to its end before anything is joined with it", async () => {
  const expected = rows[0].map((left) => `${left.id} of ${left.key}`).toSorted();
  for (const parallelism of [1, 2]) {
    const found = await committed(
      (job, pass) => {
        const names = [0, 1, 2].map((key) => ({ key, name: `of ${key}` }));
        const table = job.source("names", pacedSource([names.slice(0, 1), names.slice(1)], { perPoll: 1 })).map(pass);
        return job
          .source("left", pacedSource(lefts, { perPoll: 1 }), time)
          .map(pass)
          .keyBy(keyOf)
          .join("named", table.keyBy(keyOf as (row: { key: number }) => number), temporalJoin(), ({ id }, { name }) => {
            return `${id} ${name}`;
          });
      },
      { parallelism },
    );
    assert.deepEqual(found, expected);
  }
});

test("run: windows of both streams are complete when both have passed them", async () => {
  const counts = (side: readonly Row[], key: number, start: number): number =>
    side.filter((row) => row.key === key && row.at >= start && row.at < start + 40).length;
  const expected = [0, 1, 2].flatMap((key) =>
    Array.from({ length: 5 }, (_, index) => index * 40).flatMap((start) => {
      const [left, right] = [counts(rows[0], key, start), counts(rows[1], key, start)];
      return left + right === 0 ? [] : [`${key} from ${start}: ${left} ${right}`];
    }),
  );
  const found = await committed(
    (job, pass) => {
      const right = job.source("right", pacedSource(rights, { perPoll: 1 }), time);
      return job
        .source("left", pacedSource(lefts, { perPoll: 2 }), time)
        .map(pass)
        .keyBy(keyOf)
        .join("both", right.keyBy(keyOf), coGroup(tumbling("40ms")), (left, right, key, window) => {
          return `${key} from ${window.start}: ${left.length} ${right.length}`;
        });
    },
    { parallelism: 2 },
  );
  assert.deepEqual(found, expected.toSorted());
});
