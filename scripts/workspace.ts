/** Where things are in this repository, and how to read them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** One published package. */
export interface Package {
  /** The folder's name, such as `backend-memory`. */
  readonly name: string;
  /** The full path of its folder. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The parts of a package.json that the scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Reads a JSON file of a shape that the caller knows. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

/** The published packages, `core` first, the others by name. */
export function packages(): readonly Package[] {
  const names = readdirSync(join(ROOT, "packages"))
    .filter((name) => existsSync(join(ROOT, "packages", name, "package.json")))
    .toSorted((a, b) => Number(b === "core") - Number(a === "core") || a.localeCompare(b));
  return names.map((name) => {
    const folder = join(ROOT, "packages", name);
    return { name, folder, manifest: readJson<Manifest>(join(folder, "package.json")) };
  });
}

const IGNORED = new Set(["node_modules", "dist", "docs-out", ".git", ".tsbuild", ".turbo", ".node20", ".workerd"]);

/** The files under a folder that `accept` takes, as full paths in a fixed order; none if the folder is missing. */
export function filesUnder(folder: string, accept: (path: string) => boolean = () => true): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !IGNORED.has(entry.name))
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path, accept);
      return accept(path) ? [path] : [];
    });
}

/** The path as seen from the root, with forward slashes. */
export function fromRoot(path: string): string {
  return relative(ROOT, path).split(sep).join("/");
}

/** Every file that git tracks or would track, as seen from the root. */
export function trackedFiles(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}
