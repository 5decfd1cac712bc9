import { type BatchOrder, orderedByLogs, UNORDERED } from "./batch-order.ts";
import { IndexedLevel } from "./browser/indexed-level.ts";
import { type Directory, openDirectory } from "./directory.ts";
import { inspectFiles } from "./files/inspect.ts";
import type { Inspection } from "./files/inspection.ts";
import { keepTables } from "./files/keep-tables.ts";
import type { LogCut } from "./files/log-tail.ts";
import type { TableCheck } from "./files/table-check.ts";
import { HeadWitness } from "./head-witness.ts";
import { noDatabase } from "./level-errors.ts";
import type { LevelDatabase } from "./level-database.ts";

/** What is in the directory of every database, whole or damaged. */
const DATABASE_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/;

/** What a database is opened with. */
export interface LevelOpening {
  readonly location: string;
  /** What messages call it. */
  readonly name: string;
  /** Whether nothing may be made where no database is. */
  readonly mustExist: boolean;
  /**
   * As soon as a few hundred reads have passed a table in vain, LevelDB merges it with those beneath, so that each costs all
   * that its keys are spread over: the larger this is, the less often.
   */
  readonly writeBufferBytes: number;
}

/** A database that is to be opened, and what stands beside it. */
export interface MadeDatabase {
  readonly database: LevelDatabase;
  readonly order: BatchOrder;
  /** Its directory; `undefined` for a database that was given, and where there is no disk. */
  readonly files?: LevelFiles | undefined;
}

/** The files of a database. */
export interface LevelFiles {
  readonly directory: Directory;
  /** Who remembers how far its head had come. */
  readonly witness: HeadWitness;
  /** Who checks its tables. */
  readonly tables: TableCheck;
}

/**
 * The database of the package `level`, or IndexedDB where there is no disk, as in a browser. The package is loaded only when
 * it is needed, so that whoever brings a database needs none.
 *
 * @throws {StateError} STATE_CORRUPT if the directory does not hold everything that it should.
 * @throws {CheckpointError} CHECKPOINT_MISSING if there has to be a database, and is none.
 */
export async function openLevel(opening: LevelOpening): Promise<MadeDatabase> {
  const { location, name, mustExist, writeBufferBytes } = opening;
  const directory = await openDirectory(location);
  if (directory === undefined) return { database: indexedLevel(location, name, mustExist), order: UNORDERED };
  if (mustExist && !(await directory.list()).some((file) => DATABASE_FILE.test(file))) {
    throw noDatabase(name, directory.path);
  }
  const files = await prepareFiles(directory, location, name);
  const { Level } = await import("level");
  const database = new Level<Uint8Array, Uint8Array>(location, {
    keyEncoding: "view",
    valueEncoding: "view",
    writeBufferSize: writeBufferBytes,
  });
  return { database, files, order: orderedByLogs(directory) };
}

function indexedLevel(location: string, name: string, mustExist: boolean): LevelDatabase {
  // The types say that there are such things everywhere.
  const { locks } = globalThis.navigator as { readonly locks?: LockManager };
  return new IndexedLevel({ location, name, mustExist, locks });
}

/**
 * Looks through the files of a directory, and cuts off what a power failure left behind a gap. A process that opens the
 * database meanwhile changes them: then that one is named, and not the damage that its changes look like.
 */
export async function prepareFiles(directory: Directory, location: string, name: string): Promise<LevelFiles> {
  const witness = new HeadWitness(directory, name);
  if ((await directory.list()).length > 0) await assertUnlocked(location);
  const { cuts, tables } = await lookThrough({ directory, name, witness }).catch(async (error: unknown) => {
    await assertUnlocked(location);
    throw error;
  });
  if (cuts.length > 0) await assertUnlocked(location);
  for (const { file, bytes } of cuts) await directory.cut(file, bytes);
  return { directory, witness, tables };
}

async function lookThrough(inspection: Inspection): Promise<{ cuts: readonly LogCut[]; tables: TableCheck }> {
  const findings = await inspectFiles(inspection);
  return { cuts: findings.cuts, tables: await keepTables(inspection, findings) };
}

/** Asks LevelDB for its lock, and for nothing else: it is told to open neither a database that is there nor a new one. */
async function assertUnlocked(location: string): Promise<void> {
  const { Level } = await import("level");
  try {
    await new Level(location, { createIfMissing: false, errorIfExists: true }).open();
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: unknown } };
    if (cause?.code === "LEVEL_LOCKED") throw error;
  }
}
