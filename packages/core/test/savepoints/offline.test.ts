/** Reading, comparing and rewriting state without the code of its job. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type Key, run, type StateBackend } from "@tidemark/core";
import {
  diff,
  listCheckpoints,
  memorySavepoint,
  openCheckpoint,
  openCheckpoints,
  openSavepoint,
  rewrite,
  type Snapshot,
} from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { memory } from "../runtime/memory.ts";
import { stampedImage } from "./golden-image.ts";
import { all, openShop, shopJob, shopOptions, shopSinks, stoppedShop } from "./shop-job.ts";

const { env } = frozenEnv();

/** What a snapshot holds, but for where and when it was taken. */
async function contents(snapshot: Snapshot): Promise<unknown> {
  const entries = (await all(snapshot.entries())).map((entry) => [
    entry.keyGroup,
    entry.operator,
    entry.state,
    entry.key,
    entry.namespace,
    entry.subkey,
    entry.version,
    entry.value,
  ]);
  return { entries, timers: await all(snapshot.timers()), sources: snapshot.sources(), sinks: snapshot.sinks() };
}

describe("openCheckpoint (SPA-01)", () => {
  it("gives the entries per operator and state, with keys and values", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const spent = await all(snapshot.entries<string, number>({ operator: "customers", state: "spent" }));
    assert.equal(spent.length, 20);
    const sum = spent.reduce((total, { value }) => total + value, 0);
    const split = snapshot.sources<{ position: number }>()[0]!.splits;
    assert.equal(
      split.reduce((total, { split: { position } }) => total + position, 0),
      60,
    );
    const [group] = await all(snapshot.entries<number, { amount: number }>({ operator: "all" }));
    assert.equal(group?.value.amount, sum);
    assert.equal(group?.key, 2);
    await snapshot.close();
  });

  it("names operators, their states with kind and version, their parallelism and how far time had come", async () => {
    const snapshot = await openShop(await stoppedShop(60, 3));
    const operators = await snapshot.count();
    assert.deepEqual(
      operators.map(({ operatorId, parallelism, states }) => [
        operatorId,
        parallelism,
        states.map(({ name, kind, version }) => `${name} ${kind} ${version}`),
      ]),
      [
        ["all", 3, ["result reducing 0"]],
        ["customers", 3, ["spent value 0", "items map 0", "$event-timers timers 0", "$processing-timers timers 0"]],
        ["items", 3, ["$window aggregating 0"]],
      ],
    );
    const count = operators[1]?.states[0];
    assert.equal(count?.entries, 20);
    const keys = await Promise.all(
      operators.map(async ({ operatorId: operator }) => {
        const found = await all(snapshot.entries({ operator }));
        return new Set(found.map(({ key }) => key)).size;
      }),
    );
    assert.deepEqual(
      operators.map((operator) => operator.keys),
      keys,
    );
    assert.deepEqual(
      operators[1]?.states.map((state) => state.keys),
      [20, 20, undefined, undefined],
    );
    assert.ok((count?.bytes ?? 0) > 20 * 10);
    assert.equal(operators[1]?.watermarks.length, 3);
    await snapshot.close();
  });

  it("shows an entry with its value wherever it is printed", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const [entry] = await all(snapshot.entries({ operator: "customers", state: "spent" }));
    const { operator, state, key, keyGroup, namespace, version, value } = entry!;
    const shown = { operator, state, keyGroup, key, namespace, version, value };
    assert.deepEqual(JSON.parse(JSON.stringify(entry)), shown);
    const printed = (entry as unknown as Record<symbol, () => unknown>)[Symbol.for("nodejs.util.inspect.custom")]!();
    assert.deepEqual(printed, { ...shown, subkey: undefined, writtenAt: undefined });
    await snapshot.close();
  });

  it("finds one key, and one key's timers", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const everything = await all(snapshot.entries());
    for (const key of ["c0-0", "c3-4"]) {
      const found = await all(snapshot.entries({ operator: "customers", key }));
      assert.deepEqual(
        found.map(({ state, subkey, value }) => [state, subkey, value]),
        everything
          .filter((entry) => entry.operator === "customers" && entry.key === key)
          .map(({ state, subkey, value }) => [state, subkey, value]),
      );
      assert.ok(found.some(({ state }) => state === "spent"));
      const timers = await all(snapshot.timers({ key, clock: "processing" }));
      assert.ok(timers.length > 0);
      assert.ok(timers.every((timer) => timer.key === key && timer.clock === "processing" && timer.time > 1e12));
    }
    const group = everything[0]!.keyGroup;
    const inGroup = await all(snapshot.entries({ keyGroups: { first: group, last: group } }));
    assert.deepEqual(
      inGroup.map(({ key }) => key),
      everything.filter(({ keyGroup }) => keyGroup === group).map(({ key }) => key),
    );
    await snapshot.close();
  });

  it("gives windows by their start and end", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const windows = await all(snapshot.entries<string, { sum: number }>({ operator: "items" }));
    assert.ok(windows.length > 0);
    for (const { namespace } of windows) {
      const [start, end] = namespace as readonly [number, number];
      assert.equal(end - start, 100);
    }
    await snapshot.close();
  });

  it("opens an older one by its id, and lists those there are when there is no such one", async () => {
    const backend = memory();
    const options = shopOptions(backend, { checkpoint: { interval: "4ms", retained: 3 }, until: { records: 60 } });
    await run(shopJob(shopSinks()), options).finished;
    const retained = await listCheckpoints(backend, { job: "shop", env });
    assert.equal(retained.length, 3);
    const { checkpointId } = retained[0]!;
    const older = await openCheckpoint(backend, { job: "shop", env, checkpointId });
    assert.equal(older.checkpointId, checkpointId);
    await older.close();
    await assert.rejects(openCheckpoint(backend, { job: "shop", env, checkpointId: 4711 }), {
      code: "CHECKPOINT_MISSING",
      message: new RegExp(`checkpoint 4711 .*there are ${retained.map((each) => each.checkpointId).join(", ")}$`),
    });
    await assert.rejects(openCheckpoint(memory(), { job: "shop", env }), { message: /there is none/ });
  });

  it("changes nothing: the job goes on as if nobody had looked", async () => {
    const backend = await stoppedShop(60);
    const [before, after] = [await openShop(backend), await openShop(backend)];
    assert.deepEqual(await contents(before), await contents(after));
    const { outcome } = await run(shopJob(shopSinks()), shopOptions(backend)).finished;
    assert.equal(outcome, "finished");
  });

  it("refuses to look for a state of no operator", async () => {
    const snapshot = await openShop(await stoppedShop(10));
    await assert.rejects(all(snapshot.entries({ state: "spent" })), { code: "OPTION_INVALID" });
  });
});

