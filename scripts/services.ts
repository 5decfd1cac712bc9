/**
 * Runs the tests that need a real server or a real browser, and starts it first.
 *
 *     npm run test:services
 *     npm run test:services -- --where-possible    without a server it says so, and does not fail
 *     npm run test:services -- --only suite        the files whose path holds this
 *
 * With TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY_ID and TEST_S3_SECRET_ACCESS_KEY set, it is another S3 server that is tested.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { execute, seconds } from "./execute.ts";
import { runJunit } from "./lanes/run-junit.ts";
import { programOf } from "./runtimes.ts";
import { findChromium } from "./services/chromium.ts";
import { withS3 } from "./services/s3-server.ts";
import { ROOT, filesUnder, fromRoot } from "./workspace.ts";

const TESTS = join(ROOT, "service-tests/test");

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    "where-possible": { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

const workerd = programOf("workerd");
const log = (line: string): void => console.log(line);

/** What one run of the test runner brought. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const NOTHING: Counts = { passed: 0, failed: 0 };

function filesOf(folder: string): readonly string[] {
  return filesUnder(join(TESTS, folder), (path) => path.endsWith(".test.ts")).filter(
    (path) => fromRoot(path).includes(values.only) && (workerd !== undefined || !path.endsWith("isolates.test.ts")),
  );
}

async function runFolder(folder: string, env: Readonly<Record<string, string>>): Promise<Counts> {
  const files = filesOf(folder);
  if (files.length === 0) return NOTHING;
  const startedAt = performance.now();
  const temporary = mkdtempSync(join(tmpdir(), "tidemark-services-"));
  const { cases, succeeded, output } = await runJunit({
    program: process.execPath,
    programArguments: (report) => [
      "--conditions=@tidemark/source",
      "--test",
      "--test-concurrency=2",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
      ...files,
    ],
    env: { ...env, TMPDIR: temporary },
    files,
    leftOut: [],
  });
  rmSync(temporary, { recursive: true, force: true });
  const passed = cases.filter(({ result }) => result === "passed").length;
  // What is skipped here was meant to run, and a runner that ends badly without naming a test has failed too.
  const failed = Math.max(cases.length - passed, succeeded && passed > 0 ? 0 : 1);
  if (failed > 0 || values.verbose) log(output);
  // What tests say about themselves is worth a line: how often they killed, and how long it took.
  else for (const [, said = ""] of output.matchAll(/^ℹ (.* \d+\.\d s)$/gm)) log(`${folder}: ${said}`);
  log(
    `${folder}: ${passed} passed, ${failed} failed in ${seconds(performance.now() - startedAt)} (${files.length} files)`,
  );
  return { passed, failed };
}

// The processes that are killed run what users get.
const build = await execute("npm", ["run", "--silent", "build"]);
if (!build.succeeded) {
  log(build.output);
  throw new Error("Cannot test: the packages do not build");
}

const local = await runFolder("local", {});
let isMissing = false;
function missing(folder: string, found: string): Counts {
  isMissing = true;
  log(`${folder}: did not run: ${found}`);
  return NOTHING;
}

if (workerd === undefined) log(`isolates: npm has no workerd for ${process.platform}-${process.arch}, they do not run`);
const remote = await withS3({ log }, (environment) =>
  runFolder("s3", { ...environment, ...(workerd === undefined ? {} : { TEST_WORKERD: workerd }) }),
).then((ran) => ("missing" in ran ? missing("s3", ran.missing) : ran.result));

async function runInBrowser(): Promise<Counts> {
  if (filesOf("browser").length === 0) return NOTHING;
  const chromium = await findChromium(log);
  if ("missing" in chromium) return missing("browser", chromium.missing);
  return runFolder("browser", { TEST_CHROMIUM: chromium.path });
}
const paged = await runInBrowser();

const ran = [local, remote, paged];
const passed = ran.reduce((sum, counts) => sum + counts.passed, 0);
const failed = ran.reduce((sum, counts) => sum + counts.failed, 0);
log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || (isMissing && !values["where-possible"]) ? 1 : 0;
