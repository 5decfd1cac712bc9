import assert from "node:assert/strict";
import { test } from "node:test";

import { storedSpans } from "../../../src/operators/windows/stored-spans.ts";
import { compareBytes } from "../../../src/bytes/compare.ts";
import { ByteWriter } from "../../../src/bytes/writer.ts";
import type { StateEntry } from "../../../src/state/backend.ts";
import { encodeEntryAddress, WINDOW_STATE } from "../../../src/state/entry-codec.ts";
import { TableLayout } from "../../../src/state/layout.ts";
import type { StateAccess } from "../../../src/state/paging/state-access.ts";

const LAYOUT = new TableLayout("op", [{ name: WINDOW_STATE, kind: "value", version: 0 }]);

function entryOf(keyGroup: number, start: number, key: string): StateEntry {
  const address = { keyGroup, operatorId: "op", state: WINDOW_STATE, key, namespace: [start, start + 10] };
  return { key: encodeEntryAddress(new ByteWriter(), { ...address, subkey: undefined }), value: new Uint8Array(1) };
}

test("storedSpans: finds the key groups of each window, and asks many key groups at once", async () => {
  const entries = [
    entryOf(3, 0, "a"),
    entryOf(3, 0, "b"),
    entryOf(3, 10, "a"),
    entryOf(35, 0, "c"),
    entryOf(99, 20, "d"),
  ];
  let underWay = 0;
  let most = 0;
  const access: StateAccess = {
    readSync: undefined,
    read: async () => [],
    slice: async ({ from, to }) => {
      most = Math.max(most, ++underWay);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      underWay--;
      // One entry at a time.
      return entries.filter(({ key }) => compareBytes(from, key) <= 0 && compareBytes(key, to) < 0).slice(0, 1);
    },
  };
  const spans = await storedSpans(access, LAYOUT, { first: 2, last: 99 });
  assert.deepEqual(
    spans.map(({ window, keyGroups }) => [window.start, window.end, keyGroups]),
    [
      [0, 10, [3, 35]],
      [10, 20, [3]],
      [20, 30, [99]],
    ],
  );
  assert.equal(most, 32);
});
