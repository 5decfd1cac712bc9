/** What a session over segments does between two turns of the host is bounded by a count. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { Env } from "../../../src/env/env.ts";
import { ALL_KEYS } from "../../../src/state/key-range.ts";
import { joined, Pace } from "../../../src/state/segments/pace.ts";
import type { SegmentStore } from "../../../src/state/segments/store.ts";
import { frozenEnv } from "../../../src/testing/mod.ts";
import { checkpoint, CountingMedium, keyOf, type Opened } from "./segment-medium.ts";

/** Entries that are worked on in one turn, and one share that may begin with the last of them. */
const WORK_MAX: number = 512 + 64;

/** A pace whose turns come when a test says so. */
function paced(clock: () => number = () => 0) {
  const turns: (() => void)[] = [];
  const { env: frozen } = frozenEnv();
  const env: Env = { ...frozen, monotonic: clock, turn: () => new Promise((resolve) => turns.push(resolve)) };
  const settle = async (): Promise<void> => {
    for (let at = 0; at < 20; at++) await Promise.resolve();
  };
  const turn = async (): Promise<void> => {
    assert.equal(turns.length, 1, "one turn is waited for");
    turns.pop()?.();
    await settle();
  };
  return { pace: new Pace(env), turns, turn };
}

/** Somebody who takes shares until all is done. */
async function worker(pace: Pace, work: number, count: number, did: (work: number) => void): Promise<void> {
  for (let at = 0; at < count; at++) {
    const wait = pace.share(work);
    if (wait !== undefined) await wait;
    did(work);
  }
}

describe("Pace", () => {
  it("bounds what all do together between two turns, whoever they are", async () => {
    const { pace, turns, turn } = paced();
    let done = 0;
    const workers = [64, 7, 32, 64].map((work) => worker(pace, work, 100, (did) => void (done += did)));
    while (turns.length > 0) {
      const before = done;
      await turn();
      assert.ok(done - before <= WORK_MAX, `${done - before} in one turn`);
      assert.ok(done > before || done === 167 * 100, "nothing was done in a turn");
    }
    await Promise.all(workers);
    assert.equal(done, 167 * 100);
  });

  it("lets nobody wait for ever: who asked first goes on first", async () => {
    const { pace, turns, turn } = paced();
    const order: string[] = [];
    const workers = ["a", "b", "c"].map((name) => worker(pace, 400, 4, () => order.push(name)));
    while (turns.length > 0) await turn();
    await Promise.all(workers);
    assert.equal(order.join(""), "aaabcabcbcbc");
  });

  it("ends a turn early by the clock, where there is one, and goes on all the same", async () => {
    let now = 0;
    const { pace, turns, turn } = paced(() => now);
    const done: number[] = [];
    const all = worker(pace, 1, 40, () => {
      now += 0.25;
      done.push(now);
    });
    await Promise.resolve();
    const ends: number[] = [];
    while (turns.length > 0) {
      ends.push(done.length);
      await turn();
    }
    await all;
    assert.deepEqual(ends, [4, 8, 12, 16, 20, 24, 28, 32, 36, 40]);
  });

  it("gives out four times as much in a turn while somebody waits for it, and no more afterwards", async () => {
    const { pace, turns, turn } = paced();
    let done = 0;
    const all = worker(pace, 64, 100, (work) => void (done += work));
    const perTurn = async (): Promise<number> => {
      const before = done;
      await turn();
      return done - before;
    };
    assert.equal(await perTurn(), 512);
    let end = (): void => undefined;
    const waiting = pace.hurried(() => new Promise<void>((resolve) => (end = resolve)));
    // What is given out in this turn was settled when it began.
    await turn();
    assert.equal(await perTurn(), 2_048);
    end();
    await waiting;
    await turn();
    assert.equal(await perTurn(), 512);
    while (turns.length > 0) await turn();
    await all;
  });

  it("counts anew after a turn that nobody waited for", async () => {
    const { pace, turn } = paced();
    for (let turns = 0; turns < 3; turns++) {
      assert.deepEqual([pace.share(300), pace.share(300)], [undefined, undefined]);
      await turn();
    }
  });

  it("moves bytes in shares, and one piece not at all", async () => {
    const { pace, turns, turn } = paced();
    const piece = Uint8Array.of(1, 2, 3);
    assert.equal(await joined([piece], pace), piece);
    const large = new Uint8Array(6_000_000).fill(7);
    const whole = joined([piece, large, piece], pace);
    let taken = 0;
    for (await Promise.resolve(); turns.length > 0; taken++) await turn();
    assert.ok(taken >= 2, `${taken} turns`);
    const bytes = await whole;
    assert.deepEqual([bytes.length, bytes[2], bytes[3], bytes.at(-4), bytes.at(-1)], [6_000_006, 3, 7, 7, 3]);
  });
});

