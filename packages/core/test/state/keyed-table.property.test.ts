import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { mapState } from "../../src/state/kinds/map.ts";
import { valueState } from "../../src/state/kinds/value.ts";
import type { FrozenTable } from "../../src/state/frozen-table.ts";
import { bindHandles, slotsOf } from "../../src/state/handles.ts";
import { KeyContext } from "../../src/state/key-context.ts";
import type { Key } from "../../src/state/key-codec.ts";
import type { KeyedTable } from "../../src/state/keyed-table.ts";
import { check } from "../bytes/property.ts";
import { addressOf, tableOf, TableStore } from "./table-store.ts";

const KEYS: readonly Key[] = ["a", "b", 1, "1", ["a", 1], [["a"], 1n]];
const SUBKEYS: readonly Key[] = ["x", 7, ["x", 7]];

/** What user code does to the state of its key. `mutate` changes in place what it was given, then writes it back. */
type Use =
  | { readonly does: "update" | "mutate" | "look" | "clear" }
  | { readonly does: "set" | "mutateEntry" | "delete"; readonly subkey: number }
  | { readonly does: "clearMap" | "lookAtAll" };

type Step =
  /** One call of user code for a key. */
  | { readonly kind: "call"; readonly key: number; readonly uses: readonly Use[] }
  | { readonly kind: "freeze" }
  | { readonly kind: "drain"; readonly limit: number };

const use: fc.Arbitrary<Use> = fc.oneof(
  fc.record({ does: fc.constantFrom("update" as const, "mutate" as const, "look" as const, "clear" as const) }),
  fc.record({
    does: fc.constantFrom("set" as const, "mutateEntry" as const, "delete" as const),
    subkey: fc.nat(SUBKEYS.length - 1),
  }),
  fc.record({ does: fc.constantFrom("clearMap" as const, "lookAtAll" as const) }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      key: fc.nat(KEYS.length - 1),
      uses: fc.array(use, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("freeze" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("drain" as const), limit: fc.integer({ min: 1, max: 5 }) }) },
);

const DESCRIPTORS = { value: valueState<string[] | undefined>(undefined), map: mapState<Key, string[]>() };

/** A table under user code, and beside it what its state must be: addresses and values, copied at each freeze. */
class Subject {
  readonly table: KeyedTable = tableOf(slotsOf(DESCRIPTORS));
  readonly store = new TableStore();
  readonly model = new Map<string, string>();
  readonly frozen: { readonly table: FrozenTable; readonly expected: ReadonlyMap<string, string> }[] = [];
  readonly #context = new KeyContext("op");
  readonly #state = bindHandles(DESCRIPTORS, this.table, this.#context);
  #count = 0;

  call(key: Key, uses: readonly Use[]): void {
    const row = this.table.row(this.table.space(null), key);
    this.table.hold(row);
    this.#context.row = row;
    for (const each of uses) this.#use(key, each);
    this.table.hold(undefined);
    this.#context.row = undefined;
  }

  freeze(): void {
    this.frozen.push({ table: this.table.freeze(), expected: new Map(this.model) });
  }

  /** Takes one slice of the oldest snapshot; after its last one the store must hold what the model held at the freeze. */
  drain(limit: number): void {
    const [oldest] = this.frozen;
    if (oldest === undefined || !this.store.takeSome(oldest.table, limit)) return;
    this.frozen.shift();
    assert.deepEqual(shown(this.store.contents()), sorted(oldest.expected));
  }

  /** What user code sees now must be what the model holds now. */
  compare(): void {
    const seen = new Map<string, string>();
    for (const key of KEYS) {
      this.#context.row = this.table.row(this.table.space(null), key);
      const value = this.#state.value.get();
      if (value !== undefined) seen.set(addressOf("value", key), JSON.stringify(value));
      for (const [subkey, entry] of this.#state.map.entries()) {
        seen.set(addressOf("map", key, null, subkey), JSON.stringify(entry));
      }
    }
    assert.deepEqual(sorted(seen), sorted(this.model));
  }

  #use(key: Key, each: Use): void {
    const { value, map } = this.#state;
    const fresh = `${this.#count++}`;
    const address = addressOf("value", key);
    switch (each.does) {
      case "look":
        assert.equal(JSON.stringify(value.get()), this.model.get(address));
        return;
      case "update":
        value.update([fresh]);
        this.model.set(address, JSON.stringify([fresh]));
        return;
      case "mutate": {
        const items = (value.get() ?? []) as string[];
        items.push(fresh);
        value.update(items);
        this.model.set(address, JSON.stringify(items));
        return;
      }
      case "clear":
        value.clear();
        this.model.delete(address);
        return;
      case "clearMap":
        map.clear();
        for (const subkey of SUBKEYS) this.model.delete(addressOf("map", key, null, subkey));
        return;
      case "lookAtAll":
        for (const [subkey, items] of map.entries()) {
          assert.equal(JSON.stringify(items), this.model.get(addressOf("map", key, null, subkey)));
        }
        return;
      default:
        this.#useEntry(key, SUBKEYS[each.subkey] as Key, each.does, fresh);
    }
  }

  #useEntry(key: Key, subkey: Key, does: "set" | "mutateEntry" | "delete", fresh: string): void {
    const { map } = this.#state;
    const address = addressOf("map", key, null, subkey);
    assert.equal(map.has(subkey), this.model.has(address));
    if (does === "delete") {
      map.delete(subkey);
      this.model.delete(address);
      return;
    }
    const items = does === "set" ? [] : ((map.get(subkey) ?? []) as string[]);
    items.push(fresh);
    map.set(subkey, items);
    this.model.set(address, JSON.stringify(items));
  }
}

function sorted(entries: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
}

function shown(contents: ReadonlyMap<string, unknown>): readonly (readonly [string, string])[] {
  return sorted(new Map([...contents].map(([address, value]) => [address, JSON.stringify(value)])));
}

describe("KeyedTable, under random use, freezes and slices", () => {
  it("stores at each drain exactly what it held at that freeze, and restores it", () => {
    let drained = 0;
    check(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const subject = new Subject();
        for (const each of steps) {
          if (each.kind === "call") subject.call(KEYS[each.key] as Key, each.uses);
          else if (each.kind === "freeze") subject.freeze();
          else subject.drain(each.limit);
        }
        subject.compare();
        subject.freeze();
        drained += subject.frozen.length;
        while (subject.frozen.length > 0) subject.drain(3);
        const again = subject.store.restored();
        const rewritten = new TableStore();
        rewritten.drain(again.freeze());
        assert.equal(rewritten.entries.size, 0, "a restored table has no changes");
        let rows = 0;
        for (const row of again.space(null).rows()) rows += row.cells.filter((cell) => cell !== undefined).length;
        const values = [...subject.model.keys()].filter((address) => address.startsWith("value")).length;
        assert.equal(rows, values);
      }),
    );
    assert.ok(drained > 0);
  });
});
