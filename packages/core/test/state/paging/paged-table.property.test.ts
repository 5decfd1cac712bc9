import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type MapState, mapState } from "../../../src/state/kinds/map.ts";
import { type ValueState, valueState } from "../../../src/state/kinds/value.ts";
import type { StateEntry } from "../../../src/state/backend.ts";
import { bindHandles, slotsOf } from "../../../src/state/handles.ts";
import type { Key } from "../../../src/state/key-codec.ts";
import { KeyContext } from "../../../src/state/key-context.ts";
import type { KeyedTable } from "../../../src/state/keyed-table.ts";
import { StateMemory } from "../../../src/state/paging/state-memory.ts";
import { TimerQueue } from "../../../src/time/timer-queue.ts";
import { checkAsync } from "../../bytes/property.ts";
import { addressOf } from "../table-store.ts";
import { PagedStore, pagedTable, throughMisses } from "./paged-store.ts";
import { popTimer } from "../../time/pop-timer.ts";
import { TimerHorizon } from "../../../src/time/timer-horizon.ts";

const KEYS: readonly Key[] = ["a", "b", 1, ["a", 1]];
const SUBKEYS = 100;

/** What user code does to the state of its key. `mutate` changes in place what it was given, then writes it back. */
type Use =
  | { readonly does: "update" | "mutate" | "look" | "clear" | "clearMap" | "lookAtAll" }
  | { readonly does: "set" | "setMany" | "mutateEntry" | "delete"; readonly subkey: number };

type Step =
  | { readonly kind: "call"; readonly key: number; readonly uses: readonly Use[]; readonly fails: boolean }
  | { readonly kind: "freeze" | "spill" | "restart" | "reload" | "rollback" }
  | { readonly kind: "write"; readonly limit: number }
  | { readonly kind: "evict" | "leave"; readonly bits: number }
  | { readonly kind: "evictBytes"; readonly bytes: number };

const use: fc.Arbitrary<Use> = fc.oneof(
  fc.record({ does: fc.constantFrom("update" as const, "mutate" as const, "look" as const, "clear" as const) }),
  fc.record({
    does: fc.constantFrom("set" as const, "setMany" as const, "mutateEntry" as const, "delete" as const),
    subkey: fc.nat(SUBKEYS - 1),
  }),
  fc.record({ does: fc.constantFrom("clearMap" as const, "lookAtAll" as const, "lookAtAll" as const) }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("call" as const),
      key: fc.nat(KEYS.length - 1),
      uses: fc.array(use, { minLength: 1, maxLength: 4 }),
      fails: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("freeze" as const, "spill" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "reload" as const, "rollback" as const) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), limit: fc.integer({ min: 1, max: 50 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("evict" as const, "leave" as const), bits: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("evictBytes" as const), bytes: fc.nat(20_000) }) },
);

const DESCRIPTORS = { value: valueState<string[] | undefined>(undefined), map: mapState<number, string[]>() };

