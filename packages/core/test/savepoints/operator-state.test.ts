/** Operator state in savepoints: moved, renamed, compared, changed, and told of in plans. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { SavepointLocation } from "@tidemark/core";
import {
  claim,
  diff,
  memorySavepoint,
  openCheckpoint,
  openSavepoint,
  planRestore,
  rewrite,
} from "@tidemark/core/savepoints";
import { splitListState, unionListState } from "@tidemark/core/state";
import { frozenEnv } from "@tidemark/core/testing";

import { broadcastingJob } from "../runtime/broadcasting-job.ts";
import { ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { type Found, NUMBERS, operatorStateJob, runPart, type Version } from "../runtime/operator-state-job.ts";

const { env } = frozenEnv();
const job = (version: Version = {}) => operatorStateJob(ledgerSink<Found>().sink, version);

/** A savepoint after so many numbers at parallelism 2. */
async function taken(records: number): Promise<SavepointLocation> {
  const backend = memory();
  await runPart(backend, job(), { parallelism: 2, until: { records } });
  const checkpoint = await openCheckpoint(backend, { job: "kept", env });
  const location = memorySavepoint();
  await rewrite(checkpoint, location);
  await checkpoint.close();
  return location;
}

/** What a job that goes on from a savepoint finds at its end, by state. */
async function foundFrom(
  location: SavepointLocation,
  version: Version = {},
  rename: Readonly<Record<string, string>> = {},
): Promise<(state: Found["state"]) => readonly number[]> {
  const ledger = ledgerSink<Found>();
  const from = claim(location, { rename });
  await runPart(memory(), operatorStateJob(ledger.sink, version), { parallelism: 3, from });
  return (state) =>
    ledger.rows
      .filter((each) => each.state === state)
      .flatMap(({ numbers }) => numbers)
      .toSorted((a, b) => a - b);
}

const ALL = Array.from({ length: NUMBERS }, (_, index) => index);

describe("operator state in a savepoint", () => {
  it("is restored on another backend at another parallelism, under another id (RSC-04, SAV-05)", async () => {
    const found = await foundFrom(await taken(6), { lists: "renamed" }, { lists: "renamed" });
    assert.deepEqual(found("split"), ALL);
    assert.deepEqual(found("union"), ALL);
    assert.deepEqual(
      found("copy"),
      [...ALL, ...ALL, ...ALL].toSorted((a, b) => a - b),
    );
  });

  it("is read, part by part (SPA-01)", async () => {
    const snapshot = await openSavepoint(await taken(6));
    const [copies, split] = snapshot.operatorStates();
    assert.deepEqual(
      [copies?.operator, copies?.parallelism, copies?.parts.map(({ subtasks }) => subtasks)],
      ["copies", 2, [[0, 1]]],
    );
    assert.deepEqual(copies?.parts[0]?.items[1], { key: 1, value: "1" });
    const numbers = split?.parts.flatMap(({ items }) => items.map(({ value }) => value as number)) ?? [];
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      ALL.slice(0, 6),
    );
    await snapshot.close();
  });

  it("is compared (SPA-01)", async () => {
    const [six, six_, eight] = await Promise.all([taken(6), taken(6), taken(8)]);
    const [before, same, after] = await Promise.all([six, six_, eight].map((location) => openSavepoint(location)));
    assert.ok(before !== undefined && same !== undefined && after !== undefined);
    assert.deepEqual(diff(before, same).operatorStates, []);
    const changes = diff(before, after).operatorStates;
    assert.deepEqual(
      changes.map(({ operator, state }) => [operator, state]),
      [
        ["copies", "copy"],
        ["lists", "split"],
        ["lists", "union"],
      ],
    );
    assert.equal(changes[0]?.before?.parts[0]?.items.length, 6);
    assert.equal(changes[0]?.after?.parts[0]?.items.length, 8);
  });

  it("is changed item by item, and left out with its step (SPA-01)", async () => {
    const snapshot = await openSavepoint(await taken(6));
    const [changed, dropped] = [memorySavepoint("changed"), memorySavepoint("dropped")];
    await rewrite(snapshot, changed, {
      item: ({ value }, { state }) => {
        if (state !== "split") return { value };
        return (value as number) < 2 ? undefined : { value: (value as number) + 100 };
      },
    });
    await rewrite(snapshot, dropped, { drop: ["lists"] });
    const found = await foundFrom(changed);
    assert.deepEqual(found("split"), [...ALL.slice(6), 102, 103, 104, 105]);
    assert.deepEqual(found("union"), ALL);
    assert.deepEqual((await foundFrom(dropped))("split"), ALL.slice(6));
    const wrong = rewrite(snapshot, memorySavepoint(), { drop: ["nobody"] });
    await assert.rejects(wrong, { code: "OPTION_INVALID", message: /no step "nobody" to drop/ });
  });
});

