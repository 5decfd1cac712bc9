import assert from "node:assert/strict";
import { test } from "node:test";

import { objectName } from "../../../src/state/segments/names.ts";
import { sweepable } from "../../../src/state/segments/sweep.ts";

const name = (generation: number, epoch: number): string =>
  objectName({ generation, epoch, session: "00000000", number: 0 });
const retained = [{ epoch: 3, manifest: name(1, 3), handles: [] }];

test("sweepable: what nothing names goes, up to the newest retained epoch and above the one restored", () => {
  const position = { generation: 2, restoredEpoch: 3 };
  const [old, left, pending, kept] = [name(1, 2), name(1, 5), name(2, 5), name(2, 3)];
  assert.deepEqual(sweepable([old, left, pending, kept, "foreign"], new Set([kept]), retained, position), [old, left]);
});

// A process that stood still between two requests of its sweep took away what its successor had written, which a
// checkpoint named by then.
test("sweepable: what a later generation wrote is not for an overtaken session to take (COR-16)", () => {
  const position = { generation: 2, restoredEpoch: 3 };
  assert.deepEqual(sweepable([name(3, 3), name(3, 2), name(3, 9)], new Set(), retained, position), []);
});

test("sweepable: where nothing is retained, what the restored state may rest upon stays", () => {
  const position = { generation: 2, restoredEpoch: 3 };
  assert.deepEqual(sweepable([name(1, 2), name(1, 3), name(1, 4), name(2, 4)], new Set(), [], position), [name(1, 4)]);
});
