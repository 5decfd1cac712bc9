// runtimes: node24, deno, bun
/** Every example of the guide, of other pages and of the comments is compiled, and the whole programs do what they say. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { commentExamples, type Example, pageExamples, pagePrograms, printedBy, ROOT } from "./examples.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const TIME_LIMIT_MS = 120_000;

/** Beside this test, so that they find the packages as it does. */
const folder = mkdtempSync(join(HERE, ".examples-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const pages = pageExamples();
const programs = pagePrograms();
const comments = commentExamples();

/** What needs a place that is not there: another server, a checkpoint taken before, a test runner. */
const APART = /from "(?:@tidemark\/backend-s3[^"]*|node:test)"|openCheckpoints?\(/;

function write(into: string, examples: readonly Example[]): string {
  const programs = join(folder, into);
  mkdirSync(programs);
  examples.forEach(({ code }, index) => writeFileSync(join(programs, fileOf(index)), `${code}\nexport {};\n`));
  return programs;
}

const fileOf = (index: number): string => `${String(index).padStart(3, "0")}.ts`;

function said(program: string, programArguments: readonly string[]): Promise<string> {
  return new Promise((done) => {
    const options = { cwd: folder, timeout: TIME_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, programArguments, options, (error, stdout, stderr) =>
      done(error === null ? stdout : `${stdout}${stderr}`),
    );
  });
}

test("the pages have examples, and the guide has some on each page", () => {
  for (const page of ["README.md", "docs/composition.md", "docs/state.md", "docs/windows.md", "docs/dead-letters.md"]) {
    assert.ok(
      pages.some(({ name }) => name.startsWith(page)),
      page,
    );
  }
  assert.ok(pages.filter(({ name }) => name.startsWith("docs/guide/")).length >= 6);
  for (const { name, code } of programs) assert.match(code, /^import /m, name);
  assert.ok(comments.length > 50);
});

test("every example is a program of its own", () => {
  const apart = pages.filter(({ code }) => !/^import /m.test(code));
  assert.deepEqual(
    apart.map(({ name }) => name),
    [],
  );
});

// The compiler says the same on every runtime.
if (!("Deno" in globalThis) && !("Bun" in globalThis)) {
  test("the examples compile", async () => {
    const all = [...pages, ...programs, ...comments];
    const compiled = write("compiled", all);
    const compilerOptions = { noEmit: true, composite: false, incremental: false, rootDir: ROOT };
    const project = {
      extends: relative(compiled, join(ROOT, "tsconfig.tests.json")),
      compilerOptions,
      include: ["*.ts"],
    };
    writeFileSync(join(compiled, "tsconfig.json"), JSON.stringify(project));
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const errors = await said(process.execPath, [compiler, "-p", compiled, "--pretty", "false"]);
    const named = errors.replaceAll(/^.*?(\d{3})\.ts/gm, (_, index: string) => all[Number(index)]?.name ?? index);
    assert.equal(named, "");
  });
}

test("the examples run, and print what they say", async () => {
  const run = [...pages, ...comments.filter(({ code }) => /^import /m.test(code))].filter(
    ({ code }) => !APART.test(code),
  );
  const written = write("run", run);
  const conditions = ["--conditions=@tidemark/source"];
  const how = "Deno" in globalThis ? ["run", "--allow-all", "--no-check", ...conditions] : conditions;
  const child = fileURLToPath(new URL("run-examples.ts", import.meta.url));
  const output = await said(process.execPath, [...how, child, written, join(ROOT, "scripts/fixtures")]);
  const results = new Map<string, { readonly printed: readonly string[]; readonly failure?: string }>();
  for (const line of output.split("\n").filter((each) => each.startsWith("{"))) {
    const { file, ...result } = JSON.parse(line) as { file: string; printed: readonly string[]; failure?: string };
    results.set(file, result);
  }
  const problems = run.flatMap((example, index) => {
    const result = results.get(fileOf(index));
    if (result === undefined) return [`${example.name} was not run:\n${output.slice(-2_000)}`];
    if (result.failure !== undefined) return [`${example.name} failed: ${result.failure}`];
    const expected = printedBy(example);
    if (expected.length === 0 || expected.join("\n") === result.printed.join("\n")) return [];
    return [`${example.name} printed:\n${result.printed.join("\n")}`];
  });
  assert.equal(problems.join("\n\n"), "");
});