/** A paged table under user code, and beside it what its state must be. */
class Subject {
  readonly store: PagedStore;
  table!: KeyedTable;
  model = new Map<string, string>();
  misses = 0;
  looksSaved = 0;
  /** What the store held when it had last taken all that was frozen for a checkpoint. */
  #durable: { readonly entries: readonly StateEntry[]; readonly model: Map<string, string> } = {
    entries: [],
    model: new Map(),
  };
  #context = new KeyContext("op");
  #value!: ValueState<string[] | undefined>;
  #map!: MapState<number, string[]>;
  #count = 0;

  constructor(readsAtOnce: boolean) {
    this.store = new PagedStore(readsAtOnce);
    this.#open("empty");
  }

  /** @param begins with nothing, with all entries read from the store, or with none of those it has. */
  #open(begins: "empty" | "loaded" | "partly"): void {
    this.#endTable();
    const { table, pager } = pagedTable(this.store, slotsOf(DESCRIPTORS));
    if (begins === "loaded") for (const entry of this.#entries()) table.restore(entry);
    pager.isComplete = begins !== "partly";
    this.table = table;
    this.#context = new KeyContext("op");
    const state = bindHandles(DESCRIPTORS, table, this.#context);
    this.#value = state.value as unknown as ValueState<string[] | undefined>;
    this.#map = state.map as unknown as MapState<number, string[]>;
  }

  #endTable(): void {
    // There is none before the first.
    const table: KeyedTable | undefined = this.table;
    this.looksSaved += table?.pager?.looks.saved ?? 0;
  }

  #entries(): readonly StateEntry[] {
    const entries: StateEntry[] = [];
    this.store.entries.walk(new Uint8Array(0), false, (key, value) => {
      entries.push({ key, value });
      return true;
    });
    return entries;
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case "call":
        return this.#call(KEYS[step.key] as Key, step.uses, step.fails);
      case "freeze":
        return this.#freeze();
      case "spill":
        this.table.balance();
        return this.table.pager?.spill();
      case "write":
        return this.store.writeSome(step.limit);
      case "leave":
        this.#freeze();
        this.store.writeAll();
        return this.run({ kind: "evict", bits: step.bits });
      case "evict": {
        let bits = step.bits;
        this.table.balance();
        return this.table.pager?.evictSome(() => {
          bits = (Math.imul(bits, 1_103_515_245) + 12_345) >>> 0;
          return (bits & 0x10000) !== 0;
        });
      }
      case "evictBytes":
        this.table.balance();
        this.table.pager?.evict(step.bytes);
        return;
      case "restart":
      case "reload":
        this.#freeze();
        this.store.writeAll();
        return this.#open(step.kind === "restart" ? "partly" : "loaded");
      case "rollback":
        this.store.frozen.length = 0;
        for (const { key } of this.#entries()) this.store.entries.delete(key);
        for (const { key, value } of this.#durable.entries) this.store.entries.set(key, value);
        this.model = new Map(this.#durable.model);
        return this.#open("loaded");
    }
  }

  /** When what is frozen now has been written, the store must hold what the model holds now. */
  #freeze(): void {
    const expected = new Map(this.model);
    // What was spilled later may be written only after this.
    this.store.freeze(this.table, () => {
      assert.deepEqual(sorted(this.#stored()), sorted(expected));
      this.#durable = { entries: this.#entries(), model: expected };
    });
  }

  #stored(): ReadonlyMap<string, string> {
    const { table } = pagedTable(this.store, slotsOf(DESCRIPTORS));
    const found = new Map<string, string>();
    for (const entry of this.#entries()) {
      const cell = table.restore(entry)!;
      const state = cell.subkey === undefined ? "value" : "map";
      found.set(addressOf(state, cell.row.key, null, cell.subkey), JSON.stringify(cell.value));
    }
    return found;
  }

  async compare(): Promise<void> {
    for (const key of KEYS) await this.#call(key, [{ does: "look" }, { does: "lookAtAll" }], false);
  }

  /** A call that fails in the end leaves nothing behind. */
  async #call(key: Key, uses: readonly Use[], fails: boolean): Promise<void> {
    const before = this.model;
    const act = (): void => {
      this.model = new Map(before);
      const row = this.table.row(this.table.space(null), key);
      this.table.hold(row);
      this.#context.row = row;
      for (const each of uses) this.#use(key, each);
      if (!fails) return;
      this.model = before;
      this.table.journal.undo();
    };
    this.misses += await throughMisses(this.table, act, () => {
      this.model = before;
    });
    this.#context.row = undefined;
  }

  #use(key: Key, each: Use): void {
    const fresh = `${this.#count++}`;
    const address = addressOf("value", key);
    switch (each.does) {
      case "look":
        assert.equal(JSON.stringify(this.#value.get()), this.model.get(address));
        return;
      case "update":
        this.#value.update([fresh]);
        this.model.set(address, JSON.stringify([fresh]));
        return;
      case "mutate": {
        const items = (this.#value.get() ?? []) as string[];
        items.push(fresh);
        this.#value.update(items);
        this.model.set(address, JSON.stringify(items));
        return;
      }
      case "clear":
        this.#value.clear();
        this.model.delete(address);
        return;
      case "clearMap":
        this.#map.clear();
        for (let subkey = 0; subkey < SUBKEYS; subkey++) this.model.delete(addressOf("map", key, null, subkey));
        return;
      case "lookAtAll": {
        const seen = new Map<string, string>();
        for (const [subkey, items] of this.#map.entries()) {
          const entry = addressOf("map", key, null, subkey);
          assert.ok(!seen.has(entry), `${entry} is listed twice`);
          seen.set(entry, JSON.stringify(items));
        }
        const own = [...this.model].filter(([entry]) => entry.startsWith(addressOf("map", key)));
        assert.deepEqual(sorted(seen), sorted(new Map(own)));
        return;
      }
      case "setMany":
        for (let subkey = each.subkey; subkey < SUBKEYS; subkey++) this.#set(key, subkey, [fresh]);
        return;
      case "set":
        return this.#set(key, each.subkey, [fresh]);
      case "mutateEntry": {
        const items = (this.#map.get(each.subkey) ?? []) as string[];
        items.push(fresh);
        return this.#set(key, each.subkey, items);
      }
      case "delete":
        assert.equal(this.#map.has(each.subkey), this.model.has(addressOf("map", key, null, each.subkey)));
        this.#map.delete(each.subkey);
        this.model.delete(addressOf("map", key, null, each.subkey));
    }
  }

  #set(key: Key, subkey: number, items: string[]): void {
    this.#map.set(subkey, items);
    this.model.set(addressOf("map", key, null, subkey), JSON.stringify(items));
  }
}

function sorted(entries: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1));
}

