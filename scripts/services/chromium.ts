/**
 * Finds the browser that the service tests run pages in: Debian's Chromium, installed by `apt-get` where that is allowed and
 * the browser is not there yet.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { execute, seconds } from "../execute.ts";

/** Where the browser is, or why there is none. */
export type FoundBrowser = { readonly path: string } | { readonly missing: string };

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"] as const;
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const STARTS_WITHIN_MS = 60_000;

/** What to do where there is no browser. */
const REMEDY = "Install it (Debian: apt-get install chromium), or say where one is: TEST_CHROMIUM";

/** A browser that starts. */
export async function findChromium(log: (line: string) => void): Promise<FoundBrowser> {
  const path = given() ?? onPath() ?? (await installed(log));
  if (path === undefined) return { missing: `there is no Chromium. ${REMEDY}` };
  // It may lack what it needs of the system.
  const version = await execute(path, ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"], {
    timeoutMs: STARTS_WITHIN_MS,
  });
  return version.succeeded ? { path } : { missing: `${path} does not start:\n${version.output.trim()}\n${REMEDY}` };
}

function given(): string | undefined {
  const path = process.env["TEST_CHROMIUM"];
  return path === "" ? undefined : path;
}

function onPath(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** Only as the superuser of a Debian, as in a container of continuous integration. */
async function installed(log: (line: string) => void): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  const startedAt = performance.now();
  log("Installing Chromium with apt-get: takes about a minute, once");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  for (const command of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
    const { succeeded, output } = await execute("apt-get", ["--quiet", ...command], {
      env,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (succeeded) continue;
    log(`apt-get ${command.join(" ")} failed: ${output.trim().split("\n").at(-1)}`);
    return undefined;
  }
  log(`Installed Chromium in ${seconds(performance.now() - startedAt)}`);
  return onPath();
}
