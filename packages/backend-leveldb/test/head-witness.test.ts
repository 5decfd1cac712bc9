import assert from "node:assert/strict";
import { test } from "node:test";
import { HeadWitness } from "../src/head-witness.ts";
import { memoryDirectory } from "./files/level-files.ts";

const witnessOf = (files: Map<string, Uint8Array>): HeadWitness =>
  new HeadWitness(memoryDirectory(files), "the database");
const newFiles = (): Map<string, Uint8Array> =>
  new Map([
    ["000009.log", new Uint8Array(10)],
    ["000010.log", new Uint8Array(20)],
    ["999999.log", new Uint8Array(25)],
    ["1000000.log", new Uint8Array(30)],
    ["LOG", new Uint8Array(40)],
  ]);

test("HeadWitness: says what the newest head was, and where it ended in the newest log", async () => {
  const files = newFiles();
  assert.equal(await witnessOf(files).read(), undefined);
  await witnessOf(files).write(7);
  assert.deepEqual(await witnessOf(files).read(), { version: 7, log: 1_000_000, logBytes: 30 });
  assert.deepEqual([...(files.get("head.witness") as Uint8Array)].slice(0, 6), [0x54, 0x4d, 0x4c, 0x57, 0, 0]);
});

test("HeadWitness: refuses an older head, and says what was found and what to do", async () => {
  const files = newFiles();
  await witnessOf(files).write(7);
  await witnessOf(files).assertNotOlder(7);
  await witnessOf(files).assertNotOlder(8);
  for (const [version, found] of [
    [6, "its head is version 6"],
    [0, "it has no head"],
  ] as const) {
    await assert.rejects(witnessOf(files).assertNotOlder(version), {
      code: "STATE_CORRUPT",
      message:
        `Cannot use the database: ${found}, and head.witness has seen version 7. Put back a copy of all of /state. Or ` +
        "delete head.witness there to go on from what is left: rows that were committed after that checkpoint may then " +
        "be written twice, or be refused by their sinks",
    });
  }
  files.delete("head.witness");
  await witnessOf(files).assertNotOlder(0);
});

test("HeadWitness: is refused itself where it is damaged", async () => {
  const files = newFiles();
  await witnessOf(files).write(7);
  const sound = files.get("head.witness") as Uint8Array;
  for (let at = 0; at < sound.length; at++) {
    for (const damaged of [sound.slice(0, at), sound.map((byte, index) => (index === at ? byte ^ 1 : byte))]) {
      files.set("head.witness", damaged);
      await assert.rejects(witnessOf(files).assertNotOlder(9), {
        code: "STATE_CORRUPT",
        message: /head\.witness.*is damaged/,
      });
    }
  }
});

test("HeadWitness: that it cannot be written is said with STATE_IO", async () => {
  const directory = memoryDirectory(newFiles());
  const full = { ...directory, replace: () => Promise.reject(new Error("no space left")) };
  await assert.rejects(new HeadWitness(full, "the database").write(1), {
    code: "STATE_IO",
    retryable: false,
    message: /^Cannot write head\.witness beside the database: no space left\. .*start the job again$/,
  });
});
