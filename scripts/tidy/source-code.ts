/** Reads TypeScript just far enough for the repository's own rules: without comments, and by its imports. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TOKENS =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`/g;

const isComment = (token: string): boolean => token.startsWith("//") || token.startsWith("/*");
const lineBreaks = (text: string): string => text.replace(/[^\n]/g, "");

/** The text with each comment replaced by its line breaks. */
export function withoutComments(text: string): string {
  return text.replace(TOKENS, (token) => (isComment(token) ? lineBreaks(token) : token));
}

/** The text without comments and without what quoted strings say; templates stay, as they hold code. */
export function codeOnly(text: string): string {
  return text.replace(TOKENS, (token) => {
    if (isComment(token)) return lineBreaks(token);
    return token.startsWith("`") ? token : '""';
  });
}

/** How many lines hold code. */
export function codeLines(text: string): number {
  return withoutComments(text)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

/** What a module imports or re-exports, as written. */
export function importsOf(text: string): readonly string[] {
  const found = withoutComments(text).matchAll(
    /(?:^\s*(?:import|export)\s(?:[^;"'`]*?\sfrom\s*)?|\bimport\s*\(\s*)(?:"([^"\n]+)"|'([^'\n]+)')/gm,
  );
  return [...found].map(([, double, single]) => double ?? single ?? "");
}

/** The files of the same package that a file imports, as full paths. */
export function relativeImportsOf(path: string): readonly string[] {
  return importsOf(readFileSync(path, "utf8"))
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => join(dirname(path), specifier));
}

/**
 * The first cycle among the files, as the paths along it, or `undefined`.
 *
 * @param isFree tells of an import whether it may be part of a cycle. Default: none may.
 */
export function findCycle(
  files: readonly string[],
  isFree: (from: string, to: string) => boolean = () => false,
): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    const at = path.indexOf(file);
    if (at !== -1) return [...path.slice(at), file];
    if (done.has(file) || !files.includes(file)) return undefined;
    for (const next of relativeImportsOf(file)) {
      if (isFree(file, next)) continue;
      const cycle = visit(next, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
