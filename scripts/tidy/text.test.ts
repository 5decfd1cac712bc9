/** Rules that hold for every tracked text file, whatever it is. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { ROOT, trackedFiles } from "../workspace.ts";

const SIZE_BYTES_MAX = 1024 * 1024;

// Put together from pieces, so that this file does not break its own rules.
const MACHINE_PATHS = new RegExp(`(?<![\\w.@-])/(?:${["work", "root", "home", "Users"].join("|")})/[\\w.-]+`);
const REGISTRY_HOSTS = new RegExp(
  `https?://[\\w.-]*(?:${["regis" + "try", "arti" + "factory", "npm" + "mirror"].join("|")})`,
);
const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`);

const files = trackedFiles();
const texts = files
  .map((path) => ({ path, bytes: readFileSync(join(ROOT, path)) }))
  .filter(({ bytes }) => !bytes.includes(0))
  .map(({ path, bytes }) => ({ path, text: bytes.toString("utf8") }));

function offenders(pattern: RegExp, accept: (path: string) => boolean = () => true): readonly string[] {
  return texts
    .filter(({ path }) => accept(path))
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .map((line, index) => (pattern.test(line) ? `${path}:${index + 1}: ${line.trim().slice(0, 120)}` : ""))
        .filter((found) => found !== ""),
    );
}

test("no file names a path of one machine", () => {
  assert.deepEqual(offenders(MACHINE_PATHS), []);
});

test("no file names a package registry's host", () => {
  assert.deepEqual(offenders(REGISTRY_HOSTS), []);
});

test("the lock file holds no download address", () => {
  assert.deepEqual(
    offenders(/"resolved":\s*"https?:/, (path) => path === "package-lock.json"),
    [],
  );
});

test("nothing is left unfinished in a comment", () => {
  // node:test has an option of the same name in lower case; the rule is about notes in capitals.
  assert.deepEqual(
    offenders(UNFINISHED, (path) => /\.(?:ts|md|json|sh)$/.test(path) && path !== "package-lock.json"),
    [],
  );
});

test("no file is larger than one mebibyte", () => {
  assert.deepEqual(
    files.filter((path) => statSync(join(ROOT, path)).size > SIZE_BYTES_MAX),
    [],
  );
});

test("text files end with one line break and hold no carriage return", () => {
  const odd = texts.filter(({ path, text }) => {
    if (/(?:^|\/)(?:fixtures|golden)\//.test(path) || text === "") return false;
    return text.includes("\r") || !text.endsWith("\n") || text.endsWith("\n\n");
  });
  assert.deepEqual(
    odd.map(({ path }) => path),
    [],
  );
});
