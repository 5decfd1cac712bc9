/** What layers say of their states changes nothing but what is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { compareBytes, concatBytes, toHex } from "../../../src/bytes/compare.ts";
import type { KeyRange, StateEntry } from "../../../src/state/backend.ts";
import { ALL_KEYS, prefixRange } from "../../../src/state/key-range.ts";
import { operatorPrefix } from "../../../src/state/layout.ts";
import { decodeHandle } from "../../../src/state/segments/handle-codec.ts";
import type { SegmentStore } from "../../../src/state/segments/store.ts";
import { checkAsync } from "../../bytes/property.ts";
import { checkpoint, CountingMedium, type Opened } from "./segment-medium.ts";

/** So small that every few writes spill, cut, pack and fold. */
const SMALL = { blockBytes: 64, segmentBytes: 256, inlineBytes: 48, packBytes: 1_024, spillBytes: 256, chainMax: 4 };

const OPERATORS = ["a", "ab", "b"];
const STATES = ["$event-timers", "value", "value of it", "\u0000"];

interface Address {
  readonly group: number;
  readonly operator: number;
  readonly state: number;
  readonly rest: number;
}

const ADDRESS: fc.Arbitrary<Address> = fc.record({
  group: fc.nat(3),
  operator: fc.nat(OPERATORS.length - 1),
  state: fc.nat(STATES.length - 1),
  rest: fc.nat(20),
});

/** How much of an address a range is of: a key group, an operator in it, one of its states. */
const DEPTH = fc.nat(2);

type Step =
  | { readonly kind: "write"; readonly puts: readonly Address[]; readonly deletes: readonly Address[] }
  | { readonly kind: "deleteRange"; readonly at: Address; readonly depth: number }
  | { readonly kind: "seal" | "fold" | "reopen" }
  | { readonly kind: "look"; readonly at: Address; readonly to: Address; readonly depth: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      puts: fc.array(ADDRESS, { maxLength: 8 }),
      deletes: fc.array(ADDRESS, { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("deleteRange" as const), at: ADDRESS, depth: DEPTH }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("seal" as const, "fold" as const, "reopen" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("look" as const), at: ADDRESS, to: ADDRESS, depth: fc.nat(3) }),
  },
);

function keyOf({ group, operator, state, rest }: Address): Uint8Array {
  return concatBytes([operatorPrefix(group, OPERATORS[operator] as string, STATES[state]), Uint8Array.of(rest)]);
}

function rangeOf({ group, operator, state }: Address, depth: number): KeyRange {
  if (depth === 0) return prefixRange(Uint8Array.of(0, group));
  return prefixRange(operatorPrefix(group, OPERATORS[operator] as string, depth === 1 ? undefined : STATES[state]));
}

/** A store, and what should be in it. */
class Checked {
  readonly medium = new CountingMedium();
  readonly #model = new Map<string, StateEntry>();
  #opened: Opened;
  #epoch = 1;
  #values = 0;

  constructor(opened: Opened) {
    this.#opened = opened;
  }

  static async begin(medium: CountingMedium): Promise<Checked> {
    return new Checked(await medium.open(0, undefined, SMALL));
  }

