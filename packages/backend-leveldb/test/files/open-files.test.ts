import assert from "node:assert/strict";
import { test } from "node:test";
import type { Directory } from "../../src/directory.ts";
import { OPEN_FILES_MAX, OpenFiles } from "../../src/files/open-files.ts";
import { memoryDirectory } from "./level-files.ts";

/** Notes which files are open, and how often one was opened. */
function watched(directory: Pick<Directory, "openFile">) {
  const open: string[] = [];
  let opened = 0;
  const files = new OpenFiles((name) => {
    const file = directory.openFile(name);
    open.push(name);
    opened++;
    return { ...file, close: () => void open.splice(open.indexOf(name), 1) };
  });
  return { files, open, opened: () => opened };
}

const directory = memoryDirectory(
  new Map(Array.from({ length: OPEN_FILES_MAX + 2 }, (_, index) => [`${index}`, Uint8Array.of(index)])),
);

test("OpenFiles: a file that is asked for again is opened once", () => {
  const { files, open, opened } = watched(directory);
  for (const name of ["0", "1", "0", "1"]) assert.equal(files.get(name).readSync(0, 1)[0], Number(name));
  assert.equal(opened(), 2);
  files.close("0");
  files.close("0");
  assert.deepEqual(open, ["1"]);
  files.get("0");
  assert.equal(opened(), 3);
  files.closeAll();
  assert.deepEqual(open, []);
});

test("OpenFiles: no more are open than may be, and those that were used last stay", () => {
  const { files, open } = watched(directory);
  for (let index = 0; index < OPEN_FILES_MAX; index++) files.get(`${index}`);
  files.get("0");
  files.get(`${OPEN_FILES_MAX}`);
  assert.equal(open.length, OPEN_FILES_MAX);
  assert.ok(open.includes("0"));
  assert.ok(!open.includes("1"));
});

test("OpenFiles: a file that cannot be opened is not kept", () => {
  const { files, open } = watched(directory);
  assert.throws(() => files.get("none"), { code: "ENOENT" });
  assert.throws(() => files.get("none"), { code: "ENOENT" });
  assert.deepEqual(open, []);
});
