// runtimes: node24
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type RetainedEpoch, standardEnv } from "@tidemark/core";
import { countingObjectClient } from "@tidemark/core/testing";
// @boundaries-ignore the local tier is any backend of the user's: this test gives the one it is meant for
import { leveldb } from "@tidemark/backend-leveldb";
import { s3 } from "@tidemark/backend-s3";
import { mapStore } from "./map-client.ts";
import { keyOf, OneProcess } from "./one-process.ts";

/** Machines, each a directory, around one store. */
async function withMachines(
  run: (start: (machine: string, generation: number, restored?: RetainedEpoch) => Promise<Machine>) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "tidemark-local-"));
  const store = mapStore();
  try {
    await run(async (machine, generation, restored) => {
      const counting = countingObjectClient(store.client);
      const local = leveldb(join(root, machine));
      const backend = s3({ bucket: "bucket", prefix: "job", client: counting.client, local, cacheLimitBytes: 0 });
      return { process: await OneProcess.start(backend, generation, restored), counting, backend };
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Machine {
  readonly process: OneProcess;
  readonly counting: ReturnType<typeof countingObjectClient>;
  readonly backend: ReturnType<typeof s3>;
}

const LARGE = "x".repeat(300_000);

test("LOC-01 s3 local: after a restart on the same machine no state is read from the store", async () => {
  await withMachines(async (start) => {
    const first = await start("a", 1);
    assert.equal(first.backend.capabilities.syncReads, true);
    assert.notEqual(first.backend.paging, undefined);
    await first.process.write(1, { a: LARGE, b: "1" });
    const one = await first.process.checkpoint(1);
    await first.process.session.release([one]);
    await first.process.write(2, { b: "2", c: "2" });
    const two = await first.process.checkpoint(2);
    await first.process.session.release([two]);
    await first.process.write(3, { b: "lost" });
    await first.process.session.close();

    const second = await start("a", 2, two);
    assert.ok(second.counting.counts.readBytes < 20_000, `${second.counting.counts.readBytes} bytes read`);
    assert.equal(second.process.store.readSync?.(keyOf("a"))?.length, LARGE.length);
    assert.deepEqual(await second.process.lines(), [`a=${LARGE}`, "b=2", "c=2"]);
    await second.process.session.close();
  });
});

test("LOC-01 s3 local: the checkpoint before the head is found locally too, as after a crash between the two", async () => {
  await withMachines(async (start) => {
    const first = await start("a", 1);
    await first.process.write(1, { a: LARGE });
    const one = await first.process.checkpoint(1);
    await first.process.session.release([one]);
    await first.process.write(2, { b: "2" });
    // Sealed and flushed; the process ends before the head lists it.
    await first.process.store.seal(2);
    await first.process.session.flush(2);
    await first.process.session.close();
    const second = await start("a", 2, one);
    assert.ok(second.counting.counts.readBytes < 20_000);
    assert.deepEqual(await second.process.lines(), [`a=${LARGE}`]);
    await second.process.session.close();
  });
});

test("LOC-01 RES-07 s3 local: another machine is filled from the store, and an old copy is emptied before", async () => {
  await withMachines(async (start) => {
    const first = await start("a", 1);
    await first.process.write(1, { a: LARGE, old: "1" });
    const one = await first.process.checkpoint(1);
    await first.process.session.release([one]);
    await first.process.session.close();

    const second = await start("b", 2, one);
    assert.ok(second.counting.counts.readBytes > 300_000);
    assert.deepEqual(await second.process.lines(), [`a=${LARGE}`, "old=1"]);
    await second.process.store.write(11, { puts: [], deletes: [keyOf("old")], rangeDeletes: [] });
    await second.process.write(11, { new: "11" });
    const eleven = await second.process.checkpoint(11);
    await second.process.session.release([eleven]);
    await second.process.session.close();

    // Back on the first machine: its copy is of a checkpoint that nobody restores any more.
    const third = await start("a", 3, eleven);
    assert.deepEqual(await third.process.lines(), [`a=${LARGE}`, "new=11"]);
    await third.process.write(21, { again: "21" });
    const last = await third.process.checkpoint(21);
    await third.process.session.release([last]);
    await third.process.session.close();
    const fourth = await start("a", 4, last);
    assert.ok(fourth.counting.counts.readBytes < 20_000);
    assert.deepEqual(await fourth.process.lines(), [`a=${LARGE}`, "again=21", "new=11"]);
    await fourth.process.session.close();
  });
});

test("LOC-01 s3 local: a copy whose epochs have the right number and another content is not believed", async () => {
  await withMachines(async (start) => {
    const first = await start("a", 1);
    await first.process.write(1, { a: "of this machine" });
    const mine = await first.process.checkpoint(1);
    await first.process.session.close();
    const other = await start("b", 2);
    await other.process.write(1, { a: "of the other" });
    const theirs = await other.process.checkpoint(1);
    await other.process.session.close();
    assert.notDeepEqual(mine.handles, theirs.handles);
    const second = await start("a", 3, theirs);
    assert.deepEqual(await second.process.lines(), ["a=of the other"]);
    await second.process.session.close();
  });
});

test("LOC-01 s3 local: looking into a job opens no local copy, and so needs none", async () => {
  await withMachines(async (start) => {
    const { process, backend } = await start("a", 1);
    await process.write(1, { a: "1" });
    await process.session.release([await process.checkpoint(1)]);
    // The first one has its copy open still.
    const looking = await backend.open({ name: "job", env: standardEnv({ log: () => undefined }), readOnly: true });
    await looking.close();
    await process.write(2, { b: "2" });
    assert.deepEqual(await process.lines(), ["a=1", "b=2"]);
    await process.session.close();
  });
});
