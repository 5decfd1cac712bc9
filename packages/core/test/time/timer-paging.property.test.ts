/** Timers of which most are in the store alone, against a set of keys and times. */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { EVENT_TIMERS } from "../../src/state/entry-codec.ts";
import type { KeyedTable } from "../../src/state/keyed-table.ts";
import type { Slot } from "../../src/state/layout.ts";
import { StateMemory } from "../../src/state/paging/state-memory.ts";
import type { TablePager } from "../../src/state/paging/table-pager.ts";
import { timeOf } from "../../src/time/timer-heap.ts";
import { type ReadTimers, TimerHorizon } from "../../src/time/timer-horizon.ts";
import { TimerQueue } from "../../src/time/timer-queue.ts";
import { checkAsync } from "../bytes/property.ts";
import { PagedStore, pagedTable } from "../state/paging/paged-store.ts";

const SLOTS: readonly Slot[] = [{ name: EVENT_TIMERS, kind: "timers", version: 0 }];
const KEY_GROUPS = 2;
const KEYS = 12;
const TIMES = 5;

type Change = { readonly isSet: boolean; readonly key: number; readonly time: number };
type Step =
  | { readonly kind: "change"; readonly change: Change }
  | { readonly kind: "undone"; readonly changes: readonly Change[]; readonly time: number }
  | { readonly kind: "fire" | "take" | "read"; readonly time: number }
  | { readonly kind: "write"; readonly parts: number }
  | { readonly kind: "evict"; readonly bits: number }
  | { readonly kind: "readEnded" | "balance" | "freeze" | "restart" };

const time = fc.nat(TIMES);
const change: fc.Arbitrary<Change> = fc.record({
  isSet: fc.nat(3).map((one) => one > 0),
  key: fc.nat(KEYS - 1),
  time,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 24, arbitrary: fc.record({ kind: fc.constant("change" as const), change }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("undone" as const), changes: fc.array(change, { maxLength: 4 }), time }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fire" as const), time }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("take" as const, "read" as const), time }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), parts: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("evict" as const), bits: fc.nat() }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constantFrom("readEnded" as const, "balance" as const, "freeze" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

/** Timers of an operator under a limit, driven as it does. */
class Timers {
  readonly #store = new PagedStore(true);
  readonly #model = new Map<string, number>();
  #table!: KeyedTable;
  #pager!: TablePager;
  #queue!: TimerQueue;
  #reading: Promise<readonly ReadTimers[]> | undefined;

  constructor() {
    this.#open();
    this.#pager.isComplete = true;
  }

  #open(): void {
    const memory = new StateMemory(Infinity, () => false);
    ({ table: this.#table, pager: this.#pager } = pagedTable(this.#store, SLOTS, memory, KEY_GROUPS));
    this.#queue = new TimerQueue(this.#table, 0, new TimerHorizon(this.#table, 0));
  }

  async run(each: Step): Promise<void> {
    switch (each.kind) {
      case "change":
        this.#change(each.change);
        return this.#note(each.change);
      case "undone":
        return this.#undone(each.changes, each.time);
      case "fire":
        return this.fire(each.time);
      case "take":
        return void this.#take(each.time);
      case "read":
        return this.#read(each.time);
      case "readEnded":
        return this.#readEnded();
      case "write":
        for (let part = 0; part < each.parts; part++) this.#store.writeSome(3);
        return;
      case "evict":
        return this.#evict(each.bits);
      case "balance":
        return this.#reading === undefined ? this.#queue.balance(this.#pager) : undefined;
      case "freeze":
        return this.#store.freeze(this.#table);
      case "restart":
        return this.#restart();
    }
  }

  #change({ isSet, key, time: at }: Change): void {
    const row = this.#table.row(this.#table.space(null), key);
    this.#table.hold(row);
    if (isSet) this.#queue.register(row, at);
    else this.#queue.delete(row, at);
    this.#table.hold(undefined);
  }

  #note({ isSet, key, time: at }: Change): void {
    if (isSet) this.#model.set(`${key} at ${at}`, at);
    else this.#model.delete(`${key} at ${at}`);
  }

  /** A call that has to be made again: nothing of it counts. */
  #undone(changes: readonly Change[], at: number): void {
    this.#table.journal.open();
    for (const each of changes) this.#change(each);
    const due = this.#queue.take(at);
    if (due !== undefined) this.#queue.fire(due);
    for (const each of changes) this.#change({ ...each, isSet: !each.isSet });
    this.#table.journal.undo();
    this.#table.hold(undefined);
  }

  #earliest(): number {
    return Math.min(Infinity, ...this.#model.values());
  }

  /** Fires the next timer that is due and in memory. */
  #take(at: number): boolean {
    const { next } = this.#queue;
    assert.ok(
      (next ?? Infinity) <= this.#earliest(),
      `the next is at ${next}, and there is one at ${this.#earliest()}`,
    );
    assert.ok(this.#earliest() > at || this.#queue.isDue(at), "none is due, and one is");
    const due = this.#queue.take(at);
    if (due === undefined) return false;
    const dueAt = timeOf(due);
    assert.equal(dueAt, this.#earliest(), "another one comes before it");
    assert.ok(
      this.#model.delete(`${String(due.row.key)} at ${dueAt}`),
      `${String(due.row.key)} at ${dueAt} is not set`,
    );
    this.#queue.fire(due);
    return true;
  }

  #read(at: number): void {
    if (this.#reading !== undefined || !this.#queue.isShort(at)) return;
    this.#pager.isPinned = true;
    this.#reading = this.#queue.read(this.#pager, at);
  }

  async #readEnded(): Promise<void> {
    if (this.#reading === undefined) return;
    this.#queue.readEnded(await this.#reading);
    this.#reading = undefined;
    this.#pager.isPinned = false;
  }

  /** Fires all that is due. */
  async fire(at: number): Promise<void> {
    for (;;) {
      await this.#readEnded();
      if (this.#take(at)) continue;
      if (!this.#queue.isShort(at)) break;
      this.#read(at);
    }
    assert.ok(this.#earliest() > at, `one at ${this.#earliest()} has not fired`);
  }

  #evict(bits: number): void {
    let asked = 0;
    this.#pager.evictSome(() => ((bits >> (asked++ % 31)) & 1) === 1);
  }

  async #restart(): Promise<void> {
    await this.#readEnded();
    this.#save();
    assert.equal(this.#store.entries.size, this.#model.size);
    this.#open();
    this.#queue.openPartly();
  }

  #save(): void {
    this.#store.freeze(this.#table);
    this.#store.writeAll();
  }

  async end(): Promise<void> {
    await this.fire(Number.MAX_SAFE_INTEGER);
    assert.equal(this.#model.size, 0);
    this.#save();
    assert.equal(this.#store.entries.size, 0, "timers that have fired are in the store");
  }
}

it("TimerQueue: timers that leave memory at random fire once each, in the order of time, and none else", async () => {
  await checkAsync(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 200, size: "max" }), async (steps) => {
      const timers = new Timers();
      for (const each of steps) await timers.run(each);
      await timers.end();
    }),
    400,
  );
});