it("a step with states by key and broadcast states takes both along, under another id and at another parallelism", async () => {
  const backend = memory();
  const ledger = ledgerSink<string>();
  const build = () => broadcastingJob.build({ sink: ledger.sink, pass: (value) => value });
  await runPart(backend, build(), { parallelism: 2, until: { records: 60 } });
  const checkpoint = await openCheckpoint(backend, { job: "broadcasting", env });
  const location = memorySavepoint();
  await rewrite(checkpoint, location, { rename: { price: "former" } });
  await checkpoint.close();
  const from = claim(location, { rename: { former: "price" } });
  const plan = await planRestore(build(), from, { parallelism: 3 });
  assert.deepEqual(
    plan.operators.map(({ operatorId, formerId, repartitioned, states }) => [
      operatorId,
      formerId,
      repartitioned,
      states.map(({ name, action }) => `${name} ${action}`).toSorted(),
    ]),
    [["price", "former", true, ["$event-timers kept", "$processing-timers kept", "prices kept", "waiting kept"]]],
  );
  await runPart(memory(), build(), { parallelism: 3, from });
  assert.deepEqual(ledger.rows.toSorted(), broadcastingJob.expected(3).toSorted());
});

describe("planRestore, of operator state", () => {
  const summary = async (version: Version, options: Parameters<typeof planRestore>[2] = {}): Promise<unknown> => {
    const plan = await planRestore(job(version), claim(await taken(6)), { parallelism: 2, ...options });
    return {
      operators: plan.operators.map(({ operatorId, action, repartitioned, states }) => ({
        [operatorId]: `${action}${repartitioned ? ", repartitioned" : ""}`,
        ...Object.fromEntries(states.map((state) => [state.name, `${state.action} ${state.entries}`])),
      })),
      problems: plan.problems.map(({ code }) => code),
    };
  };

  it("says what is kept, dealt out anew, migrated and new", async () => {
    const copies = { copies: "kept", copy: "kept 6" };
    assert.deepEqual(await summary({}), {
      operators: [copies, { lists: "kept", split: "kept 6", union: "kept 6" }],
      problems: [],
    });
    const migrated = { split: splitListState<number>({ version: 1, migrate: { 0: (n: number) => n } }) };
    assert.deepEqual(await summary({ state: { ...migrated, more: splitListState<number>() } }), {
      operators: [copies, { lists: "migrated", split: "migrated 6", union: "kept 6", more: "new 0" }],
      problems: [],
    });
    assert.deepEqual(await summary({}, { parallelism: 5 }), {
      operators: [
        { copies: "kept, repartitioned", copy: "kept 6" },
        { lists: "kept, repartitioned", split: "kept 6", union: "kept 6" },
      ],
      problems: [],
    });
  });

  it("says what is dropped, and what would be refused (RES-04)", async () => {
    const renamed = { renamed: "new", split: "new 0", union: "new 0" };
    const copies = { copies: "kept", copy: "kept 6" };
    assert.deepEqual(await summary({ lists: "renamed" }), {
      operators: [copies, { lists: "refused", split: "refused 6", union: "refused 6" }, renamed],
      problems: ["STATE_UNMAPPED"],
    });
    assert.deepEqual(await summary({ lists: "renamed" }, { allowUnmapped: ["lists"] }), {
      operators: [copies, { lists: "dropped", split: "dropped 6", union: "dropped 6" }, renamed],
      problems: [],
    });
    assert.deepEqual(await summary({ state: { split: unionListState<number>() } }), {
      operators: [copies, { lists: "kept", split: "refused 6", union: "kept 6" }],
      problems: ["STATE_INCOMPATIBLE"],
    });
  });
});
