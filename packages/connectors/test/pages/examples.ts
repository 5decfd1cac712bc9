/** The examples of the pages in docs and of the comments in the sources. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const ROOT: string = fileURLToPath(new URL("../../../../", import.meta.url));

/** One fenced block of TypeScript. */
export interface Example {
  /** The file that it stands in, and how many stand before it there: `docs/state.md 2`. */
  readonly name: string;
  readonly code: string;
}

/** Pages whose blocks are whole programs, each for itself. Others have tests of their own. */
const PAGES = [
  "README.md",
  "docs/composition.md",
  "docs/state.md",
  "docs/windows.md",
  "docs/joins.md",
  "docs/dead-letters.md",
];

/** Pages whose blocks are one program together. What they do is run by tests of their own, or needs what is not there. */
const PROGRAMS = ["docs/savepoints.md", "docs/testing.md", "docs/warm-standby.md"];

/** The programs of whole pages, as one file each: what a file of the page imports from another one of it is there. */
export function pagePrograms(): readonly Example[] {
  return PROGRAMS.map((page) => ({
    name: page,
    code: blocksOf(page, readText(page))
      .map(({ code }) => code)
      .join("\n")
      .replaceAll(/^import .* from "\.\/.*";$/gm, ""),
  }));
}

/** All examples of the pages, those of `docs/guide` first. */
export function pageExamples(): readonly Example[] {
  const guide = readdirSync(join(ROOT, "docs/guide")).toSorted();
  return [...guide.map((name) => `docs/guide/${name}`), ...PAGES].flatMap((page) => blocksOf(page, readText(page)));
}

/** All `@example`s of the packages. */
export function commentExamples(): readonly Example[] {
  return readdirSync(join(ROOT, "packages")).flatMap((name) =>
    sourcesUnder(join(ROOT, "packages", name, "src")).flatMap((path) => {
      const text = readFileSync(path, "utf8").replaceAll(/^ *\* ?/gm, "");
      return blocksOf(relative(ROOT, path), text.includes("@example") ? text : "");
    }),
  );
}

/** What an example says that it prints, line by line: what stands behind `// prints`. */
export function printedBy({ code }: Example): readonly string[] {
  return [...code.matchAll(/^ *\/\/ prints (.*)$/gm)].map(([, line = ""]) => line);
}

function blocksOf(path: string, text: string): readonly Example[] {
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  return blocks.map((code, index) => ({ name: `${path} ${index + 1}`, code }));
}

function readText(page: string): string {
  try {
    return readFileSync(join(ROOT, page), "utf8");
  } catch {
    return "";
  }
}

function sourcesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourcesUnder(path);
      return entry.name.endsWith(".ts") ? [path] : [];
    });
}
