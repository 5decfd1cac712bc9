/** Programs that follow one another on one state, each with another shape of what it keeps, through crashes and rescales. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  emits,
  type Pipeline,
  pipeline,
  run,
  type RunOptions,
  sideOutput,
  type StateBackend,
  type StepDeadLetter,
  unaligned,
} from "@tidemark/core";
import { openCheckpoint } from "@tidemark/core/savepoints";
import { listState, mapState, reducingState, type StateOptions, statePaging, valueState } from "@tidemark/core/state";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { thinned } from "../width.ts";
import { crashesAfter } from "./crash.ts";
import { ledgerSink, type LedgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

/** The shapes of a sum that the programs kept: a number, an object, one with a unit, a tuple. */
type Shape = number | { readonly sum: number; readonly unit?: string } | readonly [sum: number, unit: string];

const make: Readonly<Record<number, (sum: number) => Shape>> = {
  0: (sum) => sum,
  1: (sum) => ({ sum }),
  3: (sum) => [sum, "ms"],
};

/** Each looks at what it is given: a value of another version than its own would not get through. */
const migrations = {
  0(old: number) {
    assert.equal(typeof old, "number");
    return { sum: old };
  },
  1(old: { readonly sum: number }) {
    assert.deepEqual(Object.keys(old), ["sum"]);
    return { ...old, unit: "ms" };
  },
  2(old: { readonly sum: number; readonly unit: string }) {
    assert.deepEqual(Object.keys(old), ["sum", "unit"]);
    return [old.sum, old.unit] as const;
  },
};

/** The sum in a value of this version; anything else is not what this program has asked for. */
function sumIn(value: Shape, version: number): number {
  assert.deepEqual(value, make[version]?.(sumOf(value)), `a value of version ${version}`);
  return sumOf(value);
}

function sumOf(value: Shape): number {
  if (typeof value === "number") return value;
  return "sum" in value ? value.sum : value[0];
}

/** Numbers of one split go to keys of that split. The last two keys rest from their third record to the end. */
const splits = [0, 1, 2].map((split) =>
  Array.from({ length: 60 }, (_, at) => ({ split, key: at < 10 || at >= 55 ? at % 5 : at % 3, n: at + 1 })),
);
type Item = (typeof splits)[number][number];

/** The program of this version. */
function sums(version: number, ledger: LedgerSink<string>, pass: (item: Item) => Item): Pipeline {
  const steps = Object.entries(migrations).filter(([from]) => Number(from) < version);
  const options = { version, migrate: Object.fromEntries(steps) } as StateOptions<Shape>;
  const shape = make[version] as (sum: number) => Shape;
  const sumAll = (values: readonly Shape[]): number => values.reduce((sum: number, of) => sum + sumIn(of, version), 0);
  const lasting = version === 0 ? options : { ...options, ttl: { after: "30d" } as const };
  const job = pipeline("sums");
  job
    .source("items", pacedSource(splits))
    .map(pass)
    .keyBy(({ split, key }) => [split, key])
    .process("sum", {
      state: {
        value: valueState<Shape>(shape(0), options),
        list: listState<Shape>(lasting),
        map: mapState<number, Shape>(lasting),
        reducing: reducingState<Shape>((one, other) => shape(sumIn(one, version) + sumIn(other, version)), options),
      },
      emits: emits<string>(),
      onRecord({ n }, { state, key, emit }) {
        state.value.update(shape(sumIn(state.value.get() as Shape, version) + n));
        state.list.add(shape(n));
        state.map.set(n % 4, shape(sumAll([(state.map.get(n % 4) as Shape | undefined) ?? shape(0)]) + n));
        state.reducing.add(shape(n));
        const found = [
          sumAll([state.value.get() as Shape]),
          sumAll(state.list.get() as readonly Shape[]),
          sumAll([...state.map.entries()].map(([, value]) => value as Shape)),
          sumAll([state.reducing.get() as Shape]),
        ];
        emit(`${key.join()} ${n}: ${found.join()}`);
      },
    })
    .sink("out", ledger.sink);
  return job;
}

const expected = splits.flatMap((items) => {
  const totals = new Map<number, number>();
  return items.map(({ split, key, n }) => {
    const total = (totals.get(key) ?? 0) + n;
    totals.set(key, total);
    return `${split},${key} ${n}: ${Array.from({ length: 4 }, () => total).join()}`;
  });
});

const legs = [
  { version: 0, parallelism: 1, until: { records: 50 } },
  { version: 1, parallelism: 3, until: { records: 50 } },
  { version: 3, parallelism: 2 },
] as const;

