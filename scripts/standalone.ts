/**
 * Proves that the packages stand alone: packs them, installs the archives into empty folders, runs the README's program
 * there on Node 20, Node 24 and Deno, and looks at what else came along.
 *
 *     npm run test:packages
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cleanPackages } from "./clean.ts";
import { execute, seconds } from "./execute.ts";
import { programOf } from "./runtimes.ts";
import { ROOT, packages } from "./workspace.ts";

const PROGRAM_MARK = "// readme-program";
const RUN_TIMEOUT_MS = 5 * 60_000;

/** One set of packages that somebody may install. */
interface Selection {
  readonly name: string;
  readonly packages: readonly string[];
  /** Dependencies that must not come along. */
  readonly unwanted: readonly string[];
  /** Modules to import; each must load. */
  readonly entries: readonly string[];
  readonly readme: boolean;
}

const CONNECTORS = ["file", "iterable", "generator", "console", "push", "throttle"].map(
  (name) => `@tidemark/connectors/${name}`,
);
const CORE = [
  "@tidemark/core",
  "@tidemark/core/aggregates",
  "@tidemark/core/async",
  "@tidemark/core/explain",
  "@tidemark/core/savepoints",
  "@tidemark/core/calendar",
  "@tidemark/core/windows",
  "@tidemark/core/joins",
  "@tidemark/core/lock",
  "@tidemark/core/state",
  "@tidemark/core/internal",
  "@tidemark/core/testing",
];

const SELECTIONS: readonly Selection[] = [
  {
    name: "core and memory",
    packages: ["core", "backend-memory"],
    unwanted: ["level", "classic-level", "@aws-sdk"],
    entries: [...CORE, "@tidemark/backend-memory", "@tidemark/backend-memory/testing"],
    readme: false,
  },
  {
    name: "core, LevelDB and connectors",
    packages: ["core", "backend-leveldb", "connectors"],
    unwanted: ["@aws-sdk", "@tidemark/backend-memory"],
    entries: [...CORE, "@tidemark/backend-leveldb", "@tidemark/backend-leveldb/testing", ...CONNECTORS],
    readme: true,
  },
  {
    name: "core and S3",
    packages: ["core", "backend-s3"],
    unwanted: ["level", "classic-level", "@aws-sdk", "@tidemark/backend-memory"],
    entries: ["@tidemark/core", "@tidemark/backend-s3", "@tidemark/backend-s3/testing"],
    readme: false,
  },
];

let passed = 0;
const failures: string[] = [];

function report(name: string, problem: string | undefined): void {
  if (problem === undefined) {
    passed += 1;
    console.log(`ok      ${name}`);
    return;
  }
  failures.push(name);
  console.log(`FAILED  ${name}\n${problem.trimEnd()}`);
}

async function mustRun(program: string, programArguments: readonly string[], cwd?: string): Promise<string> {
  const outcome = await execute(program, programArguments, cwd === undefined ? {} : { cwd });
  if (!outcome.succeeded) throw new Error(`Cannot run ${program} ${programArguments.join(" ")}:\n${outcome.output}`);
  return outcome.stdout;
}

/** Builds everything from nothing and packs it; returns the archive of each package. */
async function packAll(folder: string): Promise<ReadonlyMap<string, string>> {
  cleanPackages();
  await mustRun(join(ROOT, "node_modules/.bin/tsc"), ["-b", ...packages().map((each) => each.folder)]);
  const archives = new Map<string, string>();
  for (const each of packages()) {
    const [packed] = JSON.parse(
      await mustRun("npm", ["pack", "--json", "--pack-destination", folder], each.folder),
    ) as readonly { readonly filename: string; readonly files: readonly { readonly path: string }[] }[];
    if (packed === undefined) throw new Error(`Cannot pack ${each.name}`);
    archives.set(each.name, join(folder, packed.filename));
    const stray = packed.files
      .map((file) => file.path)
      .filter(
        (path) => !/^(?:dist|src)\/.+\.(?:ts|js|map)$|^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path),
      );
    report(
      `${each.name} packs ${packed.files.length} files, all of them meant`,
      stray.length > 0 ? stray.join("\n") : undefined,
    );
  }
  return archives;
}

