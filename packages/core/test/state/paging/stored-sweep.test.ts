import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StateHandles } from "../../../src/state/descriptors.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { mapState, valueState } from "../../../src/state/kinds/with-options.ts";
import { LastingTable } from "./lasting-table.ts";
import { PagedStore } from "./paged-store.ts";

const AFTER_MS = 100;
const TTL = { ttl: { after: `${AFTER_MS}ms` } } as const;
const DESCRIPTORS = {
  value: valueState<number | undefined>(undefined, TTL),
  map: mapState<number, number>(TTL),
  list: listState<number>(TTL),
  lasting: valueState<number | undefined>(undefined),
};
const KEYS: readonly string[] = Array.from({ length: 20 }, (_, key) => `k${key}`);
const ENTRIES = 5;

/** Each kind of state of each key, all in the store alone. */
async function filled(): Promise<LastingTable<typeof DESCRIPTORS>> {
  const subject = new LastingTable(DESCRIPTORS, new PagedStore(true), { keyGroups: 128 });
  for (const key of KEYS) {
    await subject.at(key, ({ value, map, list, lasting }) => {
      value.update(1);
      for (let subkey = 0; subkey < ENTRIES; subkey++) map.set(subkey, 1);
      list.add(1);
      lasting.update(1);
    });
  }
  subject.leave();
  assert.deepEqual(subject.stored(), {
    value: KEYS.length,
    map: ENTRIES * KEYS.length,
    list: 2 * KEYS.length,
    lasting: KEYS.length,
  });
  return subject;
}

