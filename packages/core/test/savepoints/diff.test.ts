/** Comparing state without the code of its job. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { run } from "@tidemark/core";
import { diff, memorySavepoint, openSavepoint, rewrite, type SnapshotImage } from "@tidemark/core/savepoints";

import { snapshotOf } from "../../src/savepoints/snapshot.ts";
import { memory } from "../runtime/memory.ts";
import { longImage } from "./golden-image.ts";
import { all, openShop, shopJob, shopOptions, shopSinks, stoppedShop } from "./shop-job.ts";

describe("diff (SPA-01)", () => {
  it("finds nothing between equal snapshots, whatever their parallelism and form", async () => {
    const a = await openShop(await stoppedShop(60, 1));
    const location = memorySavepoint();
    await rewrite(a, location);
    const found = diff(a, await openSavepoint(location));
    assert.deepEqual(await all(found.entries()), []);
    assert.deepEqual([found.sources, found.operatorsAdded, found.operatorsRemoved], [[], [], []]);
  });

  it("tells what was added, removed and changed, and which positions moved", async () => {
    const a = await openShop(await stoppedShop(40));
    const b = await openShop(await stoppedShop(80));
    const found = diff(a, b);
    const changes = await all(found.entries({ operator: "customers", state: "spent" }));
    assert.ok(changes.some(({ kind }) => kind === "changed"));
    const apply = new Map(
      (await all(a.entries({ operator: "customers", state: "spent" }))).map((e) => [e.key, e.value]),
    );
    for (const change of changes) {
      if (change.kind === "removed") apply.delete(change.before.key);
      else apply.set(change.after.key, change.after.value);
    }
    const after = await all(b.entries({ operator: "customers", state: "spent" }));
    assert.deepEqual(new Map(apply), new Map(after.map((e) => [e.key, e.value])));
    assert.deepEqual(
      found.sources.map(({ sourceId }) => sourceId),
      ["orders"],
    );
    const backwards = await all(diff(b, a).entries());
    const forwards = await all(found.entries());
    assert.equal(backwards.length, forwards.length);
    const kinds = (of: readonly { kind: string }[], kind: string): number => of.filter((c) => c.kind === kind).length;
    assert.equal(kinds(backwards, "added"), kinds(forwards, "removed"));
    const one = await all(found.entries({ key: "c0-0" }));
    assert.deepEqual(
      one.map(({ kind }) => kind),
      forwards.filter((c) => (c.kind === "removed" ? c.before : c.after).key === "c0-0").map(({ kind }) => kind),
    );
  });

  it("gives changes as it finds them, and reads both no further than that", async () => {
    let read = 0;
    const image = (value: number): SnapshotImage => longImage(10_000, value, () => read++);
    for await (const slice of diff(snapshotOf(image(1)), snapshotOf(image(2))).entries()) {
      assert.equal(slice.length, 1_000);
      assert.ok(read <= 2 * 11, `${read} slices were read for the first changes`);
      return;
    }
    assert.fail("nothing was found");
  });

  it("refuses snapshots whose keys are dealt into other groups", async () => {
    const a = await openShop(await stoppedShop(10));
    const backend = memory();
    await run(shopJob(shopSinks()), shopOptions(backend, { keyGroups: 32, until: { records: 10 } })).finished;
    const b = await openShop(backend);
    assert.throws(() => diff(a, b), { code: "STATE_INCOMPATIBLE", message: /128 key groups.*32/ });
  });
});
