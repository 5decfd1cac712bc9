import assert from "node:assert/strict";
import { test } from "node:test";

import { simWorld, type SimWorld, sortedMedium, type SortedMedium } from "@tidemark/core/testing";

import { FaultyLevel } from "@tidemark/backend-leveldb/testing";

const key = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

interface Stand {
  readonly world: SimWorld;
  readonly medium: SortedMedium;
}

function stand(plan: Parameters<typeof simWorld>[1] = {}): Stand {
  const world = simWorld(1, plan);
  return { world, medium: sortedMedium(world) };
}

async function live({ world, medium }: Stand, program: (db: FaultyLevel) => Promise<void>): Promise<string> {
  const process = world.spawn();
  process.start(() => program(new FaultyLevel(process, medium)));
  const outcome = await world.run(process);
  if (outcome.kind === "failed") throw outcome.error;
  return outcome.kind;
}

test("FaultyLevel reads and writes as level does", async () => {
  await live(stand(), async (db) => {
    await db.open();
    await db.put(key(1), key(11));
    await db.batch([
      { type: "put", key: key(3), value: key(33) },
      { type: "put", key: key(2), value: key(22) },
      { type: "del", key: key(1) },
    ]);
    assert.deepEqual(await db.get(key(2)), key(22));
    assert.deepEqual(db.getSync(key(3)), key(33));
    assert.equal(db.getSync(key(1)), undefined);
    assert.deepEqual(await db.getMany([key(1), key(3)]), [undefined, key(33)]);
    assert.deepEqual(await db.keys().all(), [key(2), key(3)]);
    assert.deepEqual(await db.values({ reverse: true, limit: 1 }).all(), [key(33)]);
    assert.deepEqual(await db.iterator({ gt: key(2) }).all(), [[key(3), key(33)]]);
    await db.batch().put(key(9), key(9)).del(key(2)).write({ sync: true });
    await db.clear({ lt: key(9) });
    assert.deepEqual(await db.keys().all(), [key(9)]);
    await db.close();
    assert.equal(db.status, "closed");
  });
});

test("FaultyLevel's iterators and snapshots show the moment in which they were made", async () => {
  await live(stand(), async (db) => {
    await db.put(key(1), key(1));
    const snapshot = db.snapshot();
    const iterator = db.iterator();
    await db.put(key(2), key(2));
    await db.del(key(1));
    assert.deepEqual(await iterator.next(), [key(1), key(1)]);
    assert.equal(await iterator.next(), undefined);
    await iterator.close();
    assert.deepEqual(await db.get(key(1), { snapshot }), key(1));
    assert.deepEqual(await db.keys({ snapshot }).all(), [key(1)]);
    await snapshot.close();
    const seeker = db.iterator();
    seeker.seek(key(2));
    assert.deepEqual(await seeker.nextv(10), [[key(2), key(2)]]);
    await seeker.close();
  });
});

test("FaultyLevel is locked by one process until it closes or dies", async () => {
  const one = stand();
  const open = (db: FaultyLevel): Promise<void> => db.open();
  const refused = async (db: FaultyLevel): Promise<void> => {
    const isLocked = (error: Error): boolean => (error.cause as { code?: string }).code === "LEVEL_LOCKED";
    await assert.rejects(db.open(), isLocked);
  };
  // Finished, and still alive: the lock stays with it.
  await live(one, open);
  await live(one, refused);
  one.world.kill(one.world.spawn());
  await live(one, refused);

  const other = stand();
  await live(other, async (db) => {
    await db.open();
    await db.close();
  });
  await live(other, open);
});

test("FaultyLevel keeps what was synced through a power cut, and whole batches of the rest", async () => {
  const plan = [{ at: 4, form: "before" as const, power: true }];
  const one = stand({ plan });
  const outcome = await live(one, async (db) => {
    await db.open();
    await db.put(key(1), key(1));
    await db.put(key(2), key(2), { sync: true } as object);
    await db.put(key(3), key(3));
    await db.put(key(4), key(4));
  });
  assert.equal(outcome, "killed");
  const kept = one.medium.range({}).map(([found]) => found[0]);
  assert.ok([1, 2].every((byte) => kept.includes(byte)));
  assert.ok(!kept.includes(4));
});

test("FaultyLevel's writes can fail, having taken place or not", async () => {
  for (const form of ["refused", "unanswered"] as const) {
    const one = stand({ plan: [{ at: 1, form }] });
    await live(one, async (db) => {
      await db.open();
      await assert.rejects(db.put(key(1), key(1)), /simulated failure of the disk/);
      assert.deepEqual(await db.get(key(1)), form === "refused" ? undefined : key(1));
    });
  }
});

test("FaultyLevel leaves a part of a range behind when a clear is cut off", async () => {
  const one = stand({ plan: [{ at: 3, form: "before" }] });
  await live(one, async (db) => {
    await db.batch([1, 2, 3, 4, 5].map((byte) => ({ type: "put" as const, key: key(byte), value: key(byte) })));
    await db.clear();
  });
  assert.deepEqual(
    one.medium.range({}).map(([found]) => found[0]),
    [4, 5],
  );
});
