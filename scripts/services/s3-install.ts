/**
 * Builds the S3 server that the service tests run against: versitygw, over a folder of files. Its version and the
 * checksum of every module it is made of stand in `versitygw/go.mod` and `versitygw/go.sum`; Go refuses anything else.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

import { execute, seconds } from "../execute.ts";
import { ROOT } from "../workspace.ts";

/** Where the server is, or why there is none. */
export type Installed = { readonly path: string } | { readonly missing: string };

const MODULE = join(ROOT, "scripts/services/versitygw");
const FOLDER = join(ROOT, ".services");
const PROGRAM = "github.com/versity/versitygw/cmd/versitygw";
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** What to do where there is no server. */
export const REMEDY =
  "Install Go 1.25 or newer (https://go.dev/dl), or say where another S3 server is: TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY_ID, " +
  "TEST_S3_SECRET_ACCESS_KEY and, if it is not us-east-1, TEST_S3_REGION";

/** The pinned version, as `go.mod` has it. */
export function pinnedVersion(): string {
  const found = /versity\/versitygw (v\S+)/.exec(readFileSync(join(MODULE, "go.mod"), "utf8"));
  if (found?.[1] === undefined) throw new Error("Cannot read scripts/services/versitygw/go.mod: it names no version");
  return found[1];
}

/** The program, built on the first call and kept in `.services` until another version is pinned. */
export async function installS3(log: (line: string) => void): Promise<Installed> {
  const path = programPath();
  if (existsSync(path)) return { path };
  const go = await execute("go", ["version"]);
  if (!go.succeeded) return { missing: `there is no "go" to build the S3 server with. ${REMEDY}` };
  log(`Building versitygw ${pinnedVersion()} with ${go.stdout.trim()}: takes a minute or three, once`);
  mkdirSync(FOLDER, { recursive: true });
  const made = `${path}.${process.pid}`;
  const build = await execute("go", ["build", "-trimpath", "-ldflags=-s -w", "-o", made, PROGRAM], {
    cwd: MODULE,
    env: { GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off" },
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  if (!build.succeeded) return { missing: `versitygw could not be built:\n${build.output.trim()}\n${REMEDY}` };
  renameSync(made, path);
  log(`Built versitygw in ${seconds(build.durationMs)}`);
  return { path };
}

/** Named by what it is built from, so that nothing stale is ever run. */
function programPath(): string {
  const hash = createHash("sha256");
  for (const name of ["go.mod", "go.sum"]) hash.update(readFileSync(join(MODULE, name)));
  return join(FOLDER, `versitygw-${pinnedVersion()}-${hash.digest("hex").slice(0, 12)}`);
}

if (import.meta.main) {
  const installed = await installS3((line) => console.log(line));
  if ("missing" in installed) {
    console.error(`Cannot install the S3 server: ${installed.missing}`);
    process.exitCode = 1;
  } else console.log(installed.path);
}
