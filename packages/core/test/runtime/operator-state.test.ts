/** Operator state through whole runs: stopped at one parallelism, gone on with at another. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  isTidemarkError,
  type Pipeline,
  pipeline,
  type RunOptions,
  type StateBackend,
  unaligned,
} from "@tidemark/core";
import { broadcastState, splitListState, subtaskProcess } from "@tidemark/core/state";
import { openCheckpoint } from "@tidemark/core/savepoints";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "./ledger-sink.ts";
import { memory, openMemory } from "./memory.ts";
import { type Found, movedOnce, NUMBERS, operatorStateJob, runPart, type Version } from "./operator-state-job.ts";
import { pacedSource } from "./paced-source.ts";

const ALL = Array.from({ length: NUMBERS }, (_, index) => index);
const ascending = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b);
const numbersOf = (found: readonly Found[], state: Found["state"]): readonly (readonly number[])[] =>
  found.filter((each) => each.state === state).map(({ numbers }) => ascending(numbers));

const WAYS: readonly (readonly [string, Partial<RunOptions>])[] = [
  ["aligned", {}],
  ["unaligned, by bytes", { host: bytesHost, checkpoint: { mode: unaligned } }],
];

for (const [way, options] of WAYS) {
  describe(`operator state at another parallelism, ${way}`, () => {
    for (const before of [1, 2, 3, 5]) {
      for (const after of [1, 2, 3, 5]) {
        it(`${before} to ${after}: lists lose and double nothing, copies are whole (RSC-04, RSC-05, RSC-06)`, async () => {
          const found = await movedOnce(memory(), [before, after], options);
          assert.deepEqual(ascending(numbersOf(found, "split").flat()), ALL);
          assert.deepEqual(ascending(numbersOf(found, "union").flat()), ALL);
          const sizes = numbersOf(found, "split").map(({ length }) => length);
          assert.ok(sizes.length === after && Math.max(...sizes) - Math.min(...sizes) <= 2, `sizes ${sizes.join()}`);
          for (const restored of numbersOf(found, "restored")) assert.deepEqual(restored, ALL.slice(0, -1));
          const copies = numbersOf(found, "copy");
          assert.equal(copies.length, after);
          for (const copy of copies) assert.deepEqual(copy, ALL);
        });
      }
    }
  });
}

/** What each subtask of the stopped job keeps, list by list, in its order. */
async function keptLists(backend: StateBackend): Promise<unknown> {
  const snapshot = await openCheckpoint(backend, { job: "kept", env: frozenEnv().env });
  const lists = snapshot.operatorStates().filter(({ operator }) => operator === "lists");
  await snapshot.close();
  return lists.map(({ state, parts }) => [
    state,
    parts.map(({ subtasks, items }) => [subtasks, items.map(({ value }) => value)]),
  ]);
}

it("a restart gives each subtask its own lists back, in their order, however often (COR-24)", async () => {
  const backend = memory();
  const job = () => operatorStateJob(ledgerSink<Found>().sink);
  await runPart(backend, job(), { parallelism: 3, until: { records: 8 } });
  const kept = await keptLists(backend);
  const shares = [
    [[0], [0, 3, 6]],
    [[1], [1, 4, 7]],
    [[2], [2, 5]],
  ];
  assert.deepEqual(kept, [
    ["split", shares],
    ["union", shares],
  ]);
  for (let restart = 1; restart <= 10; restart++) {
    await runPart(backend, job(), { parallelism: 3, until: { records: 0 } });
    assert.deepEqual(await keptLists(backend), kept, `restart ${restart}`);
  }
});

/** Runs a half of the job, then another version of it. */
async function goneOnWith(second: Version | Pipeline, options: Partial<RunOptions> = {}): Promise<readonly Found[]> {
  const store = openMemory();
  const ledger = ledgerSink<Found>();
  const first = operatorStateJob(ledger.sink);
  await runPart(store.backend, first, { parallelism: 2, until: { records: 6 } });
  const before = store.dump();
  const next = "graph" in second ? second : operatorStateJob(ledger.sink, second);
  try {
    await runPart(store.backend, next, { parallelism: 2, ...options });
  } catch (error) {
    if (!isTidemarkError(error) || error.code === "USER_CODE") throw error;
    for (const [name, bytes] of store.dump()) if (name !== "head") assert.deepEqual(before.get(name), bytes, name);
    throw error;
  }
  return ledger.rows;
}