describe("openCheckpoints (SPA-01)", () => {
  it("opens all that are retained by one opening, and gives the backend back with the last", async () => {
    const backend = memory();
    const options = shopOptions(backend, { checkpoint: { interval: "4ms", retained: 3 }, until: { records: 60 } });
    await run(shopJob(shopSinks()), options).finished;
    let sessions = 0;
    const counted: StateBackend = {
      ...backend,
      open: async (job) => {
        const session = await backend.open(job);
        const close = session.close.bind(session);
        sessions++;
        return Object.assign(session, {
          close: () => {
            sessions--;
            return close();
          },
        });
      },
    };
    const snapshots = await openCheckpoints(counted, { job: "shop", env });
    assert.deepEqual(
      snapshots.map(({ checkpointId }) => checkpointId),
      (await listCheckpoints(backend, { job: "shop", env })).map(({ checkpointId }) => checkpointId),
    );
    assert.equal(snapshots.length, 3);
    const [first, second, third] = snapshots as [Snapshot, Snapshot, Snapshot];
    const changed = (await all(diff(first, third).entries())).length;
    assert.ok(changed > 0);
    await first.close();
    await first.close();
    await third.close();
    assert.equal(sessions, 1);
    assert.ok((await all(second.entries())).length > 0);
    await second.close();
    assert.equal(sessions, 0);
  });

  it("opens none, and keeps nothing open, where there is none", async () => {
    assert.deepEqual(await openCheckpoints(memory(), { job: "shop", env }), []);
  });
});

