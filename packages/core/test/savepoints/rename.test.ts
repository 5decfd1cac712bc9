/** Ranges of a snapshot whose steps have other ids: entries stand elsewhere then, and none may be left out or come twice. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { compareBytes } from "../../src/bytes/compare.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import type { SnapshotImage } from "../../src/savepoints/image.ts";
import { renamed } from "../../src/savepoints/rename.ts";
import { encodeEntryAddress, encodeEntryValue } from "../../src/state/entry-codec.ts";
import { ALL_KEYS, prefixRange } from "../../src/state/key-range.ts";
import { operatorPrefix } from "../../src/state/layout.ts";
import { GOLDEN_FACTS, goldenImage } from "./golden-image.ts";
import { all } from "./shop-job.ts";

const KEY_GROUPS = 3;
const RENAMES: Readonly<Record<string, string>> = { a: "c", b: "b-b", c: "a" };

/** Entries of three operators in each key group, under these ids. */
function entriesOf(idOf: (operator: string) => string) {
  const writer = new ByteWriter();
  const groups = Array.from({ length: KEY_GROUPS }, (_, keyGroup) => keyGroup);
  return groups
    .flatMap((keyGroup) =>
      ["a", "b", "c"].flatMap((operator) =>
        [1, 2].map((key) => {
          const place = {
            keyGroup,
            operatorId: idOf(operator),
            state: "total",
            key,
            namespace: null,
            subkey: undefined,
          };
          const value = encodeEntryValue(writer, `${operator} ${key} in ${keyGroup}`, 0);
          return { key: encodeEntryAddress(writer, place), value };
        }),
      ),
    )
    .toSorted((one, other) => compareBytes(one.key, other.key));
}

test("renamed: every range holds what has its place there under the new ids, in order", async () => {
  const stored = entriesOf((operator) => operator);
  const operator = GOLDEN_FACTS.operators[0]!;
  const image: SnapshotImage = {
    ...goldenImage(),
    facts: {
      ...GOLDEN_FACTS,
      keyGroups: KEY_GROUPS,
      operators: ["a", "b", "c"].map((operatorId) => ({ ...operator, operatorId })),
    },
    async *scan({ from, to }) {
      yield stored.filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0);
    },
  };
  const view = renamed(image, RENAMES);
  const moved = entriesOf((id) => RENAMES[id] as string);
  assert.deepEqual(await all(view.scan(ALL_KEYS)), moved);
  const prefixes = [0, 1, 2].flatMap((group) => ["a", "b", "b-b", "c", "d"].map((id) => operatorPrefix(group, id)));
  const bounds = [ALL_KEYS.from, ALL_KEYS.to, ...moved.map(({ key }) => key), ...prefixes];
  bounds.push(...prefixes.map((prefix) => prefixRange(prefix).to));
  for (const from of bounds) {
    for (const to of bounds) {
      if (compareBytes(from, to) >= 0) continue;
      const expected = moved.filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0);
      assert.deepEqual(await all(view.scan({ from, to })), expected);
    }
  }
});