  async step(step: Step, medium: CountingMedium): Promise<void> {
    const { store } = this.#opened;
    switch (step.kind) {
      case "write":
        return this.#write(step.puts, step.deletes);
      case "deleteRange": {
        const range = rangeOf(step.at, step.depth);
        for (const [name, { key }] of this.#model) if (isWithin(key, range)) this.#model.delete(name);
        return store.write(this.#epoch, { puts: [], deletes: [], rangeDeletes: [range] });
      }
      case "seal":
        return void (await this.#seal());
      case "fold":
        return (store as SegmentStore).folded();
      case "reopen": {
        const handle = await this.#seal();
        this.#opened = await medium.open(this.#epoch - 1, handle, SMALL);
        return;
      }
      case "look":
        if (step.depth < 3) await this.look(rangeOf(step.at, step.depth));
        else {
          await this.look({ from: keyOf(step.at), to: keyOf(step.to) });
          await this.look({ from: keyOf(step.at), to: rangeOf(step.at, 2).to });
        }
    }
  }

  /** Whether a scan of a range shows what should be there, and so does a read of each key. */
  async look(range: KeyRange): Promise<void> {
    const { store } = this.#opened;
    const wanted = [...this.#model.values()]
      .filter(({ key }) => isWithin(key, range))
      .toSorted((one, other) => compareBytes(one.key, other.key));
    const found: StateEntry[] = [];
    for await (const slice of store.scan(range)) found.push(...slice);
    assert.deepEqual(found.map(lineOf), wanted.map(lineOf));
    const values = await store.read(wanted.map(({ key }) => key));
    assert.deepEqual(
      values,
      wanted.map(({ value }) => value),
    );
  }

  async #write(puts: readonly Address[], deletes: readonly Address[]): Promise<void> {
    const entries = new Map<string, StateEntry>();
    for (const address of puts) {
      const key = keyOf(address);
      entries.set(toHex(key), { key, value: new Uint8Array(30).fill(++this.#values) });
    }
    const gone = new Map(deletes.map((address) => [toHex(keyOf(address)), keyOf(address)]));
    for (const name of entries.keys()) gone.delete(name);
    for (const [name, entry] of entries) this.#model.set(name, entry);
    for (const name of gone.keys()) this.#model.delete(name);
    const changes = { puts: [...entries.values()], deletes: [...gone.values()], rangeDeletes: [] };
    await this.#opened.store.write(this.#epoch, changes);
  }

  async #seal(): Promise<Uint8Array> {
    return checkpoint(this.#opened, this.#epoch++);
  }
}

function isWithin(key: Uint8Array, { from, to }: KeyRange): boolean {
  return compareBytes(from, key) <= 0 && compareBytes(key, to) < 0;
}

function lineOf({ key, value }: StateEntry): string {
  return `${toHex(key)} ${value[0]}`;
}

test("SegmentStore: scans and reads find all there is, whatever layers say of their states", async () => {
  await checkAsync(
    fc.asyncProperty(fc.array(STEP, { minLength: 10, maxLength: 60 }), async (steps) => {
      const medium = new CountingMedium();
      const checked = await Checked.begin(medium);
      for (const step of steps) await checked.step(step, medium);
      await checked.look(ALL_KEYS);
    }),
    150,
  );
});

test("SegmentStore.scan: a layer that has nothing of a state is not read for it, but hides what it has deleted as a range", async () => {
  const medium = new CountingMedium();
  const opened = await medium.open(0, undefined, { inlineBytes: 0 });
  const value = new Uint8Array(50);
  const addresses = (state: number, count: number): readonly Address[] =>
    Array.from({ length: count }, (_, rest) => ({ group: rest % 4, operator: 0, state, rest }));
  const putsOf = (state: number, count: number): readonly StateEntry[] =>
    addresses(state, count).map((address) => ({ key: keyOf(address), value }));
  const timers = (group: number): KeyRange => rangeOf({ group, operator: 0, state: 0, rest: 0 }, 2);
  await opened.store.write(1, { puts: [...putsOf(0, 80), ...putsOf(1, 240)], deletes: [], rangeDeletes: [] });
  await checkpoint(opened, 1);
  // Of other states alone, and less each time, so that nothing is folded.
  await opened.store.write(2, { puts: putsOf(1, 120), deletes: [], rangeDeletes: [timers(2)] });
  await checkpoint(opened, 2);
  await opened.store.write(3, { puts: putsOf(2, 40), deletes: [], rangeDeletes: [] });
  const handle = await checkpoint(opened, 3);
  assert.deepEqual(
    decodeHandle(handle).layers.map(({ states }) => states?.length),
    [2, 1, 1],
  );
  const { store } = await medium.open(3, handle, { cacheBytes: 0 });
  const scanned = async (range: KeyRange): Promise<readonly [entries: number, gets: number]> => {
    medium.gets = 0;
    let entries = 0;
    for await (const slice of store.scan(range)) entries += slice.length;
    return [entries, medium.gets];
  };
  assert.deepEqual(await scanned(timers(1)), [20, 1]);
  assert.deepEqual(await scanned(timers(2)), [0, 1]);
  // A state that no layer has.
  assert.deepEqual(await scanned(rangeOf({ group: 1, operator: 0, state: 3, rest: 0 }, 2)), [0, 0]);
  assert.deepEqual(await scanned(rangeOf({ group: 1, operator: 2, state: 0, rest: 0 }, 1)), [0, 0]);
  assert.deepEqual(await scanned(rangeOf({ group: 1, operator: 0, state: 2, rest: 0 }, 2)), [10, 1]);
});
