import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, "../../../..");

/**
 * Tests the examples of a page: each is a program that is compiled and run as it stands there.
 *
 * @param count how many there are, so that none is lost by the way it is written.
 */
export function testExamples(page: string, count: number): void {
  const text = readFileSync(join(ROOT, page), "utf8");
  const programs = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  // Beside this file, so that they find the packages as it does.
  const folder = mkdtempSync(join(HERE, ".examples-"));
  programs.forEach((code, index) => writeFileSync(join(folder, `${index}.ts`), code));

  test(`${page} has an example for each of its subjects`, () => {
    assert.equal(programs.length, count);
  });

  test(`the examples of ${page} compile`, async () => {
    const compilerOptions = { noEmit: true, composite: false, incremental: false, rootDir: ROOT };
    const project = {
      extends: relative(folder, join(ROOT, "tsconfig.tests.json")),
      compilerOptions,
      include: ["*.ts"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    const compiler = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"];
    const said = await new Promise<string>((done) => {
      execFile(join(ROOT, "scripts/node"), compiler, (_error, stdout, stderr) => done(stdout + stderr));
    });
    assert.equal(said, "");
  });

  for (const index of programs.keys()) {
    test(`example ${index} of ${page} does what it says`, async () => {
      await import(pathToFileURL(join(folder, `${index}.ts`)).href);
    });
  }

  test.after(() => rmSync(folder, { recursive: true }));
}
