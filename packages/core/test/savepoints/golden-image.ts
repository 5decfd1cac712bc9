import type { ImageFacts, SnapshotImage } from "@tidemark/core/savepoints";

import { ByteWriter } from "../../src/bytes/writer.ts";
import { compareBytes } from "../../src/bytes/compare.ts";
import { encodeEntryAddress, encodeEntryValue, EVENT_TIMERS } from "../../src/state/entry-codec.ts";
import { Unread } from "../../src/state/held.ts";
import { encodeKey, type Key } from "../../src/state/key-codec.ts";
import { keyGroupOf } from "../../src/state/key-groups.ts";
import { encodeValue } from "../../src/state/value-codec.ts";
import type { StateEntry } from "../../src/state/backend.ts";

const KEY_GROUPS = 16;

const ENTRIES: readonly (readonly [
  state: string,
  key: Key,
  namespace: Key,
  subkey: Key | undefined,
  value: unknown,
])[] = [
  ["total", "a", null, undefined, 1],
  ["total", "b", null, undefined, { count: 2n, at: new Date(3) }],
  ["total", ["a", 1], null, undefined, [1.5, -0, undefined]],
  ["seen", "a", null, "x", new Map([["k", new Set([1])]])],
  ["seen", "a", null, "y", "\ud800 and \u{1f30a}"],
  ["seen", "b", [0, 3_600_000], 7, Uint8Array.of(0, 255)],
  [EVENT_TIMERS, "b", null, 1_700_000_000_000, null],
];

/** Facts with one or two of everything. */
export const GOLDEN_FACTS: ImageFacts = {
  job: "delays",
  checkpointId: 64,
  generation: 3,
  keyGroups: KEY_GROUPS,
  keyHashVersion: 0,
  takenAt: 1_700_000_000_123,
  drained: false,
  sources: [
    {
      sourceId: "flights",
      enumerator: encodeValue({ files: 2 }),
      splits: [
        { split: encodeValue({ id: "a", offset: 12 }), maxTimestamp: 1_700_000_000_000 },
        { split: encodeValue({ id: "b", offset: 0 }), maxTimestamp: -Infinity },
      ],
    },
  ],
  operators: [
    {
      operatorId: "hourly",
      parallelism: 2,
      watermarks: [
        { keyGroups: { first: 0, last: 7 }, watermark: 1_699_989_199_999 },
        { keyGroups: { first: 8, last: 15 }, watermark: Infinity },
      ],
      states: [
        { name: "total", kind: "value", version: 0 },
        { name: "seen", kind: "map", version: 0 },
        { name: EVENT_TIMERS, kind: "timers", version: 0 },
      ],
    },
  ],
  operatorStates: [
    {
      operatorId: "alerts",
      parallelism: 2,
      states: [
        {
          name: "limits",
          kind: "broadcast",
          version: 1,
          parts: [{ subtasks: [0, 1], items: [{ key: encodeKey("a"), value: encodeValue({ most: 6 }) }] }],
        },
        {
          name: "waiting",
          kind: "split-list",
          version: 0,
          parts: [
            { subtasks: [0], items: [{ value: encodeValue("x") }, { value: encodeValue(7n) }] },
            { subtasks: [1], items: [{ value: encodeValue("y") }] },
          ],
        },
      ],
    },
  ],
  sinks: [{ sinkId: "out", committables: [{ checkpointId: 63, subtask: 1, bytes: encodeValue(["staged-7"]) }] }],
};

/** A snapshot that is the same on every runtime. */
export function goldenImage(): SnapshotImage {
  const writer = new ByteWriter();
  const entries = ENTRIES.map(([state, key, namespace, subkey, value]): StateEntry => {
    const keyGroup = keyGroupOf(key, KEY_GROUPS);
    return {
      key: encodeEntryAddress(writer, { keyGroup, operatorId: "hourly", state, key, namespace, subkey }),
      value: encodeEntryValue(writer, value, 0),
    };
  }).toSorted((a, b) => compareBytes(a.key, b.key));
  return {
    name: "golden image",
    identity: "golden",
    facts: GOLDEN_FACTS,
    async *scan({ from, to }) {
      yield entries.filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0);
    },
    close: async () => undefined,
  };
}

/** The values of the image by state, key, namespace and subkey. */
export const GOLDEN_ENTRIES: typeof ENTRIES = ENTRIES;

/** A snapshot with one value of version 2 and the time at which it was written, as states with a time to live have it. */
export function stampedImage(): SnapshotImage {
  const writer = new ByteWriter();
  const address = { keyGroup: keyGroupOf("a", KEY_GROUPS), operatorId: "hourly", state: "total", key: "a" };
  const entry: StateEntry = {
    key: encodeEntryAddress(writer, { ...address, namespace: null, subkey: undefined }),
    value: encodeEntryValue(writer, new Unread("old", 2, 1_700_000_000_123), 0),
  };
  return {
    ...goldenImage(),
    async *scan() {
      yield [entry];
    },
  };
}

/** A snapshot with so many entries, each of the same value, in slices of a hundred; `read` is told of each slice. */
export function longImage(entries: number, value: number, read: () => void): SnapshotImage {
  const writer = new ByteWriter();
  const entryOf = (key: number): StateEntry => ({
    key: encodeEntryAddress(writer, {
      keyGroup: 0,
      operatorId: "hourly",
      state: "total",
      key,
      namespace: null,
      subkey: undefined,
    }),
    value: encodeEntryValue(writer, value, 0),
  });
  return {
    ...goldenImage(),
    async *scan() {
      for (let from = 0; from < entries; from += 100) {
        read();
        yield Array.from({ length: 100 }, (_, at) => entryOf(from + at));
      }
    },
  };
}
