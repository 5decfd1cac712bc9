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
  /** What goes by itself: tables that are to be checked. */
  readonly pending: readonly string[];
}

/** Finds what stands in the directory for a time only. Called in no turn in which the witness is written. */
export async function leftFiles({ directory, tables }: Pick<LevelFiles, "directory" | "tables">): Promise<LeftFiles> {
  const left = (await directory.list()).filter((file) => LEFT_FILE.test(file));
  const isPending = (file: string): boolean => file.endsWith(".unchecked") && !tables.isFinished;
  return { orphaned: left.filter((file) => !isPending(file)), pending: left.filter(isPending) };
}

/** Finds files that neither LevelDB nor this backend has written. */
export async function foreignFiles(directory: Directory): Promise<readonly string[]> {
  const files = await directory.list();
  return files.filter((file) => !KNOWN_FILE.test(file) && !LEFT_FILE.test(file)).map((file) => `file ${file}`);
}
