import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Key } from "../../src/state/key-codec.ts";
import type { Row } from "../../src/state/row.ts";
import { TimerQueue } from "../../src/time/timer-queue.ts";
import { tableOf, TableStore, TIMERS } from "../state/table-store.ts";
import { popTimer } from "./pop-timer.ts";

function queueOf() {
  const table = tableOf();
  const queue = new TimerQueue(table, TIMERS);
  const row = (key: Key): Row => table.row(table.space(null), key);
  const pop = (time: number): readonly [number, Key] | undefined => {
    const due = popTimer(queue, time);
    return due === undefined ? undefined : [due.time, due.row.key];
  };
  const popAll = (time: number): readonly (readonly [number, Key])[] => {
    const all: (readonly [number, Key])[] = [];
    for (let due = pop(time); due !== undefined; due = pop(time)) all.push(due);
    return all;
  };
  return { table, queue, row, pop, popAll };
}

describe("TimerQueue", () => {
  it("gives a timer once, however often it was set (TMR-01)", () => {
    const { queue, row, popAll } = queueOf();
    for (let i = 0; i < 3; i++) queue.register(row("a"), 10);
    assert.deepEqual(popAll(100), [[10, "a"]]);
  });

  it("gives a timer when its time is reached, not before (TMR-02)", () => {
    const { queue, row, pop } = queueOf();
    queue.register(row("a"), 10);
    assert.equal(pop(9), undefined);
    assert.deepEqual(pop(10), [10, "a"]);
    assert.equal(pop(10), undefined);
  });

  it("gives timers in the order of time, across keys (TMR-02)", () => {
    const { queue, row, popAll } = queueOf();
    const times = [50, -3, 7, 7.5, 0, 49, 1e15, -1e15, 8];
    times.forEach((time, index) => queue.register(row(`k${index % 3}`), time));
    assert.deepEqual(
      popAll(1e16).map(([time]) => time),
      times.toSorted((a, b) => a - b),
    );
  });

  it("gives each key's timer of the same time", () => {
    const { queue, row, popAll } = queueOf();
    for (const key of ["a", "b", "c"]) queue.register(row(key), 10);
    assert.deepEqual(
      popAll(10).map(([, key]) => key),
      ["a", "b", "c"],
    );
  });

  it("forgets the place of one that was taken back before another was set", () => {
    const { queue, row, popAll } = queueOf();
    queue.register(row("a"), 10);
    queue.delete(row("a"), 10);
    for (const key of ["b", "a"]) queue.register(row(key), 10);
    assert.deepEqual(popAll(10), [
      [10, "b"],
      [10, "a"],
    ]);
  });

  it("gives no timer that was deleted, and takes a delete of none (TMR-01)", () => {
    const { queue, row, popAll } = queueOf();
    queue.delete(row("a"), 10);
    queue.register(row("a"), 10);
    queue.register(row("b"), 10);
    queue.delete(row("a"), 10);
    queue.delete(row("a"), 10);
    queue.delete(row("b"), 11);
    assert.deepEqual(popAll(100), [[10, "b"]]);
  });

  it("gives a timer that was deleted and set again, once", () => {
    const { queue, row, popAll } = queueOf();
    queue.register(row("a"), 10);
    queue.delete(row("a"), 10);
    queue.register(row("a"), 10);
    assert.deepEqual(popAll(100), [[10, "a"]]);
  });

  it("gives a timer again that is set again while it fires", () => {
    const { queue, row, pop } = queueOf();
    queue.register(row("a"), 10);
    assert.deepEqual(pop(10), [10, "a"]);
    queue.register(row("a"), 10);
    queue.register(row("a"), 5);
    assert.deepEqual(pop(10), [5, "a"]);
    assert.deepEqual(pop(10), [10, "a"]);
  });

  it("says when the next one is due", () => {
    const { queue, row, pop } = queueOf();
    assert.equal(queue.next, undefined);
    queue.register(row("a"), 10);
    queue.register(row("a"), 5);
    assert.equal(queue.next, 5);
    pop(5);
    pop(5);
    assert.equal(queue.next, 10);
  });

  it("leaves no row and no change behind a timer that came and went", () => {
    const { table, queue, row, popAll } = queueOf();
    queue.register(row("a"), 10);
    assert.equal(table.space(null).size, 1);
    popAll(10);
    assert.equal(table.space(null).size, 0);
    assert.deepEqual(new TableStore().drain(table.freeze()), { puts: 0, deletes: 0 });
  });

  it("keeps timers in keyed state: checkpointed, and given by a queue that was restored (TMR-04)", () => {
    const { table, queue, row, pop } = queueOf();
    const store = new TableStore();
    for (const [key, time] of [
      ["a", 30],
      ["b", 10],
      ["a", 20],
      ["b", 40],
    ] as const) {
      queue.register(row(key), time);
    }
    store.drain(table.freeze());
    assert.deepEqual(pop(10), [10, "b"]);
    queue.delete(row("b"), 40);
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 2 });

    const second = queueOf();
    for (const entry of store.entries.values()) {
      const cell = second.table.restore(entry);
      if (cell !== undefined) second.queue.restore(cell);
    }
    assert.deepEqual(second.popAll(100), [
      [20, "a"],
      [30, "a"],
    ]);
    assert.deepEqual(store.drain(second.table.freeze()), { puts: 0, deletes: 2 });
    assert.equal(store.entries.size, 0);
  });

  it("writes nothing for a timer that is set again, or for the delete of none", () => {
    const { table, queue, row } = queueOf();
    const store = new TableStore();
    queue.register(row("a"), 30);
    store.drain(table.freeze());
    queue.register(row("a"), 30);
    queue.delete(row("a"), 31);
    assert.deepEqual(store.drain(table.freeze()), { puts: 0, deletes: 0 });
  });

  it("gives timers of a snapshot that were fired or deleted before it was written (ST-03)", () => {
    const { table, queue, row, popAll } = queueOf();
    const store = new TableStore();
    queue.register(row("a"), 10);
    queue.register(row("b"), 20);
    const frozen = table.freeze();
    popAll(100);
    queue.register(row("c"), 30);
    store.drain(frozen);
    assert.equal(store.entries.size, 2);
    store.drain(table.freeze());
    assert.equal(store.entries.size, 1);
  });

  it("stores timers in the order of time", () => {
    const { table, queue, row } = queueOf();
    const store = new TableStore();
    for (const [index, time] of [300, -5, 20, 1e12].entries()) queue.register(row(`${index}`), time);
    store.drain(table.freeze());
    const byKey = [...store.entries.keys()].toSorted((one, other) => (one.slice(4) < other.slice(4) ? -1 : 1));
    const second = queueOf();
    const times = byKey.map((hex) => second.table.restore(store.entries.get(hex)!)?.subkey);
    assert.deepEqual(times, [-5, 20, 300, 1e12]);
  });
});

describe("TimerQueue, with many timers at one instant", () => {
  it("gives each of a hundred thousand once, and forgets those that were taken back", () => {
    const { table, queue, row, pop } = queueOf();
    const count = 100_000;
    for (let key = 0; key < count; key++) queue.register(row(key), 10);
    for (let key = 0; key < count; key += 2) queue.delete(row(key), 10);
    for (let key = 0; key < count; key += 4) queue.register(row(key), 10);
    const seen = new Set<Key>();
    for (let due = pop(10); due !== undefined; due = pop(10)) seen.add(due[1]);
    assert.equal(seen.size, (count * 3) / 4);
    assert.equal(table.space(null).size, 0);
  });

  it("is bounded by what is set, not by how often it was set and taken back", () => {
    const { queue, row, popAll } = queueOf();
    for (let turn = 0; turn < 10_000; turn++) {
      queue.register(row("a"), 10);
      queue.delete(row("a"), 10);
      assert.ok(queue.held < 100, `${queue.held} are held`);
    }
    queue.register(row("a"), 10);
    assert.deepEqual(popAll(10), [[10, "a"]]);
  });
});