describe("A paged table, under random use, freezes, spills, evictions, restarts and rollbacks", () => {
  for (const readsAtOnce of [true, false]) {
    it(`is what a table in memory is, over a store that ${readsAtOnce ? "reads at once" : "has to be waited for"}`, async () => {
      let misses = 0;
      let looksSaved = 0;
      await checkAsync(
        fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
          const subject = new Subject(readsAtOnce);
          for (const each of steps) await subject.run(each);
          await subject.compare();
          await subject.run({ kind: "restart" });
          await subject.compare();
          misses += subject.misses;
          looksSaved += subject.looksSaved;
        }),
        40,
      );
      assert.ok(misses > 0 && looksSaved > 0);
    });
  }
});

type TimerStep =
  | { readonly kind: "set" | "delete"; readonly key: number; readonly time: number; readonly undone: boolean }
  | { readonly kind: "pop"; readonly time: number }
  | { readonly kind: "freeze" | "evict" | "balance" | "restart" }
  | { readonly kind: "write"; readonly limit: number };

const time = fc.integer({ min: 0, max: 12 });
const timerStep: fc.Arbitrary<TimerStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("set" as const, "set" as const, "delete" as const),
      key: fc.nat(9),
      time,
      undone: fc.integer({ min: 0, max: 7 }).map((number) => number === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pop" as const), time }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("freeze" as const, "evict" as const, "balance" as const, "restart" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("write" as const), limit: fc.integer({ min: 1, max: 9 }) }) },
);

const TIMER_SLOTS = [{ name: "$event-timers", kind: "timers" as const, version: 0 }];

/** Timers of which only the nearest wait in memory, and beside them what is set. */
class Timers {
  readonly store = new PagedStore(false);
  readonly model = new Set<string>();
  readings = 0;
  #table!: KeyedTable;
  #queue!: TimerQueue;

  constructor() {
    this.#open(true);
  }

  #open(isComplete: boolean): void {
    const { table, pager } = pagedTable(this.store, TIMER_SLOTS, new FewTimers(Infinity));
    pager.isComplete = isComplete;
    this.#table = table;
    this.#queue = new TimerQueue(table, 0, new TimerHorizon(table, 0));
    if (!isComplete) this.#queue.openPartly();
  }

  async run(step: TimerStep): Promise<void> {
    const pager = this.#table.pager!;
    switch (step.kind) {
      case "set":
      case "delete":
        return this.#touch(step);
      case "pop":
        await this.pop(step.time);
        return;
      case "freeze":
        return this.store.freeze(this.#table);
      case "write":
        return this.store.writeSome(step.limit);
      case "evict":
        return pager.evictSome(() => true);
      case "balance":
        return this.#queue.balance(pager);
      case "restart":
        this.store.freeze(this.#table);
        this.store.writeAll();
        assert.equal(this.store.entries.size, this.model.size);
        return this.#open(false);
    }
  }

  #touch({ kind, key, time: at, undone }: Extract<TimerStep, { readonly undone: boolean }>): void {
    const row = this.#table.row(this.#table.space(null), key);
    this.#table.hold(row);
    this.#table.journal.open();
    if (kind === "set") this.#queue.register(row, at);
    else this.#queue.delete(row, at);
    if (undone) this.#table.journal.undo();
    this.#table.journal.close();
    this.#table.hold(undefined);
    if (undone) return;
    if (kind === "set") this.model.add(nameOf(at, key));
    else this.model.delete(nameOf(at, key));
  }

  async pop(until: number): Promise<boolean> {
    const pager = this.#table.pager!;
    let due = popTimer(this.#queue, until);
    while (due === undefined && this.#queue.isShort(until)) {
      this.readings++;
      pager.isPinned = true;
      this.#queue.readEnded(await this.#queue.read(pager, until));
      due = popTimer(this.#queue, until);
      pager.isPinned = false;
    }
    const [first] = [...this.model].sort();
    const earliest = first === undefined ? Infinity : Number.parseInt(first, 10);
    assert.equal(due?.time, earliest <= until ? earliest : undefined);
    if (due === undefined) return false;
    assert.ok(this.model.delete(nameOf(due.time, due.row.key as number)), "a timer that is not set");
    return true;
  }
}

class FewTimers extends StateMemory {
  override get timersMax(): number {
    return 4;
  }
}

function nameOf(at: number, key: number): string {
  return `${String(at).padStart(3, "0")} ${key}`;
}

describe("TimerQueue, where only the nearest timers are in memory", () => {
  it("gives what is set, in the order of time, at random calls", async () => {
    let readings = 0;
    await checkAsync(
      fc.asyncProperty(fc.array(timerStep, { maxLength: 120 }), async (steps) => {
        const timers = new Timers();
        for (const each of steps) await timers.run(each);
        while (await timers.pop(1_000)) await timers.run({ kind: "balance" });
        assert.equal(timers.model.size, 0);
        readings += timers.readings;
      }),
      150,
    );
    assert.ok(readings > 0);
  });
});
