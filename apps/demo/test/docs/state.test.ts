/** The examples of docs/state.md, each a program that is compiled and run as it stands there. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../../../..");
const text = readFileSync(join(ROOT, "docs/state.md"), "utf8");
const programs = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
// Beside this test, so that they find the packages as it does.
const folder = mkdtempSync(join(HERE, ".examples-"));
programs.forEach((code, index) => writeFileSync(join(folder, `${index}.ts`), code));

test("docs/state.md has an example for each of its subjects", () => {
  assert.equal(programs.length, 9);
});

test("the examples of docs/state.md compile", async () => {
  const compilerOptions = { noEmit: true, composite: false, incremental: false, rootDir: ROOT };
  const project = { extends: relative(folder, join(ROOT, "tsconfig.tests.json")), compilerOptions, include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
  const compiler = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"];
  const said = await new Promise<string>((done) => {
    execFile(join(ROOT, "scripts/node"), compiler, (_error, stdout, stderr) => done(stdout + stderr));
  });
  assert.equal(said, "");
});

for (const index of programs.keys()) {
  test(`example ${index} of docs/state.md does what it says`, async () => {
    await import(pathToFileURL(join(folder, `${index}.ts`)).href);
  });
}

test.after(() => rmSync(folder, { recursive: true }));