describe("rewrite (SPA-01)", () => {
  it("copies a checkpoint into a savepoint that holds the same", async () => {
    const snapshot = await openShop(await stoppedShop(60, 3));
    const location = memorySavepoint();
    const summary = await rewrite(snapshot, location);
    const copy = await openSavepoint(location);
    assert.deepEqual(await contents(copy), await contents(snapshot));
    assert.deepEqual(copy.operators(), await snapshot.count());
    assert.equal(summary.identity, copy.identity);
    const counts = copy.operators().flatMap(({ states }) => states.map(({ entries = 0 }) => entries));
    assert.equal(
      summary.entries,
      counts.reduce((sum, entries) => sum + entries, 0),
    );
  });

  it("filters, patches, adds and renames, and keeps the order of keys", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const location = memorySavepoint();
    await rewrite(snapshot, location, {
      rename: { customers: "zz-clients", items: "a-items" },
      keep: ({ key }) => key !== "c0-0",
      map: ({ state, value }) => (state === "spent" ? { value: (value as number) * 100 } : undefined),
      put: [
        { operator: "zz-clients", state: "spent", key: "new", value: 7 },
        { operator: "zz-clients", state: "spent", key: "c1-1", value: -1 },
        { operator: "zz-clients", state: "items", key: "new", subkey: [20_000, "pen"], value: 3 },
        { operator: "zz-clients", state: "$event-timers", key: "new", subkey: 20_000, value: null },
      ],
    });
    const copy = await openSavepoint(location);
    const before = await all(snapshot.entries<string, number>({ operator: "customers", state: "spent" }));
    const after = await all(copy.entries<string, number>({ operator: "zz-clients", state: "spent" }));
    const expected = new Map<Key, number>(before.map(({ key, value }) => [key, value * 100]));
    expected.delete("c0-0");
    expected.set("new", 7);
    expected.set("c1-1", -1);
    assert.equal(after.length, expected.size);
    assert.deepEqual(new Map(after.map(({ key, value }) => [key, value])), expected);
    assert.deepEqual(
      (await all(copy.entries({ key: "new", operator: "zz-clients" }))).map(({ state, subkey, value }) => [
        state,
        subkey,
        value,
      ]),
      [
        ["items", [20_000, "pen"], 3],
        ["spent", undefined, 7],
      ],
    );
    assert.deepEqual(
      (await all(copy.timers({ key: "new" }))).map(({ time, clock }) => [time, clock]),
      [[20_000, "event"]],
    );
    assert.equal((await all(copy.timers({ key: "c0-0" }))).length, 0);
    const items = await all(snapshot.entries({ operator: "items" }));
    assert.equal((await all(copy.entries({ operator: "a-items" }))).length, items.length);
    assert.deepEqual(
      copy.operators().map(({ operatorId }) => operatorId),
      ["a-items", "all", "zz-clients"],
    );
    const groups = (await all(copy.entries())).map(({ keyGroup }) => keyGroup);
    assert.deepEqual(
      groups,
      groups.toSorted((a, b) => a - b),
    );
  });

  it("leaves steps out, moves positions and drops what was to be committed", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const location = memorySavepoint();
    await rewrite(snapshot, location, {
      drop: ["all", "none"],
      committables: "drop",
      split: (split) => ({ ...(split as object), position: 0 }),
    });
    const copy = await openSavepoint(location);
    assert.deepEqual(
      copy.operators().map(({ operatorId }) => operatorId),
      ["customers", "items"],
    );
    assert.equal((await all(copy.entries({ operator: "all" }))).length, 0);
    assert.ok(copy.sinks().every(({ committables }) => committables.length === 0));
    assert.deepEqual(
      copy
        .sinks()
        .map(({ sinkId }) => sinkId)
        .toSorted(),
      ["out", "windows"],
    );
    const [source] = copy.sources<{ position: number }>();
    assert.ok(source!.splits.every(({ split }) => split.position === 0));
  });

  it("refuses steps that are not there, ids that are taken, and a place that is", async () => {
    const snapshot = await openShop(await stoppedShop(10));
    const location = memorySavepoint();
    await assert.rejects(rewrite(snapshot, location, { drop: ["nobody"] }), { code: "OPTION_INVALID" });
    await assert.rejects(rewrite(snapshot, location, { rename: { nobody: "x" } }), { code: "OPTION_INVALID" });
    await assert.rejects(rewrite(snapshot, location, { rename: { items: "all" } }), { message: /two steps .*"all"/ });
    const put = { operator: "all", state: "result", key: 1, value: 0 };
    await assert.rejects(rewrite(snapshot, location, { put: [put, put] }), { code: "OPTION_INVALID" });
    await assert.rejects(rewrite(snapshot, location, { put: [{ ...put, operator: "x" }] }), { code: "OPTION_INVALID" });
    await rewrite(snapshot, location);
    await assert.rejects(rewrite(snapshot, location), { code: "SAVEPOINT_EXISTS" });
    await location.delete();
    await assert.rejects(openSavepoint(location), { code: "CHECKPOINT_MISSING" });
    await rewrite(snapshot, location);
  });

  it("swaps the names of two operators", async () => {
    const snapshot = await openShop(await stoppedShop(60));
    const location = memorySavepoint();
    await rewrite(snapshot, location, { rename: { all: "items", items: "all" } });
    const copy = await openSavepoint(location);
    const [old, swapped] = [
      await all(snapshot.entries({ operator: "items" })),
      await all(copy.entries({ operator: "all" })),
    ];
    assert.deepEqual(
      swapped.map(({ key, value }) => [key, value]),
      old.map(({ key, value }) => [key, value]),
    );
  });

  it("keeps version and time of values that it changes", async () => {
    const location = memorySavepoint();
    await location.write(stampedImage());
    const [entry] = await all((await openSavepoint(location)).entries());
    assert.deepEqual([entry?.value, entry?.version, entry?.writtenAt], ["old", 2, 1_700_000_000_123]);
    const changed = memorySavepoint();
    await rewrite(await openSavepoint(location), changed, {
      map: () => ({ value: "new" }),
      put: [{ operator: "hourly", state: "total", key: "b", value: "put", version: 2, writtenAt: 5 }],
    });
    const after = await all((await openSavepoint(changed)).entries());
    const found = after.map(({ key, value, version, writtenAt }) => [key, value, version, writtenAt]);
    assert.deepEqual(
      new Set(found),
      new Set([
        ["a", "new", 2, 1_700_000_000_123],
        ["b", "put", 2, 5],
      ]),
    );
  });
});
