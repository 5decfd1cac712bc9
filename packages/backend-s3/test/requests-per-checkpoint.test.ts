import assert from "node:assert/strict";
import { test } from "node:test";
import { standardEnv, type StateStore } from "@tidemark/core";
import { countingObjectClient } from "@tidemark/core/testing";
import { s3 } from "@tidemark/backend-s3";
import { mapStore } from "./map-client.ts";
import { OneProcess } from "./one-process.ts";

test("s3: a checkpoint makes three requests, two where little changed, and deleting is rare", async (context) => {
  const counting = countingObjectClient(mapStore().client);
  const backend = s3({ bucket: "bucket", prefix: "job", client: counting.client });
  const process = await OneProcess.start(backend, 1);
  await process.session.release([await process.checkpoint(1)]);
  const rounds = 160;
  const most: number[] = [];
  counting.reset();
  for (let epoch = 2; epoch < 2 + rounds; epoch++) {
    const before = { ...counting.counts };
    await process.write(epoch, { [`key ${epoch % 40}`]: "x".repeat(5_000), [`other ${epoch}`]: "y" });
    const retained = await process.checkpoint(epoch);
    most.push(counting.counts.puts - before.puts + counting.counts.gets - before.gets);
    await process.session.release([retained]);
  }
  const { gets, puts, lists, deletes, writtenBytes } = counting.counts;
  context.diagnostic(
    `${(puts / rounds).toFixed(2)} puts, ${(gets / rounds).toFixed(2)} gets, ${(deletes / rounds).toFixed(2)} deletes, ` +
      `${Math.round(writtenBytes / rounds)} bytes for each checkpoint of 5,000 changed bytes`,
  );
  assert.deepEqual([...new Set(most)], [3]);
  assert.equal(puts, 3 * rounds);
  assert.ok(gets + deletes <= rounds * 0.25, `${gets} gets and ${deletes} deletes for ${rounds} checkpoints`);
  assert.equal(lists, 0);

  // A fold goes on behind the checkpoints, and what it has made is written with the next one.
  await (process.store as StateStore & { folded(): Promise<void> }).folded();
  await process.write(499, { "key 1": "little" });
  await process.checkpoint(499);
  counting.reset();
  await process.write(500, { "key 1": "small" });
  await process.checkpoint(500);
  assert.equal(counting.counts.puts, 2);
});

test("s3: the requests of a checkpoint do not grow with the subtasks (FM-01)", async () => {
  const counting = countingObjectClient(mapStore().client);
  const session = await s3({ bucket: "bucket", prefix: "job", client: counting.client }).open({
    name: "job",
    env: standardEnv({ log: () => undefined }),
  });
  await session.rollback(0);
  const stores = await Promise.all(
    Array.from({ length: 16 }, (_, at) =>
      session.openStore({ owner: `0-${at}`, generation: 1, keyGroups: { first: at, last: at }, parts: [] }),
    ),
  );
  counting.reset();
  for (const [at, store] of stores.entries()) {
    const puts = [{ key: Uint8Array.of(0, at, 1), value: new Uint8Array(20_000) }];
    await store.write(1, { puts, deletes: [], rangeDeletes: [] });
    await store.seal(1);
  }
  await session.flush(1);
  assert.equal(counting.counts.puts, 1);
});