describe("operator state that does not fit the job", () => {
  it("is refused where its step is gone, and left behind where that is allowed (RES-04)", async () => {
    const gone = { code: "STATE_UNMAPPED", message: /no step "lists" .*allowUnmapped/ };
    await assert.rejects(goneOnWith({ lists: "renamed" }), gone);
    const found = await goneOnWith({ lists: "renamed" }, { allowUnmapped: ["lists"] });
    assert.deepEqual(ascending(numbersOf(found, "split").flat()), ALL.slice(6));
  });

  it("is refused where the state is gone, though the step is there (RES-04)", async () => {
    const second = pipeline("kept");
    const stream = second.source("numbers", pacedSource([ALL]), { parallelism: 1 });
    const lists = subtaskProcess({ state: { split: splitListState<number>() }, onRecord: (_: number) => undefined });
    const copies = subtaskProcess({
      state: { copy: broadcastState<number, string>() },
      onRecord: (_: number) => undefined,
    });
    stream.process("lists", lists).union(stream.process("copies", copies)).sink("out", ledgerSink<never>().sink);
    await assert.rejects(goneOnWith(second), {
      code: "STATE_UNMAPPED",
      message: /^Cannot restore state "union" of operator "lists": the operator declares "split"/,
    });
  });

  it("is refused as another kind, and in a version that nothing migrates", async () => {
    await assert.rejects(goneOnWith({ state: { union: splitListState<number>() } }), {
      code: "STATE_INCOMPATIBLE",
      message:
        /state "union" of operator "lists": found union-list state of version 0, and it is declared as split-list state/,
    });
    await assert.rejects(goneOnWith({ state: { split: splitListState<number>({ version: 1 }) } }), {
      code: "STATE_INCOMPATIBLE",
      message: /found split-list state of version 0, .* version 1. Give it a migration from each version on the way/,
    });
  });

  it("is migrated at the restore, all of it", async () => {
    const migrate = { 0: (number: number) => -1 - number };
    const found = await goneOnWith({ state: { split: splitListState<number>({ version: 1, migrate }) } });
    const expected = ALL.map((number) => (number < 6 ? -1 - number : number));
    assert.deepEqual(ascending(numbersOf(found, "split").flat()), ascending(expected));
  });

  it("goes without a word where it was empty (RES-04)", async () => {
    const backend = memory();
    const ledger = ledgerSink<Found>();
    await runPart(backend, operatorStateJob(ledger.sink), { until: { records: 0 } });
    const { outcome } = await runPart(backend, operatorStateJob(ledger.sink, { lists: "renamed" }));
    assert.equal(outcome, "finished");
  });
});

it("a checkpoint has equal copies of a broadcast state once, and lists by subtask", async () => {
  const backend = memory();
  await runPart(backend, operatorStateJob(ledgerSink<Found>().sink), { parallelism: 3, until: { records: 6 } });
  const snapshot = await openCheckpoint(backend, { job: "kept", env: frozenEnv().env });
  const states = snapshot.operatorStates();
  assert.deepEqual(
    states.map(({ operator, state, kind, parallelism }) => [operator, state, kind, parallelism]),
    [
      ["copies", "copy", "broadcast", 3],
      ["lists", "split", "split-list", 3],
      ["lists", "union", "union-list", 3],
    ],
  );
  assert.deepEqual(
    states.map(({ parts }) => parts.map(({ subtasks }) => subtasks)),
    [[[0, 1, 2]], [[0], [1], [2]], [[0], [1], [2]]],
  );
  assert.deepEqual(
    states[0]?.parts[0]?.items,
    ALL.slice(0, 6).map((number) => ({ key: number, value: String(number) })),
  );
  await snapshot.close();
});
