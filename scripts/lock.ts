/**
 * Completes package-lock.json with the platform packages that npm left out.
 *
 *     npm run lock
 *
 * A tool that ships one package per platform names them all as optional dependencies. npm leaves those out of the lock
 * file that the registry at hand does not have, and then `npm ci` refuses the lock file everywhere. The entries added
 * here have no integrity: npm fills it in when a machine of that platform first installs them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./workspace.ts";

/** One package in the lock file. */
export interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The lock file. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const SYSTEMS: Readonly<Record<string, string>> = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win32: "win32",
  windows: "win32",
};

const PROCESSORS: Readonly<Record<string, string>> = {
  "64": "x64",
  aarch64: "arm64",
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  loong64: "loong64",
  mips64el: "mips64el",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  x64: "x64",
};

/** The platform that a package is for, by the words of its name; `undefined` if it names none. */
export function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> | undefined {
  const words = name.split(/[/-]/);
  const os = words.map((word) => SYSTEMS[word]).find((each) => each !== undefined);
  const cpu = words.map((word) => PROCESSORS[word]).find((each) => each !== undefined);
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os !== "linux" ? [] : words.some((word) => word.startsWith("musl")) ? ["musl"] : [];
  return { os: [os], cpu: [cpu], ...(libc.length > 0 && { libc }) };
}

/** An optional dependency that no entry of the lock file stands for. */
export interface Missing {
  /** Where its entry belongs. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
}

const EXACT = /^\d+\.\d+\.\d+$/;

/** The optional dependencies that are asked for by an exact version and have no entry of it. */
export function missingFrom(lock: Lock): readonly Missing[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([, version]) => EXACT.test(version))
      .flatMap(([name, version]) => {
        const top = `node_modules/${name}`;
        const nested = path === "" ? top : `${path}/${top}`;
        if (lock.packages[nested] !== undefined || lock.packages[top]?.version === version) return [];
        // A second version of a package stands inside the one that asks for it.
        return [{ path: lock.packages[top] === undefined ? top : nested, name, version }];
      }),
  );
}

function entryFor({ name, version }: Missing): LockEntry {
  const platform = platformOf(name);
  if (platform === undefined) throw new Error(`Cannot complete the lock file: ${name} names no platform`);
  return { version, ...platform, ...(!name.startsWith("node-") && { dev: true }), optional: true };
}

if (import.meta.main) {
  const path = join(ROOT, "package-lock.json");
  let lock = JSON.parse(readFileSync(path, "utf8")) as Lock;
  let added = 0;
  // One at a time: whether a second version has to nest depends on where the first one went.
  for (let [next] = missingFrom(lock); next !== undefined; [next] = missingFrom(lock)) {
    lock = { ...lock, packages: { ...lock.packages, [next.path]: entryFor(next) } };
    added += 1;
  }
  const entries = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`);
  console.log(`${added} entries added`);
}
