/** Every kind of state in jobs that crash, change and go on at another parallelism, under both hosts. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  emits,
  isTidemarkError,
  pipeline,
  type Pipeline,
  run,
  type RunOptions,
  type StateDescriptors,
} from "@tidemark/core";
import { aggregatingState, listState, mapState, reducingState, valueState } from "@tidemark/core/state";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const HOSTS = ["local", bytesHost] as const;
const KEYS = 5;
const splits = [0, 1, 2].map((split) => Array.from({ length: 40 }, (_, index) => split * 1000 + index * KEYS + split));

/** Keeps every number of a key in each kind of state, and tells of all of them at each record. */
function everyKind(ledger: LedgerSink<string>, pass: (n: number) => number): Pipeline {
  const job = pipeline("kinds");
  job
    .source("numbers", pacedSource(splits))
    .map(pass)
    .keyBy((n) => n % KEYS)
    .process("all", {
      state: {
        value: valueState<readonly number[]>([], { version: 3, migrate: { 2: (old) => old } }),
        list: listState<number>({ ttl: { after: "30d" } }),
        map: mapState<number, number>(),
        reducing: reducingState<{ sum: number }>((together, { sum }) => ({ sum: together.sum + sum })),
        aggregating: aggregatingState({
          create: (): number[] => [],
          add: (all, n: number) => {
            all.push(n);
            return all;
          },
          result: (all) => all.reduce((sum, n) => sum + n, 0),
        }),
      },
      emits: emits<string>(),
      onRecord: (n, context) => {
        const { state, key } = context;
        state.value.update([...state.value.get(), n]);
        state.list.add(n);
        state.map.set(n, n);
        state.reducing.add({ sum: n });
        state.aggregating.add(n);
        const sums = [
          sum(state.value.get()),
          sum(state.list.get()),
          sum([...state.map.entries()].map(([entry]) => entry)),
          state.reducing.get()?.sum,
          state.aggregating.get(),
        ];
        context.emit(`${key} ${n}: ${sums.join()}`);
      },
    })
    .sink("out", ledger.sink);
  return job;
}

const sum = (of: readonly number[]): number => of.reduce((total, n) => total + n, 0);

/** Each key has the numbers of one split only if splits and keys agree: so the sums of a key are known in any order. */
function expected(rows: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const row of rows) {
    const [, key = "", n = "", sums = ""] = /^(\d+) (\d+): (.*)$/.exec(row) ?? [];
    const total = (seen.get(key) ?? 0) + Number(n);
    seen.set(key, total);
    assert.deepEqual(sums.split(",").map(Number), [total, total, total, total, total], row);
  }
  assert.equal(rows.length, splits.flat().length);
}

for (const host of HOSTS) {
  test(`run: every kind of state, host ${String(host)}: goes on after crashes and at other parallelisms (RSC-07, ST-01)`, async () => {
    const backend = memory();
    const ledger = ledgerSink<string>();
    const crashes = crashesAfter(1, 4);
    const legs: readonly Pick<RunOptions, "parallelism" | "until">[] = [
      { parallelism: 1, until: { records: 30 } },
      { parallelism: 3, until: { records: 30 } },
      { parallelism: 2, until: { records: 30 } },
      { parallelism: 1 },
    ];
    for (const leg of legs) {
      await run(everyKind(ledger, crashes.pass), {
        backend,
        host,
        env: frozenEnv().env,
        checkpoint: { interval: "4ms" },
        restart: { attempts: 5, delay: "1ms" },
        trace: crashes.trace,
        ...leg,
      }).finished;
    }
    expected(ledger.rows);
  });
}

/** A job of one process that does something with one state. */
function keeper<S extends StateDescriptors>(state: S, use: (handles: never, n: number) => void): Pipeline {
  const job = pipeline("keeper");
  job
    .source("numbers", pacedSource([splits[0] as number[]]))
    .keyBy(() => 0)
    .process("keep", { state, emits: emits<number>(), onRecord: (n, context) => use(context.state as never, n) })
    .sink("out", ledgerSink<number>().sink);
  return job;
}

type Value = { update(next: unknown): void; get(): unknown };

/** Runs a part of one program, then another one on what it left. */
async function afterwards(first: Pipeline, second: Pipeline, host: "local" | typeof bytesHost): Promise<unknown> {
  const backend = memory();
  await run(first, { backend, host, env: frozenEnv().env, until: { records: 10 } }).finished;
  const outcome = run(second, { backend, host, env: frozenEnv().env, restart: "none" }).finished;
  return outcome.then(
    () => undefined,
    (error: unknown) => error,
  );
}

for (const host of HOSTS) {
  const count = keeper({ total: valueState(0) }, ({ total }: { total: Value }, n) => total.update(n));
  const unused = (): void => undefined;

  for (const [what, second, message] of [
    [
      "is declared as another kind, with both",
      keeper({ total: reducingState<number>((one) => one) }, unused),
      /state "total" of operator "keep": found value state of version 0, and it is declared as reducing state of version 0/,
    ],
    [
      "is of a version from which no migration leads, with both",
      keeper({ total: valueState(0, { version: 1 }) }, unused),
      /found value state of version 0.*declared as value state of version 1\. Give it a migration/,
    ],
  ] as const) {
    test(`run: a state that ${what} is refused, host ${String(host)} (STATE_INCOMPATIBLE, EVO-01)`, async () => {
      const error = await afterwards(count, second, host);
      assert.ok(isTidemarkError(error), String(error));
      assert.equal(error.code, "STATE_INCOMPATIBLE");
      assert.match(error.message, message);
    });
  }

  test(`run: a state of an older version is migrated, host ${String(host)} (EVO-01)`, async () => {
    const seen: unknown[] = [];
    const migrate = { 0: (old: number) => ({ count: old }) };
    const second = keeper(
      { total: valueState({ count: -1 }, { version: 1, migrate }) },
      ({ total }: { total: Value }, n) => {
        seen.push(total.get());
        total.update({ count: n });
      },
    );
    assert.equal(await afterwards(count, second, host), undefined);
    assert.deepEqual(seen[0], { count: splits[0]?.[9] });
  });
}

test("run: in development, a record that is changed after it was emitted fails the job; in production it does not", async () => {
  const build = (ledger: LedgerSink<{ n: number }>): Pipeline => {
    const job = pipeline("changing");
    const boxes = job.source("numbers", pacedSource([[1, 2, 3]])).map((n) => ({ n }));
    boxes
      .map((box) => {
        box.n++;
        return box;
      })
      .sink("out", ledger.sink);
    return job;
  };
  const strict = run(build(ledgerSink()), { backend: memory(), env: frozenEnv().env, restart: "none" });
  await assert.rejects(strict.finished, { code: "USER_CODE", message: /map.*read.?only|map.*Attempted to assign/i });
  const ledger = ledgerSink<{ n: number }>();
  await run(build(ledger), { backend: memory(), env: frozenEnv({ development: false }).env }).finished;
  assert.deepEqual(
    ledger.rows.map(({ n }) => n),
    [2, 3, 4],
  );
});
