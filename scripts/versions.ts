/** Applies the waiting changesets, then brings deno.json and the lock file to the same versions. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { execute } from "./execute.ts";
import { ROOT, packages } from "./workspace.ts";

/** Writes each package's version into its deno.json; returns the names of those that changed. */
export function syncDenoVersions(): readonly string[] {
  const changed: string[] = [];
  for (const { folder, name, manifest } of packages()) {
    const path = join(folder, "deno.json");
    const before = readFileSync(path, "utf8");
    // The text is edited, not rewritten, so that its layout stays as the formatter left it.
    const after = before.replace(/("version":\s*)"[^"]*"/, `$1"${manifest.version}"`);
    if (after === before) continue;
    writeFileSync(path, after);
    changed.push(`${name} ${manifest.version}`);
  }
  return changed;
}

async function step(program: string, ...programArguments: string[]): Promise<void> {
  const outcome = await execute(program, programArguments);
  process.stdout.write(outcome.output);
  if (!outcome.succeeded) process.exit(1);
}

if (import.meta.main) {
  if (!process.argv.includes("--sync-only")) await step(join(ROOT, "node_modules/.bin/changeset"), "version");
  for (const line of syncDenoVersions()) console.log(`deno.json: ${line}`);
  await step("npm", "install", "--package-lock-only");
}
