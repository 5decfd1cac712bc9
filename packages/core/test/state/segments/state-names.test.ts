import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { compareBytes, concatBytes, toHex } from "../../../src/bytes/compare.ts";
import { sealBytes } from "../../../src/bytes/sealed.ts";
import { ALL_KEYS, prefixRange } from "../../../src/state/key-range.ts";
import { operatorPrefix, statePrefix } from "../../../src/state/layout.ts";
import { decodeHandle, encodeHandle } from "../../../src/state/segments/handle-codec.ts";
import { EVERYTHING } from "../../../src/state/segments/scope.ts";
import { mayHaveWithin, NamesSeen } from "../../../src/state/segments/state-names.ts";
import { check } from "../../bytes/property.ts";

function keyOf(group: number, operator: string, state: string, rest: readonly number[] = []): Uint8Array {
  return concatBytes([operatorPrefix(group, operator, state), Uint8Array.from(rest)]);
}

function seen(keys: readonly Uint8Array[]): NamesSeen {
  const names = new NamesSeen();
  for (const key of keys.toSorted(compareBytes)) names.add(key);
  return names;
}

test("NamesSeen: each state is named once, whatever key groups and keys it is in", () => {
  const keys = [0, 1, 300].flatMap((group) => [
    keyOf(group, "sum", "value", [1]),
    keyOf(group, "sum", "value", [2]),
    keyOf(group, "sum", "$event-timers", [1]),
    keyOf(group, "sum of\u0000sums", "value", [1]),
  ]);
  assert.deepEqual(seen(keys).names?.toSorted(compareBytes), [
    statePrefix("sum", "$event-timers"),
    statePrefix("sum", "value"),
    statePrefix("sum of\u0000sums", "value"),
  ]);
});

test("NamesSeen: nothing is told of other kinds of keys, of too many states, and of names that are too long", () => {
  const good = keyOf(1, "sum", "value");
  for (const other of [[], [0], [0, 1], [0, 1, 2, 3], [0, 1, 0x50, 0x61], [0, 1, 0x50, 0x61, 0, 0x50, 0x62]]) {
    assert.equal(seen([good, Uint8Array.from(other)]).names, undefined, other.join());
  }
  const many = (count: number): readonly Uint8Array[] =>
    Array.from({ length: count }, (_, number) => keyOf(number % 3, "sum", `state ${number}`));
  assert.equal(seen(many(64)).names?.length, 64);
  assert.equal(seen(many(65)).names, undefined);
  assert.equal(seen([keyOf(1, "x".repeat(4_000), "value")]).names?.length, 1);
  assert.equal(seen([good, keyOf(1, "x".repeat(4_100), "value")]).names, undefined);
});

test("mayHaveWithin: a layer without an entry has none anywhere, and one that does not tell may have any", () => {
  assert.equal(mayHaveWithin([], ALL_KEYS), false);
  assert.equal(mayHaveWithin(undefined, prefixRange(operatorPrefix(1, "sum"))), true);
  assert.equal(mayHaveWithin([statePrefix("sum", "value")], ALL_KEYS), true);
});

test("mayHaveWithin: of one state in one key group it tells exactly", () => {
  const names = [statePrefix("sum", "value"), statePrefix("sum", "zeal")];
  const within = (operator: string, state?: string): boolean =>
    mayHaveWithin(names, prefixRange(operatorPrefix(7, operator, state)));
  for (const [operator, state] of [["sum"], ["sum", "value"], ["sum", "zeal"]] as const) {
    assert.equal(within(operator, state), true, `${operator} ${state}`);
  }
  const others = [
    ["su"],
    ["sum "],
    ["sun"],
    ["sum", "valu"],
    ["sum", "value "],
    ["sum", "$event-timers"],
    ["sum", "zz"],
  ];
  for (const [operator, state] of others) {
    assert.equal(within(operator as string, state), false, `${operator} ${state}`);
  }
});