describe("Entries with a time to live that have left memory", () => {
  it("leave the checkpoints that follow, though nobody reads them (TTL-02)", async () => {
    const subject = await filled();
    subject.now += AFTER_MS;
    await subject.checkpoints(10);
    assert.deepEqual(subject.stored(), { lasting: KEYS.length });
  });

  it("stay out of memory as long as they live, whatever is looked at", async () => {
    const subject = await filled();
    subject.now += AFTER_MS - 1;
    const { usedBytes } = subject.pager.memory;
    await subject.checkpoints(10);
    assert.equal(subject.table.space(null).size, 0);
    assert.equal(subject.pager.memory.usedBytes, usedBytes);
    assert.equal(subject.store.deletes, 0);
  });

  it("are read past the cache of the store: nobody will ask for them", async () => {
    const subject = await filled();
    const { keptSlices } = subject.store;
    subject.now += AFTER_MS;
    await subject.checkpoints(10);
    assert.deepEqual(subject.stored(), { lasting: KEYS.length });
    assert.equal(subject.store.keptSlices, keptSlices);
  });

  it("are looked at a few at a time", async () => {
    const subject = await filled();
    subject.now += AFTER_MS;
    for (let steps = 0; subject.stored()["value"] !== undefined; steps++) {
      assert.ok(steps < 1000, "they never go");
      const { deletes } = subject.store;
      subject.step(20);
      await subject.endReadings();
      subject.write();
      assert.ok(subject.store.deletes - deletes <= 20, `${subject.store.deletes - deletes} went at once`);
    }
  });

  it("are looked at no more at once because a reading took long", async () => {
    const subject = new LastingTable({ map: DESCRIPTORS.map }, new PagedStore(true));
    await subject.at("k", ({ map }) => Array.from({ length: 200 }, (_, subkey) => map.set(subkey, 1)));
    subject.leave();
    subject.now += AFTER_MS;
    for (let batch = 0; batch < 50; batch++) subject.step(30);
    assert.equal(subject.readings, 1);
    await subject.endReadings();
    subject.write();
    assert.ok(subject.store.deletes > 0, "nothing was looked at");
    assert.ok(subject.store.deletes <= 30, `${subject.store.deletes} went at once`);
  });

  it("are read in few readings at a time, also where a key group has none", async () => {
    const subject = await filled();
    subject.step(160);
    let readings = 0;
    for (; subject.readings > 0; readings++) await subject.endReading();
    assert.ok(readings > 1 && readings <= 10, `${readings} readings`);
  });

  it("go at last where no run is long enough to come by all of them", async () => {
    const { value } = DESCRIPTORS;
    const store = new PagedStore(true);
    const before = new LastingTable({ value }, store, { keyGroups: 128 });
    for (const key of KEYS) await before.at(key, (state) => state.value.update(1));
    before.leave();
    for (let now = 1 + AFTER_MS; now <= 128 + AFTER_MS; now++) {
      const run = new LastingTable({ value }, store, { keyGroups: 128, now });
      run.step(64);
      await run.endReadings();
      run.write();
    }
    assert.equal(store.entries.size, 0);
  });

  it("are read again after the clock was put back", async () => {
    const subject = await filled();
    subject.now = 1_000_000;
    await subject.checkpoints(20);
    subject.now = 10;
    subject.step(1024);
    assert.equal(subject.readings, 1);
  });

  it("are not read again before a part of their time has passed", async () => {
    const subject = await filled();
    await subject.checkpoints(20);
    subject.step(1024);
    assert.equal(subject.readings, 0);
    subject.now += AFTER_MS / 2;
    subject.step(1024);
    assert.equal(subject.readings, 1);
  });

  for (const kind of ["value", "map", "list"] as const) {
    for (const leaves of [false, true]) {
      const also = leaves ? ", and have left memory again by then" : "";
      it(`stay if they are written anew while they are read${also}: ${kind}`, async () => {
        const subject = new LastingTable({ [kind]: DESCRIPTORS[kind] }, new PagedStore(true));
        const at = <R>(use: (state: StateHandles<typeof DESCRIPTORS>) => R) =>
          subject.at("k", use as never) as Promise<R>;
        for (let round = 0; round < 3; round++) {
          subject.step(1024);
          assert.equal(subject.readings, 1);
          for (let twice = 0; twice < 2; twice++) {
            await at(({ value, map, list }) => {
              if (kind === "value") value.update(round);
              else if (kind === "map") map.set(0, round);
              else list.add(round);
            });
            subject.now++;
          }
          if (leaves) subject.leave();
          await subject.endReadings();
          const seen = await at(({ value, map, list }) =>
            kind === "value" ? [value.get()] : kind === "map" ? [map.get(0)] : list.get(),
          );
          assert.deepEqual(seen, kind === "list" ? [round, round] : [round]);
          subject.leave();
          subject.now += AFTER_MS;
        }
      });
    }
  }

  it("stay gone if their map was cleared while they were read", async () => {
    const subject = new LastingTable({ map: mapState<number, number>(TTL) }, new PagedStore(true));
    const many = Array.from({ length: 100 }, (_, subkey) => subkey);
    for (const leaves of [false, true]) {
      await subject.at("k", ({ map }) => many.forEach((subkey) => map.set(subkey, 1)));
      subject.leave();
      subject.now += AFTER_MS;
      subject.step(1024);
      assert.equal(subject.readings, 1);
      await subject.at("k", ({ map }) => {
        map.clear();
        map.set(1, 2);
      });
      if (leaves) subject.leave();
      const { deletes } = subject.store;
      await subject.endReadings();
      subject.write();
      assert.equal(subject.store.deletes, deletes, "what is not there is not deleted");
      assert.deepEqual(subject.stored(), { map: 1 });
    }
  });

  it("leave of a list what was added later", async () => {
    const subject = await filled();
    subject.now += AFTER_MS - 1;
    for (const key of KEYS) await subject.at(key, ({ list }) => list.addAll([2, 3]));
    subject.leave();
    subject.now++;
    await subject.checkpoints(10);
    assert.deepEqual(subject.stored(), { list: 2 * KEYS.length, lasting: KEYS.length });
    for (const key of KEYS) assert.deepEqual(await subject.at(key, ({ list }) => list.get()), [2, 3]);
  });

  it("leave of a list what stands behind the end of a reading, and no reading stays open", async () => {
    const subject = new LastingTable({ list: DESCRIPTORS.list }, new PagedStore(true));
    const items = Array.from({ length: 300 }, (_, item) => item);
    // A chunk for each: more than one reading takes.
    for (const item of items) {
      await subject.at("k", ({ list }) => list.add(item));
      subject.now++;
      subject.leave();
    }
    for (const gone of [270, 300]) {
      subject.now = gone + AFTER_MS;
      await subject.checkpoints(10);
      assert.deepEqual(await subject.at("k", ({ list }) => list.get()), items.slice(gone));
      subject.leave();
      assert.equal(subject.pager.watches.size, 0);
    }
    assert.deepEqual(subject.stored(), {});
  });

  it("count as written when they are met, if they were stored before their state had a time to live (TTL-03)", async () => {
    const store = new PagedStore(true);
    const before = new LastingTable({ value: valueState(0), list: listState<number>() }, store);
    for (const key of KEYS) await before.at(key, ({ value, list }) => (value.update(1), list.add(1)));
    before.leave();
    const after = new LastingTable({ value: valueState(0, TTL), list: listState<number>(TTL) }, store, { now: 1000 });
    await after.checkpoints(10);
    after.leave();
    after.now += AFTER_MS - 1;
    await after.checkpoints(10);
    after.leave();
    assert.deepEqual(after.stored(), { value: KEYS.length, list: 2 * KEYS.length });
    after.now += AFTER_MS / 2;
    await after.checkpoints(10);
    assert.deepEqual(after.stored(), {});
  });
});
