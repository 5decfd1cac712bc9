/** Removes everything that the scripts make. `tsc -b` leaves the output of a deleted source behind; this does not. */
import { rmSync } from "node:fs";
import { join } from "node:path";

import { ROOT, packages } from "./workspace.ts";

/** Removes the built files of the packages, and what remembers that they were built. */
export function cleanPackages(): void {
  for (const { folder } of packages()) {
    for (const made of ["dist", ".tsbuild"]) rmSync(join(folder, made), { recursive: true, force: true });
  }
}

if (import.meta.main) {
  cleanPackages();
  for (const made of [
    ".turbo",
    ".tsbuild",
    "apps/demo/.tsbuild",
    "bench/.tsbuild",
    "sim/.tsbuild",
    "runtime-tests/.tsbuild",
    "service-tests/.tsbuild",
  ]) {
    rmSync(join(ROOT, made), { recursive: true, force: true });
  }
}
