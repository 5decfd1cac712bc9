import assert from "node:assert/strict";
import { test } from "node:test";

import { DONE, PENDING } from "../../src/operators/progress.ts";
import type { Requests } from "../../src/operators/requests.ts";
import { StateGate } from "../../src/operators/state-gate.ts";
import { PagedStore, pagedTable } from "../state/paging/paged-store.ts";

const KEYS = 1_000;

/** Requests that end when a test says so, each in a call of its own. */
function heldRequests() {
  const held: (() => Promise<void>)[] = [];
  const requests: Requests = {
    start: (run, completed) => void held.push(async () => completed(await run())),
  };
  return { held, requests };
}

test("StateGate.load: puts what was read into memory a share at a time, and waits until it has all", async () => {
  const store = new PagedStore(false);
  const { table, pager } = pagedTable(store, [{ name: "value", kind: "value", version: 0 }]);
  const { held, requests } = heldRequests();
  const gate = new StateGate(table, pager, requests);
  const space = table.space("");
  const entries = Array.from({ length: KEYS }, (_, key) => ({
    row: table.row(space, key),
    slot: 0,
    subkey: undefined,
  }));
  assert.equal(gate.load({ entries, maps: [] }), PENDING);
  const taken: number[] = [];
  for (let next = held.shift(); next !== undefined; next = held.shift()) {
    const before = pager.bytes;
    assert.equal(gate.enter(), PENDING);
    await next();
    taken.push(pager.bytes - before);
  }
  assert.equal(gate.enter(), DONE);
  assert.equal(taken.length, 4);
  const most = (Math.max(...taken) / pager.bytes) * KEYS;
  assert.ok(most <= 256, `${most} entries at once`);
});
