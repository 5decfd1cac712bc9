/** How many keys a snapshot has, counted while its entries go by. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { KeyTally } from "../../src/savepoints/key-tally.ts";
import { EVENT_TIMERS } from "../../src/state/entry-codec.ts";
import { encodeKey, type Key } from "../../src/state/key-codec.ts";
import { check } from "../bytes/property.ts";
import { hexOf } from "../checkpoint/hex.ts";

interface Place {
  readonly keyGroup: number;
  readonly operatorId: string;
  readonly state: string;
  readonly key: Key;
}

const GROUPS = 3;
const OPERATORS = ["joins", "sums"];
const STATES = [EVENT_TIMERS, "left", "right"];

const keys = fc.oneof(fc.nat(4), fc.constantFrom("a", "b"), fc.tuple(fc.constantFrom("a", "b"), fc.nat(2)));

const places = fc.array(
  fc.record({
    keyGroup: fc.nat(GROUPS - 1),
    operatorId: fc.constantFrom(...OPERATORS),
    state: fc.constantFrom(...STATES),
    key: keys,
  }),
  { maxLength: 60 },
);

/** As snapshots have them, but that timers stand in any order. */
function inOrder(found: readonly Place[]): readonly Place[] {
  const rank = ({ keyGroup, operatorId, state, key }: Place): string =>
    `${keyGroup} ${operatorId} ${state} ${state === EVENT_TIMERS ? "" : hexOf(encodeKey(key))}`;
  return found.toSorted((a, b) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b))));
}

function tallied(found: readonly Place[], keysMax?: number): KeyTally {
  const tally = new KeyTally(keysMax);
  for (const place of inOrder(found)) tally.add(place);
  return tally;
}

function distinct(found: readonly Place[]): number {
  return new Set(found.map(({ keyGroup, key }) => `${keyGroup} ${hexOf(encodeKey(key))}`)).size;
}

describe("KeyTally", () => {
  it("counts what a set of all keys counts, by state and by operator", () => {
    check(
      fc.property(places, (found) => {
        const tally = tallied(found);
        for (const operatorId of OPERATORS) {
          const ofOperator = found.filter((place) => place.operatorId === operatorId);
          assert.equal(tally.keysOfOperator(operatorId), distinct(ofOperator));
          for (const state of ["left", "right"]) {
            assert.equal(
              tally.keysOfState(operatorId, state),
              distinct(ofOperator.filter((place) => place.state === state)),
            );
          }
        }
      }),
    );
  });

  it("remembers no more keys of a group than it may, and then counts those of the greatest state", () => {
    const entries = (state: string, count: number, from: number): readonly Place[] =>
      Array.from({ length: count }, (_, at) => ({ keyGroup: 0, operatorId: "joins", state, key: from + at }));
    const found = [...entries("left", 7, 0), ...entries("right", 3, 100)];
    const other = { keyGroup: 1, operatorId: "joins", state: "left", key: "a" };
    assert.equal(tallied([...found, other]).keysOfOperator("joins"), 11);
    assert.equal(tallied([...found, other], 5).keysOfOperator("joins"), 8);
    assert.equal(tallied([...found, other], 9).keysOfOperator("joins"), 10);
    assert.equal(tallied(found, 5).keysOfState("joins", "right"), 3);
  });
});
