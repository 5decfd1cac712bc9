import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** So many files share what they import: fewer, and loading takes longer than most files; more, and two cores end apart. */
const FILES_MAX = 8;

/** Files that each run several files of tests, one after the other. */
export interface Groups {
  readonly files: readonly string[];
  /** Removes them. */
  remove(): void;
}

/** Puts files of tests together, in their order: what they import is loaded once for all of a group. */
export function inGroups(files: readonly string[]): Groups {
  const folder = mkdtempSync(join(tmpdir(), "tidemark-groups-"));
  const groups: string[] = [];
  for (let start = 0; start < files.length; start += FILES_MAX) {
    const group = join(folder, `${groups.length}.test.mjs`);
    const imports = files.slice(start, start + FILES_MAX).map((file) => `import "${pathToFileURL(file).href}";\n`);
    writeFileSync(group, imports.join(""));
    groups.push(group);
  }
  return { files: groups, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
