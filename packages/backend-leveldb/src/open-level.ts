import { StateError } from "@tidemark/core";
import type { LevelDatabase } from "./level-database.ts";

/** Files that a LevelDB database leaves behind, whatever else is lost. */
const LEVEL_FILE = /^(MANIFEST-\d+|\d+\.(log|ldb|sst))$/;

/**
 * The database of the package `level`. It is loaded only when it is needed, so that whoever brings a database needs none.
 *
 * @throws {StateError} STATE_CORRUPT if the directory holds a database without its file CURRENT: LevelDB would take it for
 * a new one, and delete what is there.
 */
export async function openLevel(location: string): Promise<LevelDatabase> {
  const files = await filesOf(location);
  if (!files.includes("CURRENT") && files.some((file) => LEVEL_FILE.test(file))) {
    throw new StateError(
      "STATE_CORRUPT",
      `Cannot open leveldb "${location}": the directory holds a database, but its file CURRENT is missing. Put the ` +
        "database back from a copy, or restore a savepoint into an empty directory",
      { details: { location } },
    );
  }
  const { Level } = await import("level");
  return new Level<Uint8Array, Uint8Array>(location, { keyEncoding: "view", valueEncoding: "view" });
}

/** The names in a directory; none where there is no directory, or no file system at all. */
async function filesOf(location: string): Promise<readonly string[]> {
  try {
    const { readdir } = await import("node:fs/promises");
    return await readdir(location);
  } catch {
    return [];
  }
}