/** The versions of the entries in the newest checkpoint, and how many there are of each. */
async function versionsIn(backend: StateBackend): Promise<readonly (readonly [version: number, entries: number])[]> {
  const snapshot = await openCheckpoint(backend, { job: "sums" });
  const counts = new Map<number, number>();
  for await (const slice of snapshot.entries()) {
    for (const { version } of slice) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  await snapshot.close();
  return [...counts].toSorted(([one], [other]) => one - other);
}

for (const [turn, host] of (["local", bytesHost] as const).entries()) {
  for (const mode of thinned(["aligned", unaligned] as const, turn)) {
    for (const paged of [false, true]) {
      const how = `host ${String(host)}, ${String(mode)} barriers, ${paged ? "state that leaves memory" : "state in memory"}`;
      test(`run: every kind of state goes from version 0 to 1 to 3 at other parallelisms, ${how} (EVO-01, EVO-03)`, async () => {
        const backend = memory();
        const ledger = ledgerSink<string>();
        const crashes = crashesAfter(1, 4, 6);
        let [asked, gone] = [0, 0];
        const evict = (): boolean => {
          const goes = asked++ % 3 !== 0;
          if (goes) gone++;
          return goes;
        };
        let now = 0;
        for (const { version, ...leg } of legs) {
          const options: RunOptions = {
            backend,
            host,
            env: frozenEnv({ now }).env,
            channelRecords: 12,
            checkpoint: { interval: "4ms", mode, retained: 2 },
            restart: { attempts: 5, delay: "1ms" },
            trace: crashes.trace,
            ...(paged ? { state: { limitBytes: 1, evict, paging: statePaging } } : {}),
            ...leg,
          };
          await run(sums(version, ledger, crashes.pass), options).finished;
          now += 100_000;
          if (version === 1) {
            // Keys that nobody has read since rest in the shape that the first program gave them.
            const versions = (await versionsIn(backend)).map(([found]) => found);
            assert.deepEqual(versions, [0, 1]);
          }
        }
        assert.equal(crashes.thrown, 3);
        assert.deepEqual(ledger.rows.toSorted(), expected.toSorted());
        if (paged) assert.ok(gone > 100, `${gone} entries left memory`);
      });
    }
  }
}

/** Keeps a count for each number, in a step that sets aside what it cannot handle. */
function counts(options: StateOptions<unknown>, letters: LedgerSink<string>): Pipeline {
  const bad = sideOutput<StepDeadLetter<number>>("bad");
  const job = pipeline("counts");
  const counted = job
    .source("numbers", pacedSource([Array.from({ length: 40 }, (_, at) => at % 4)]))
    .keyBy((n) => n)
    .process(
      "count",
      {
        state: { seen: valueState<unknown>(0, options) },
        emits: emits<string>(),
        onRecord: (_, { state: { seen } }) => seen.update(Number(seen.get()) + 1),
      },
      { deadLetters: bad },
    );
  counted
    .sideOutput(bad)
    .map(({ record, error }) => `${record} ${error.message}`)
    .union(counted)
    .sink("out", letters.sink);
  return job;
}

for (const host of ["local", bytesHost] as const) {
  test(`run: a migration or a schema that throws or waits ends the job, and no record takes the blame, host ${String(host)} (STATE_INCOMPATIBLE)`, async () => {
    const backend = memory();
    const letters = ledgerSink<string>();
    await run(counts({}, letters), { backend, host, env: frozenEnv().env, until: { records: 8 } }).finished;
    const throws = (): never => {
      throw new Error("not today");
    };
    const schema = (validate: () => never | Promise<never>): StateOptions<unknown> => ({
      schema: { "~standard": { version: 1, vendor: "by-hand", validate } },
    });
    for (const [options, message] of [
      [{ version: 1, migrate: { 0: throws } }, /the migration of state "seen" of operator "count" .* threw: not today/],
      [schema(throws), /the schema of state "seen" of operator "count" threw: not today/],
      [schema(() => Promise.reject(new Error("not awaited"))), /of operator "count" validates asynchronously/],
    ] as const) {
      const env = frozenEnv({ development: false }).env;
      const restart = { attempts: 5, delay: "1ms" } as const;
      const failed = run(counts(options, letters), { backend, host, env, restart }).finished;
      await assert.rejects(failed, { code: "STATE_INCOMPATIBLE", message });
    }
    assert.deepEqual(letters.rows, []);
    // What is stored is as it was.
    const right = counts({ version: 1, migrate: { 0: (old) => Number(old) + 0 } }, letters);
    await run(right, { backend, host, env: frozenEnv().env }).finished;
    assert.deepEqual(letters.rows, []);
    const snapshot = await openCheckpoint(backend, { job: "counts" });
    for await (const slice of snapshot.entries()) for (const { value } of slice) assert.equal(value, 10);
    await snapshot.close();
  });
}
