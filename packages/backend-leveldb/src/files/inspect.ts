import { StateError } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";
import { damagedDatabase } from "../level-errors.ts";
import type { Inspection } from "./inspection.ts";
import { DATA_FILE, padded } from "./file-names.ts";
import { type LevelVersion, readVersion, type TablePlace } from "./level-version.ts";
import { scanLog } from "./log-records.ts";
import { type LogCut, readLogs } from "./log-tail.ts";

/** What was found. */
export interface Findings {
  /** Logs that must be cut off before LevelDB opens the database. */
  readonly cuts: readonly LogCut[];
  /** The files of its tables. */
  readonly tables: ReadonlyMap<string, TablePlace>;
}

const NOTHING: Findings = { cuts: [], tables: new Map() };

/**
 * Looks through the files of a database before LevelDB opens it, but not into its tables, and changes nothing. LevelDB takes
 * what it can read, passes over damage in its log without an error, and deletes what it then believes to be of no use.
 *
 * @throws {StateError} STATE_CORRUPT if it would not find everything that was promised.
 */
export async function inspectFiles(inspection: Inspection): Promise<Findings> {
  const { directory, name, witness } = inspection;
  const files = await directory.list();
  // What was killed before it had a first log holds nothing yet, and LevelDB begins anew.
  if (!files.includes("CURRENT") && !files.some((file) => DATA_FILE.test(file))) {
    await witness.assertNotOlder(0);
    return NOTHING;
  }
  const version = await versionOf(inspection, files);
  const tables = new Map<string, TablePlace>();
  for (const [number, place] of version.tables) {
    const file = [`${padded(number)}.ldb`, `${padded(number)}.sst`].find((each) => files.includes(each));
    if (file === undefined) throw damagedDatabase(name, `its file ${padded(number)}.ldb is missing`);
    tables.set(file, place);
  }
  return { tables, cuts: await readLogs(inspection, version, files) };
}

async function versionOf({ directory, name }: Inspection, files: readonly string[]): Promise<LevelVersion> {
  if (!files.includes("CURRENT")) throw damagedDatabase(name, "its file CURRENT is missing");
  const current = new TextDecoder().decode(await directory.read("CURRENT"));
  const manifest = files.find((file) => `${file}\n` === current);
  if (manifest === undefined) {
    throw damagedDatabase(name, `its file CURRENT says ${JSON.stringify(current)}, which is no file of it`);
  }
  const bytes = await directory.read(manifest);
  return orDamaged(name, manifest, () => {
    const { records, soundBytes, hasHole } = scanLog(bytes);
    if (hasHole) throw new Error(`it is damaged behind byte ${soundBytes}, and goes on behind the damage`);
    return readVersion(records);
  });
}

/**
 * Runs a check of a file.
 *
 * @throws {StateError} STATE_CORRUPT that names the file, if the check throws.
 */
export function orDamaged<T>(name: string, file: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw damagedDatabase(name, `its file ${file} is damaged: ${messageOf(error)}`);
  }
}
