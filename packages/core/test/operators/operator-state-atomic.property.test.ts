/** A call that throws between any writes to operator state is as if it had never been made. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";

import {
  broadcastProcess,
  broadcastState,
  keyedBroadcastProcess,
  splitListState,
  unionListState,
  valueState,
} from "@tidemark/core/state";

import type { OperatorFactory } from "../../src/operators/operator.ts";
import { check } from "../bytes/property.ts";
import { assertAbsent, type Between, poisonOf, runBetween, without } from "./atomic-runs.ts";
import type { Call } from "./harness.ts";

const KINDS = ["add", "add all", "update", "clear list", "note", "set", "delete", "clear map", "emit"] as const;

interface Item {
  readonly acts: readonly (readonly [kind: (typeof KINDS)[number], on: number])[];
  /** Before which act it throws; more than there are: not at all. */
  readonly throwsAt: number;
}

/** The handles that any of the steps gives; what it does not give is passed over. */
interface Handles {
  readonly list?: { get(): readonly number[]; add(n: number): void; addAll(n: readonly number[]): void } & Writable;
  readonly noted?: { get(): readonly number[]; add(n: number): void };
  readonly map?: { entries(): Iterable<readonly [number, number]> } & Partial<Settable>;
}
interface Writable {
  update(n: readonly number[]): void;
  clear(): void;
}
interface Settable {
  clear(): void;
  set(key: number, n: number): void;
  delete(key: number): void;
}

/** All that can be seen; a map promises no order. */
function seenOf({ list, noted, map }: Handles): string {
  const entries = [...(map?.entries() ?? [])].toSorted(([one], [other]) => one - other);
  return `${list?.get().join()}|${noted?.get().join()}|${entries.join()}`;
}

/** Does the acts of an item, and emits all that can be seen. A copy that can only be read is read. */
function play({ acts, throwsAt }: Item, handles: Handles, writes: boolean, emit: (seen: string) => void): void {
  const { list, noted, map } = handles;
  acts.forEach(([kind, on], index) => {
    if (index === throwsAt) throw new Error("poison");
    if (kind === "add") list?.add(on);
    if (kind === "add all") list?.addAll([on, on + 1]);
    if (kind === "update") list?.update(list.get().filter((n) => n !== on));
    if (kind === "clear list") list?.clear();
    if (kind === "note") noted?.add(on);
    if (kind === "set" && writes) map?.set?.(on, index);
    if (kind === "delete" && writes) map?.delete?.(on);
    if (kind === "clear map" && writes) map?.clear?.();
    if (kind === "emit") emit(seenOf(handles));
  });
  if (throwsAt === acts.length) throw new Error("poison");
}

const plain: OperatorFactory = broadcastProcess({
  state: { list: splitListState<number>(), noted: unionListState<number>(), map: broadcastState<number, number>() },
  onRecord: (item: Item, context) => play(item, context.state, false, (seen) => context.emit(seen as never)),
  onBroadcast: (item: Item, context) => play(item, context.state, true, (seen) => context.emit(seen as never)),
}).plan("p").create;

const keyed: OperatorFactory = keyedBroadcastProcess({
  state: { count: valueState(0), map: broadcastState<number, number>() },
  onRecord: (item: Item, context) => {
    context.state.count.update(context.state.count.get() + 1);
    play(item, context.state, false, (seen) => context.emit(`${context.state.count.get()} ${seen}` as never));
  },
  onBroadcast: (item: Item, context) => play(item, context.state, true, (seen) => context.emit(seen as never)),
}).plan("p", (item) => (item as Item).acts.length).create;

const isPoison = (value: unknown): boolean => (value as Item).throwsAt <= (value as Item).acts.length;

const item: fc.Arbitrary<Item> = fc.record(
  {
    acts: fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(3)), { maxLength: 6 }),
    throwsAt: fc.oneof(fc.constant(99), fc.nat(6)),
  },
  { noNullPrototype: true },
);
const calls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc
    .tuple(fc.nat(1), fc.array(item, { minLength: 1, maxLength: 5 }))
    .map(([input, items]): Call => ({ kind: "batch", input, records: items.map((each, at) => [each, at]) })),
  { minLength: 1, maxLength: 5 },
);
const betweens = fc.array(fc.constantFrom<Between[]>("nothing", "restore", "freeze"), { minLength: 5, maxLength: 5 });

describe("a call that throws, of operator state", () => {
  for (const [name, factory] of [
    ["broadcastProcess", plain],
    ["keyedBroadcastProcess", keyed],
  ] as const) {
    it(`${name}: leaves nothing but its dead letter, through restores and frozen snapshots`, () => {
      check(
        fc.property(calls, betweens, (all, between) => {
          const found = runBetween(factory, all, between, {});
          assertAbsent(found, runBetween(factory, without(all, isPoison), between, {}));
          assert.deepEqual(
            found.letters.map(({ record, call }) => [record, call.startsWith("on")]),
            poisonOf(all, isPoison).map((record) => [record, true]),
          );
        }),
        100,
      );
    });
  }
});
