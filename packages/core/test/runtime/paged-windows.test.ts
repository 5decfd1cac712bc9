/** Windows that hold more than a number in whole jobs: what they hold leaves memory and comes back, through crashes. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type KeyedStream, pipeline, run, type Stream } from "@tidemark/core";
import { collect } from "@tidemark/core/aggregates";
import { coGroup, windowJoin } from "@tidemark/core/joins";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { countTrigger, eventTimeTrigger, session, sliding, tumbling, windowProcess } from "@tidemark/core/windows";
import { statePaging } from "@tidemark/core/state";

import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

interface Item {
  readonly id: number;
  readonly key: number;
  readonly at: number;
}

const BOUND_MS = 30;
const GAP_MS = 9;

/** Two splits, out of order by less than the bound. */
function sideOf(seed: number): readonly (readonly Item[])[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  return [0, 1].map((split) =>
    Array.from({ length: 25 }, (_, index) => ({
      key: below(3),
      id: seed * 1_000 + split * 100 + index,
      at: 2 * (index * 5 + below(BOUND_MS / 2)) + split,
    })),
  );
}

const [lefts, rights] = [sideOf(1), sideOf(2)];
const time = { eventTime: ({ at }: Item) => at, outOfOrder: `${BOUND_MS}ms` } as const;

type Keyed = KeyedStream<number, Item, "exactly-once">;

interface Case {
  readonly build: (left: Keyed, right: Keyed) => Stream<string, "exactly-once">;
  readonly expected: readonly string[];
  /** Whether a record that lacks something is undone and made again; otherwise it is not begun. Default: true. */
  readonly undoes?: boolean;
}

const idsOf = (items: readonly Item[]): string =>
  items
    .map(({ id }) => id)
    .toSorted((one, other) => one - other)
    .join(" ");

/** Records by key and by each window that a function gives them. */
function grouped(items: readonly Item[], windowsOf: (item: Item) => readonly number[]): readonly (readonly Item[])[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    for (const window of windowsOf(item)) {
      const name = `${item.key} ${window}`;
      groups.set(name, [...(groups.get(name) ?? []), item]);
    }
  }
  return [...groups.values()];
}

/** Records by key and by session: a new one begins where more than the gap lies between two. */
function visits(items: readonly Item[]): readonly (readonly Item[])[] {
  const starts = new Map<number, number>();
  for (const key of new Set(items.map((item) => item.key))) {
    let [start, last] = [-Infinity, -Infinity];
    for (const { id, at } of items.filter((item) => item.key === key).toSorted((one, other) => one.at - other.at)) {
      if (at > last + GAP_MS) start = at;
      last = at;
      starts.set(id, start);
    }
  }
  return grouped(items, ({ id }) => [starts.get(id) as number]);
}

const all = [...lefts.flat(), ...rights.flat()];
const isLeft = ({ id }: Item): boolean => id < 2_000;
const hour = ({ at }: Item): readonly number[] => [Math.floor(at / 40)];

const CASES: Readonly<Record<string, Case>> = {
  "a join of tumbling windows": {
    build: (left, right) =>
      left.join("step", right, windowJoin(tumbling("40ms")), (one, other) => `${one.id}+${other.id}`),
    expected: grouped(all, hour).flatMap((group) =>
      group.filter(isLeft).flatMap((one) => group.filter((item) => !isLeft(item)).map(({ id }) => `${one.id}+${id}`)),
    ),
  },
  "a co-group of sessions": {
    build: (left, right) =>
      left.join("step", right, coGroup(session(`${GAP_MS}ms`)), (some, others) => `${idsOf(some)}|${idsOf(others)}`),
    expected: visits(all).map(
      (group) => `${idsOf(group.filter(isLeft))}|${idsOf(group.filter((item) => !isLeft(item)))}`,
    ),
  },
  "all records of sliding windows": {
    build: (left) =>
      left.window("step", sliding("40ms", "20ms")).process(windowProcess({ onWindow: (items) => [idsOf(items)] })),
    expected: grouped(lefts.flat(), ({ at }) => [Math.floor(at / 20), Math.floor(at / 20) - 1]).map(idsOf),
  },
  "an aggregate of sessions": {
    build: (left) =>
      left
        .window("step", session(`${GAP_MS}ms`))
        .aggregate(collect())
        .map(({ value }) => idsOf(value)),
    expected: visits(lefts.flat()).map(idsOf),
  },
  "a plain aggregate of tumbling windows": {
    build: (left) =>
      left
        .window("step", tumbling("40ms"))
        .aggregate(collect())
        .map(({ value }) => idsOf(value)),
    expected: grouped(lefts.flat(), hour).map(idsOf),
    undoes: false,
  },
  "a plain aggregate of slices that sliding windows share": {
    build: (left) =>
      left
        .window("step", sliding("50ms", "20ms"))
        .aggregate(collect())
        .map(({ value }) => idsOf(value)),
    expected: grouped(lefts.flat(), ({ at }) =>
      [0, 1, 2].map((back) => Math.floor(at / 20) - back).filter((start) => at < start * 20 + 50),
    ).map(idsOf),
    undoes: false,
  },
  "a trigger with state and timers of its own": {
    build: (left) =>
      left
        .window("step", tumbling("40ms"), { trigger: eventTimeTrigger({ early: countTrigger(1_000) }) })
        .process(windowProcess({ onWindow: (items) => [idsOf(items)] })),
    expected: grouped(lefts.flat(), hour).map(idsOf),
  },
};

for (const [name, { build, expected, undoes = true }] of Object.entries(CASES)) {
  for (const host of ["local", bytesHost] as const) {
    test(`run: ${name}, host ${String(host)}: leave memory and come back, through crashes (JN-01)`, async () => {
      let [asked, gone] = [0, 0];
      const evict = (): boolean => {
        const goes = asked++ % 3 === 0;
        if (goes) gone++;
        return goes;
      };
      const crashes = crashesAfter(1);
      const ledger = ledgerSink<string>();
      const again: string[] = [];
      const job = pipeline("paged");
      const right = job.source("right", pacedSource(rights, { perPoll: 2 }), time).map(crashes.pass);
      const left = job.source("left", pacedSource(lefts, { perPoll: 1 }), time).map(crashes.pass);
      build(
        left.keyBy(({ key }) => key),
        right.keyBy(({ key }) => key),
      ).sink("out", ledger.sink);
      const { env } = frozenEnv();
      const point = env.point.bind(env);
      await run(job, {
        backend: memory(),
        env: {
          ...env,
          point: (at, details) => {
            if (at === "record.again") again.push(at);
            point(at, details);
          },
        },
        host,
        parallelism: 2,
        checkpoint: { interval: "3ms" },
        restart: { attempts: 5, delay: "2ms" },
        trace: crashes.trace,
        state: { evict, paging: statePaging },
      }).finished;
      assert.equal(crashes.thrown, 1);
      assert.deepEqual(ledger.rows.toSorted(), expected.toSorted());
      assert.ok(gone > 20, `only ${gone} entries left memory`);
      assert.ok(host === "local" || again.length > 0 === undoes, "no record had to wait for what it needs");
    });
  }
}
