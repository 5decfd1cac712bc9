/** Savepoints in a directory: whole or not there at all, whatever happens to the machine, and free to be moved. */
import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { isTidemarkError, type StateEntry } from "@tidemark/core";
import { openSavepoint, type SavepointLocation, type SnapshotImage } from "@tidemark/core/savepoints";

import { nodeFileSystem, savepointDirectory } from "../../src/file/mod.ts";
import { withDirectory } from "../temp-directory.ts";
import { type CrashForm, CrashingDisk, type Failure, systemError } from "./crashing-disk.ts";

/** A snapshot with positions and nothing else. */
function image(slices: readonly (readonly StateEntry[])[] = []): SnapshotImage {
  return {
    name: "image",
    identity: "image",
    facts: {
      job: "job",
      checkpointId: 7,
      generation: 1,
      keyGroups: 128,
      keyHashVersion: 0,
      takenAt: 0,
      drained: false,
      sources: [{ sourceId: "numbers", enumerator: Uint8Array.of(1), splits: [] }],
      operators: [],
      operatorStates: [],
      sinks: [],
    },
    async *scan() {
      yield* slices;
    },
    close: async () => undefined,
  };
}

/** 1,000 bytes under a key that the codec of version 0 knows: key group 0, operator "o", state "s", key 0 to 9, none. */
const slices = Array.from({ length: 10 }, (_, key): readonly StateEntry[] => [
  {
    key: Uint8Array.of(0, 0, 0x50, 0x6f, 0, 0x50, 0x73, 0, 0x30, 0xbf, 0xf0 + key, 0, 0, 0, 0, 0, 0, 0x10),
    value: new Uint8Array(1_000),
  },
]);

/** The checkpoint of the savepoint that is there, if one is. */
async function found(location: SavepointLocation): Promise<number | undefined> {
  try {
    const snapshot = await openSavepoint(location);
    let bytes = 0;
    for await (const slice of snapshot.image.scan({ from: new Uint8Array(0), to: Uint8Array.of(0xff, 0xff) })) {
      for (const { value } of slice) bytes += value.length;
    }
    assert.equal(bytes, 10_000);
    return snapshot.checkpointId;
  } catch (error) {
    if (isTidemarkError(error) && error.code === "CHECKPOINT_MISSING") return undefined;
    throw error;
  }
}

test("savepointDirectory: it can be moved as a whole, and other files in it stay (MET-02)", async () => {
  await withDirectory(async (directory) => {
    const [first, second] = [join(directory, "deep", "one"), join(directory, "two")];
    await savepointDirectory(first).write(image(slices));
    await writeFile(join(first, "notes.txt"), "taken before the upgrade");
    await rename(first, second);
    assert.equal(await found(savepointDirectory(second)), 7);
    assert.equal(await found(savepointDirectory(first)), undefined);
    await assert.rejects(savepointDirectory(second).write(image()), { code: "SAVEPOINT_EXISTS", message: /two"/ });
    await savepointDirectory(second).delete();
    assert.deepEqual(await nodeFileSystem.readdir(second), ["notes.txt"]);
  });
});

const FORMS: readonly CrashForm[] = ["before", "torn", "after"];
const FAILURES: readonly Failure[] = ["power", "power, removals first", "process"];

test("savepointDirectory: whole or not there after a crash at any effect, and then it can be written", async () => {
  const calm = new CrashingDisk();
  const at = (disk: CrashingDisk): SavepointLocation => savepointDirectory("/save", { fileSystem: disk.fileSystem });
  await at(calm).write(image(slices));
  for (const form of FORMS) {
    for (const failure of FAILURES) {
      for (let crashAt = 1; crashAt <= calm.effects; crashAt++) {
        const disk = new CrashingDisk(crashAt, form);
        await Promise.race([at(disk).write(image(slices)), disk.crashed]);
        const next = disk.restart(failure);
        if ((await found(at(next))) === undefined) await at(next).write(image(slices));
        assert.equal(await found(at(next)), 7, `${form} effect ${crashAt}, ${failure}`);
        await at(next).delete();
        assert.deepEqual([...next.files().keys()], []);
      }
    }
  }
});

test("savepointDirectory: says which file the disk refused", async () => {
  const fileSystem = { ...nodeFileSystem, mkdir: () => Promise.reject(systemError("EROFS")) };
  await assert.rejects(savepointDirectory("/save", { fileSystem }).write(image()), {
    code: "STATE_IO",
    message: /Cannot write "\/save\/savepoint": EROFS/,
  });
});
