import { leveldb } from "@tidemark/backend-leveldb";
import { changesOf } from "./kill-model.ts";
import { openOne } from "./one-job.ts";

const [path = "", from = "0", handle = ""] = process.argv.slice(2);

const start = Number(from);
const restored = handle === "" ? undefined : Uint8Array.from(Buffer.from(handle, "hex"));
const { session, store } = await openOne(leveldb(path), start, restored);

for (let epoch = start + 1; ; epoch++) {
  const changes = changesOf(epoch);
  const half = changes.length >> 1;
  // The same keys twice in one epoch, so that a kill falls between the first and the last overwrite.
  for (const part of [changes.slice(0, half), changes.slice(half), changes]) {
    await store.write(epoch, {
      puts: part.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
      deletes: part.flatMap(({ key, value }) => (value === undefined ? [key] : [])),
      rangeDeletes: [],
    });
  }
  const sealed = await store.seal(epoch);
  await session.flush(epoch);
  process.stdout.write(`${epoch} ${Buffer.from(sealed).toString("hex")}\n`);
  if (epoch > 3) await session.release([{ epoch: epoch - 2, manifest: "", handles: [] }]);
}