/** The program of the README, or `undefined` while it has none. */
function readmeProgram(): string | undefined {
  const path = join(ROOT, "README.md");
  if (!existsSync(path)) return undefined;
  const blocks = readFileSync(path, "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, code = ""]) => code).find((code) => code.includes(PROGRAM_MARK));
}

/** Every installed package, as its name. */
function installed(folder: string): readonly string[] {
  const names = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);
  return names(join(folder, "node_modules")).flatMap((name) =>
    name.startsWith("@") ? names(join(folder, "node_modules", name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

async function runIn(folder: string, file: string, rows: string | undefined): Promise<void> {
  const programs: readonly (readonly [string, string, readonly string[]])[] = [
    ["Node 20", programOf("node20") ?? "", [file.replace(/\.ts$/, ".mjs")]],
    ["Node 24", programOf("node24") ?? "", [file]],
    ["Deno", programOf("deno") ?? "", ["run", "--allow-all", "--node-modules-dir=manual", file]],
  ];
  for (const [runtime, program, programArguments] of programs) {
    if (program === "") continue;
    for (const made of ["state", "delays"]) rmSync(join(folder, made), { recursive: true, force: true });
    const outcome = await execute(program, programArguments, { cwd: folder, timeoutMs: RUN_TIMEOUT_MS });
    let problem = outcome.succeeded ? undefined : outcome.output;
    if (problem === undefined && rows !== undefined && countRows(join(folder, rows)) === 0) {
      problem = `the program wrote no row into ${rows}\n${outcome.output}`;
    }
    report(`${file} on ${runtime}`, problem);
  }
}

/** How many rows stand in the files of a folder; what begins with a dot or an underscore is not output. */
function countRows(folder: string): number {
  if (!existsSync(folder)) return 0;
  let rows = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const lines = entry.isDirectory() ? [] : readFileSync(path, "utf8").split("\n");
    rows += entry.isDirectory() ? countRows(path) : lines.filter((line) => line.startsWith("{")).length;
  }
  return rows;
}

/** Writes the same program twice: as it is, and as plain JavaScript for a runtime that cannot read TypeScript. */
async function writeProgram(folder: string, file: string, code: string): Promise<void> {
  const { transform } = await import("esbuild");
  writeFileSync(join(folder, file), code);
  const plain = await transform(code, { loader: "ts", format: "esm", target: "node20" });
  writeFileSync(join(folder, file.replace(/\.ts$/, ".mjs")), plain.code);
}

async function tryOut(
  selection: Selection,
  archives: ReadonlyMap<string, string>,
  program: string | undefined,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-alone-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "newcomer", private: true, type: "module" }));
    const chosen = selection.packages.map((name) => archives.get(name) ?? name);
    await mustRun("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...chosen], folder);
    const names = installed(folder);
    const unwanted = names.filter((name) =>
      selection.unwanted.some((each) => name === each || name.startsWith(`${each}/`)),
    );
    report(`${selection.name}: nothing unwanted comes along`, unwanted.length > 0 ? unwanted.join("\n") : undefined);
    const imports = selection.entries.map((entry) => `await import(${JSON.stringify(entry)});`).join("\n");
    await writeProgram(folder, "entries.ts", `${imports}\n`);
    await runIn(folder, "entries.ts", undefined);
    if (!selection.readme || program === undefined) return;
    for (const input of ["flights.ndjson"]) {
      writeFileSync(join(folder, input), readFileSync(join(ROOT, "scripts/fixtures", input)));
    }
    await writeProgram(folder, "readme.ts", program);
    await runIn(folder, "readme.ts", "delays");
  } catch (error) {
    report(selection.name, String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const startedAt = performance.now();
const archiveFolder = mkdtempSync(join(tmpdir(), "tidemark-archives-"));
try {
  const archives = await packAll(archiveFolder);
  const program = readmeProgram();
  report(
    "README.md has a program",
    program === undefined ? `no \`\`\`ts block has the line "${PROGRAM_MARK}"` : undefined,
  );
  for (const selection of SELECTIONS) await tryOut(selection, archives, program);
} finally {
  rmSync(archiveFolder, { recursive: true, force: true });
}
console.log(`\nAll of it took ${seconds(performance.now() - startedAt)}`);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
