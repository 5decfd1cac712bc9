import { openDirectory } from "./directory.ts";
import { inspectFiles } from "./files/inspect.ts";
import { HeadWitness } from "./head-witness.ts";
import type { LevelDatabase } from "./level-database.ts";

/** A database that is to be opened, and who remembers how far its head had come. */
export interface WitnessedDatabase {
  readonly database: LevelDatabase;
  /** `undefined` where there is no directory to keep it in. */
  readonly witness: HeadWitness | undefined;
}

/**
 * The database of the package `level`. It is loaded only when it is needed, so that whoever brings a database needs none.
 *
 * @throws {StateError} STATE_CORRUPT if the directory does not hold everything that it should.
 */
export async function openLevel(location: string, name: string): Promise<WitnessedDatabase> {
  const directory = await openDirectory(location);
  const witness = directory === undefined ? undefined : new HeadWitness(directory, name);
  if (directory !== undefined && witness !== undefined) {
    const inspect = (): Promise<void> => inspectFiles({ directory, name, witness });
    // Files that a process works on change while they are looked through. That one must be named, not the damage.
    await inspect().catch(() => assertUnlocked(location).then(inspect));
  }
  const { Level } = await import("level");
  const database = new Level<Uint8Array, Uint8Array>(location, { keyEncoding: "view", valueEncoding: "view" });
  return { database, witness };
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
