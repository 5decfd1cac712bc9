import type { Directory } from "../directory.ts";
import type { LevelFiles } from "../open-level.ts";

/** What a crash may leave of ours. */
const LEFT_FILE = /^(\d+\.unchecked|head\.witness\.next)$/;

/** LevelDB's own files, and the witness. */
const KNOWN_FILE = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp)|head\.witness)$/;

/** What stands in a directory for a time. */
export interface LeftFiles {
  /** What nothing needs any more. */
  readonly orphaned: readonly string[];
  /** What goes by itself: second names of tables, each until its table was checked and the name removed. */
  readonly pending: readonly string[];
}

/** Finds what stands in the directory for a time only. Called in no turn in which the witness is written. */
export async function leftFiles({ directory, tables }: Pick<LevelFiles, "directory" | "tables">): Promise<LeftFiles> {
  // Asked first: a name that goes while the directory is read is among them, whether the directory still shows it or not.
  const inUse = tables.secondNames();
  const left = (await directory.list()).filter((file) => LEFT_FILE.test(file));
  return { orphaned: left.filter((file) => !inUse.has(file)), pending: left.filter((file) => inUse.has(file)) };
}

/** Finds files that neither LevelDB nor this backend has written. */
export async function foreignFiles(directory: Directory): Promise<readonly string[]> {
  const files = await directory.list();
  return files.filter((file) => !KNOWN_FILE.test(file) && !LEFT_FILE.test(file)).map((file) => `file ${file}`);
}