describe("SegmentStore", () => {
  const KEYS = 20_000;
  const entries = (valueBytes: number) =>
    Array.from({ length: KEYS }, (_, at) => ({ key: keyOf(at), value: new Uint8Array(valueBytes) }));

  async function written(
    medium: CountingMedium,
    valueBytes: number,
  ): Promise<Opened & { readonly handle: Uint8Array }> {
    const opened = await medium.open(0);
    await opened.store.write(1, { puts: entries(valueBytes), deletes: [], rangeDeletes: [] });
    return { ...opened, handle: await checkpoint(opened, 1) };
  }

  /** How many turns the host was given meanwhile. */
  async function turnsOf(medium: CountingMedium, act: () => Promise<unknown>): Promise<number> {
    const before = medium.turns;
    await act();
    return medium.turns - before;
  }

  it("encodes, reads, scans and folds in bounded steps", async () => {
    const medium = new CountingMedium();
    const sealing = await turnsOf(medium, () => written(medium, 40));
    assert.ok(sealing >= KEYS / WORK_MAX, `${sealing} turns for a seal`);
    const opened = await written(medium, 40);
    const { store } = opened;
    const keys = Array.from({ length: 4_000 }, (_, at) => keyOf(at * 5));
    const reading = await turnsOf(medium, () => store.read(keys));
    assert.ok(reading >= Math.floor(4_000 / WORK_MAX), `${reading} turns for reading 4,000 keys`);
    const scanning = await turnsOf(medium, async () => {
      for await (const slice of store.scan(ALL_KEYS)) assert.ok(slice.length <= 1_000);
    });
    assert.ok(scanning >= KEYS / WORK_MAX, `${scanning} turns for a scan`);
    await store.write(2, { puts: entries(40), deletes: [], rangeDeletes: [] });
    const folding = await turnsOf(medium, async () => {
      await checkpoint(opened, 2);
      await (store as SegmentStore).folded();
    });
    // For each key one entry is encoded, and then two are looked at of which one is written.
    assert.ok(folding >= (3 * KEYS) / WORK_MAX, `${folding} turns for a checkpoint and a fold`);
  });

  it("folds faster while a seal waits for it", async () => {
    const medium = new CountingMedium();
    const opened = await medium.open(0, undefined, { chainMax: 2 });
    // So much less each time that nothing is folded before the chain is too long.
    for (const [at, every] of [1, 3, 10].entries()) {
      const puts = entries(40).filter((_, index) => index % every === 0);
      await opened.store.write(at + 1, { puts, deletes: [], rangeDeletes: [] });
      await opened.store.seal(at + 1);
    }
    const turns = await turnsOf(medium, () => opened.store.seal(4));
    // As a fold that nobody waits for it would be 60.
    assert.ok(turns >= 10 && turns <= 45, `${turns} turns`);
  });

  it("asks the medium for two objects in a turn at most, whoever wants them", async () => {
    const medium = new CountingMedium();
    const { handle } = await written(medium, 200);
    const { store } = await medium.open(1, handle, { cacheBytes: 0 });
    const askedIn = new Map<number, number>();
    medium.whileGetting = async () => void askedIn.set(medium.turns, (askedIn.get(medium.turns) ?? 0) + 1);
    // In blocks that are too far from each other to be read together.
    const keys = Array.from({ length: 48 }, (_, at) => keyOf(Math.floor(at / 4) * 1_600 + (at % 4)));
    await Promise.all(keys.map((key) => store.read([key])));
    const asked = [...askedIn.values()];
    const requests = asked.reduce((sum, count) => sum + count, 0);
    assert.ok(requests >= 20 && Math.max(...asked) <= 2, `in each turn ${asked.join(" ")}`);
  });

  it("takes in what was read in bounded steps", async () => {
    const medium = new CountingMedium();
    const { handle } = await written(medium, 200);
    const { store } = await medium.open(1, handle, { cacheBytes: 0 });
    const keys = Array.from({ length: 500 }, (_, at) => keyOf(at * 39));
    // The keys alone are the work of one turn. Four megabytes are copied and checked for them, a block of 32 KiB in the time of 16 entries.
    const turns = await turnsOf(medium, () => store.read(keys));
    assert.ok(turns >= 3, `${turns} turns`);
  });
});