test("mayHaveWithin: of a range over several key groups all of those between counts", () => {
  const names = [statePrefix("m", "value")];
  const within = (first: number, last: number): boolean =>
    mayHaveWithin(names, { from: keyOf(first, "z", "value"), to: keyOf(last, "a", "value") });
  assert.deepEqual([within(1, 1), within(1, 2), within(1, 3), within(255, 257)], [false, false, true, true]);
  assert.equal(mayHaveWithin(names, { from: keyOf(1, "a", "value"), to: keyOf(2, "a", "value") }), true);
  assert.equal(mayHaveWithin(names, { from: keyOf(1, "z", "value"), to: keyOf(2, "z", "value") }), true);
});

test("mayHaveWithin: a range that begins or ends amid a state has some of it, as where a scan goes on", () => {
  const names = [statePrefix("m", "value")];
  const amid = keyOf(1, "m", "value", [5]);
  const { from, to } = prefixRange(keyOf(1, "m", "value"));
  assert.equal(mayHaveWithin(names, { from: amid, to }), true);
  assert.equal(mayHaveWithin(names, { from, to: amid }), true);
  assert.equal(mayHaveWithin(names, { from: amid, to: keyOf(1, "m", "value", [6]) }), true);
  assert.equal(mayHaveWithin(names, { from: amid, to: keyOf(2, "a", "value") }), true);
  assert.equal(mayHaveWithin(names, { from: keyOf(0, "z", "value"), to: amid }), true);
  // Nothing of it.
  assert.equal(mayHaveWithin(names, { from: keyOf(1, "a", "value", [5]), to: from }), false);
  assert.equal(mayHaveWithin(names, { from: to, to: keyOf(1, "z", "value", [5]) }), false);
});

const TEXT = fc.constantFrom("", "a", "ab", "b", "\u0000", "\u0001a", "\uffff");
const KEY = fc
  .tuple(fc.constantFrom(0, 1, 2, 255, 256), TEXT, TEXT, fc.array(fc.constantFrom(0, 1, 0x50, 0xff), { maxLength: 3 }))
  .map(([group, operator, state, rest]) => keyOf(group, operator, state, rest));
const BOUND = fc.oneof(
  KEY,
  fc.tuple(KEY, fc.nat(12)).map(([key, length]) => key.subarray(0, length)),
  KEY.map((key) => prefixRange(key).to),
);

test("mayHaveWithin: no entry of a layer is missed by a reading of its range", () => {
  check(
    fc.property(fc.array(KEY, { maxLength: 12 }), BOUND, BOUND, fc.nat(24), (keys, drawn, to, at) => {
      const { names } = seen(keys);
      // As often as not it goes on behind a key that is there.
      const key = keys[at];
      const from = key === undefined ? drawn : concatBytes([key, Uint8Array.of(0)]);
      const isThere = keys.some((key) => compareBytes(from, key) <= 0 && compareBytes(key, to) < 0);
      assert.ok(!isThere || mayHaveWithin(names, { from, to }));
    }),
    2_000,
  );
});

test("encodeHandle: each state is written once, and layers count them from 0", () => {
  const [one, other] = [Uint8Array.of(0xaa, 0xab), Uint8Array.of(0xbb)];
  const layer = { epoch: 1, scope: EVERYTHING, segments: [] };
  const layers = [[other], undefined, [], [one, other]].map((states) => ({ ...layer, states }));
  const bytes = encodeHandle({ epoch: 2, scope: EVERYTHING, layers });
  const of = (...states: readonly string[]): string => `0000000000000001 00 ${states.join(" ")} 00`;
  const body = `0000000000000002 01 0000 7fff 00 02 01bb 02aaab 04 ${of("02 00")} ${of("00")} ${of("01")} ${of("03 01 00")}`;
  assert.equal(toHex(bytes.subarray(10, -4)), body.replaceAll(" ", ""));
  assert.deepEqual(
    decodeHandle(bytes).layers.map(({ states }) => states),
    layers.map(({ states }) => states),
  );
  const damaged = bytes.slice(10, -4);
  damaged[damaged.length - 2] = 2;
  assert.throws(() => decodeHandle(sealBytes("TMSH", 0, damaged)), { code: "STATE_CORRUPT", message: /state 2 of 2/ });
});
