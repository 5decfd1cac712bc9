import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StateHandles } from "../../../src/state/descriptors.ts";
import { bindHandles, bindSweep, slotsOf } from "../../../src/state/handles.ts";
import { KeyContext } from "../../../src/state/key-context.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import { PagedStore, pagedTable } from "./paged-store.ts";

const AFTER_MS = 100;
const DESCRIPTORS = {
  value: valueState<number | undefined>(undefined, { ttl: { after: `${AFTER_MS}ms` } }),
  map: mapState<number, number>({ ttl: { after: `${AFTER_MS}ms` } }),
};

/** Handles over a table that is over its memory whenever a test says so. */
class Subject {
  now = 1;
  readonly store = new PagedStore(true);
  readonly #paged = pagedTable(this.store, slotsOf(DESCRIPTORS));
  readonly #context = new KeyContext("op", { now: () => this.now });
  readonly #state = bindHandles(DESCRIPTORS, this.#paged.table, this.#context);
  readonly #sweep = bindSweep(DESCRIPTORS, this.#paged.table, this.#context, { start: () => undefined });

  constructor(isComplete: boolean) {
    this.#paged.pager.isComplete = isComplete;
  }

  at<R>(key: number, use: (state: StateHandles<typeof DESCRIPTORS>) => R): R {
    const { table } = this.#paged;
    const row = table.row(table.space(null), key);
    table.hold(row);
    this.#context.row = row;
    const result = use(this.#state);
    table.hold(undefined);
    return result;
  }

  get looks(): { readonly made: number; readonly saved: number } {
    return this.#paged.pager.looks;
  }

  sweep(): void {
    this.#sweep?.step(10_000);
  }

  /** All that was written leaves memory. */
  leave(): void {
    this.#paged.table.balance();
    this.store.freeze(this.#paged.table);
    this.store.writeAll();
    this.#paged.pager.evictSome(() => true);
  }
}

describe("A table over its memory", () => {
  it("does not ask the store for what never left it: new keys, new maps, new entries of a map", () => {
    const subject = new Subject(true);
    subject.at(0, ({ value, map }) => {
      value.update(0);
      map.set(0, 0);
    });
    subject.leave();
    for (let key = 0; key < 100; key++) {
      subject.at(key, ({ value, map }) => {
        assert.equal(value.get(), key === 0 ? 0 : undefined);
        value.update(key);
        for (let subkey = 0; subkey < 10; subkey++) {
          assert.equal(map.get(subkey), key === 0 && subkey === 0 ? 0 : undefined);
          map.set(subkey, subkey);
        }
      });
    }
    // A map of which nothing left memory is whole there: nothing of it was looked for at all.
    assert.deepEqual(subject.looks, { made: 2, saved: 99 + 9 });
  });

  it("asks for everything after a restart that left it in the store", () => {
    const subject = new Subject(false);
    for (let key = 0; key < 100; key++) subject.at(key, ({ value }) => value.get());
    assert.deepEqual(subject.looks, { made: 100, saved: 0 });
  });

  it("finds what left memory and expired in the store, and what was written since", () => {
    const subject = new Subject(true);
    for (let key = 0; key < 50; key++) subject.at(key, ({ value, map }) => (value.update(key), map.set(key, key)));
    subject.leave();
    subject.now += AFTER_MS;
    for (let key = 0; key < 50; key += 2) subject.at(key, ({ value }) => value.update(1_000 + key));
    subject.leave();
    subject.sweep();
    for (let key = 0; key < 50; key++) {
      subject.at(key, ({ value, map }) => {
        assert.equal(value.get(), key % 2 === 0 ? 1_000 + key : undefined);
        assert.equal(map.get(key), undefined);
        map.set(key, -key);
      });
    }
    subject.sweep();
    subject.leave();
    for (let key = 0; key < 50; key++) subject.at(key, ({ map }) => assert.equal(map.get(key), -key));
  });
});
