/** Whatever is asked for of a snapshot, or of the difference of two, is what one finds by looking at everything. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { diff, type EntryFilter, type Snapshot } from "@tidemark/core/savepoints";

import { compareBytes } from "../../src/bytes/compare.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import type { EntryChange } from "../../src/savepoints/diff.ts";
import { snapshotOf } from "../../src/savepoints/snapshot.ts";
import {
  type EntryAddress,
  encodeEntryAddress,
  encodeEntryValue,
  EVENT_TIMERS,
  PROCESSING_TIMERS,
  WINDOW_STATE,
} from "../../src/state/entry-codec.ts";
import { keyGroupOf } from "../../src/state/key-groups.ts";
import { GOLDEN_FACTS, goldenImage } from "./golden-image.ts";
import { all } from "./shop-job.ts";

/** So few that each has keys, the first and the last too. */
const KEY_GROUPS = 3;
const KEYS = ["a", "ab", "b", 1, 2, 3, 4];
const OPERATORS = ["first", "second"];
const STATES = ["plain", "map", EVENT_TIMERS, PROCESSING_TIMERS, WINDOW_STATE];

/** A snapshot with an entry of each key in each state; `valueOf` leaves out those for which it gives `undefined`. */
function snapshotWith(valueOf: (place: EntryAddress) => unknown): Snapshot {
  const writer = new ByteWriter();
  const entries = OPERATORS.flatMap((operatorId) =>
    STATES.flatMap((state) =>
      KEYS.flatMap((key, at) => {
        const isWindow = state === WINDOW_STATE;
        const place: EntryAddress = {
          keyGroup: keyGroupOf(key, KEY_GROUPS),
          operatorId,
          state,
          key,
          namespace: isWindow ? [at * 10, at * 10 + 10] : null,
          subkey: state === "plain" || isWindow ? undefined : 100 - at,
        };
        const value = valueOf(place);
        if (value === undefined) return [];
        return [{ key: encodeEntryAddress(writer, place), value: encodeEntryValue(writer, value, 0) }];
      }),
    ),
  ).toSorted((one, other) => compareBytes(one.key, other.key));
  return snapshotOf({
    ...goldenImage(),
    facts: { ...GOLDEN_FACTS, keyGroups: KEY_GROUPS },
    async *scan({ from, to }) {
      yield entries.filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0);
    },
  });
}

type Place = Pick<EntryAddress, "keyGroup" | "key" | "state"> & { readonly operator: string };

const FILTERS: readonly EntryFilter[] = [undefined, ...OPERATORS, "neither"].flatMap((operator) =>
  [undefined, ...(operator === undefined ? [] : [...STATES, "none"])].flatMap((state) =>
    [undefined, ...KEYS, "c"].flatMap((key) =>
      [undefined, [0, 0], [2, 2], [1, 2], [0, 9]].map((groups): EntryFilter => ({
        ...(operator === undefined ? {} : { operator }),
        ...(state === undefined ? {} : { state }),
        ...(key === undefined ? {} : { key }),
        ...(groups === undefined ? {} : { keyGroups: { first: groups[0] as number, last: groups[1] as number } }),
      })),
    ),
  ),
);

const isMeant = (filter: EntryFilter, { operator, state, key, keyGroup }: Place): boolean =>
  (filter.operator ?? operator) === operator &&
  (filter.state ?? state) === state &&
  (filter.key ?? key) === key &&
  keyGroup >= (filter.keyGroups?.first ?? 0) &&
  keyGroup <= (filter.keyGroups?.last ?? KEY_GROUPS);

const labelOf = ({ keyGroup, operator, state, key }: Place): string =>
  `${keyGroup} ${operator} ${state} ${String(key)}`;

test("entries and timers: a filter finds what is found by looking at everything (SPA-01)", async () => {
  const snapshot = snapshotWith(() => 1);
  const entries = await all(snapshot.entries());
  const timers = await all(snapshot.timers());
  assert.equal(entries.length, OPERATORS.length * 3 * KEYS.length);
  assert.equal(timers.length, OPERATORS.length * 2 * KEYS.length);
  assert.equal(new Set(entries.map(({ keyGroup }) => keyGroup)).size, KEY_GROUPS);
  for (const filter of FILTERS) {
    const { state, ...ofTimers } = filter;
    assert.deepEqual(
      (await all(snapshot.entries(filter))).map(labelOf),
      entries.filter((entry) => isMeant(filter, entry)).map(labelOf),
      JSON.stringify(filter),
    );
    if (state !== undefined) continue;
    for (const clock of ["event", "processing"] as const) {
      assert.deepEqual(
        (await all(snapshot.timers({ ...ofTimers, clock }))).map(labelOf),
        timers.filter((timer) => timer.clock === clock && isMeant(ofTimers, timer)).map(labelOf),
        JSON.stringify(filter),
      );
    }
  }
});

test("diff: a filter finds the changes that are found by looking at everything (SPA-01)", async () => {
  const half = ({ key }: EntryAddress, least: number): number | undefined =>
    KEYS.indexOf(key as string) >= least ? least : undefined;
  const changes = diff(
    snapshotWith((place) => (place.key === "a" || place.key === "b" ? 1 : half(place, 3))),
    snapshotWith((place) => (place.key === "b" ? 1 : half(place, 1))),
  );
  const placeOf = (change: EntryChange): Place => (change.kind === "removed" ? change.before : change.after);
  const told = (change: EntryChange): string => `${change.kind} ${labelOf(placeOf(change))}`;
  const everything = await all(changes.entries());
  assert.deepEqual([...new Set(everything.map(({ kind }) => kind))].toSorted(), ["added", "changed", "removed"]);
  for (const filter of FILTERS) {
    assert.deepEqual(
      (await all(changes.entries(filter))).map(told),
      everything.filter((change) => isMeant(filter, placeOf(change))).map(told),
      JSON.stringify(filter),
    );
  }
});
