import { StateError } from "@tidemark/core";
import { messageOf } from "@tidemark/core/internal";
import type { Directory } from "../directory.ts";
import type { HeadWitness } from "../head-witness.ts";
import { damagedDatabase } from "../level-errors.ts";
import { littleEndian } from "./fixed.ts";
import { type LevelVersion, readVersion } from "./level-version.ts";
import { type LogScan, scanLog } from "./log-records.ts";
import { checkTable } from "./table.ts";

const LOG_FILE = /^(\d+)\.log$/;
const DATA_FILE = /^\d+\.(log|ldb|sst)$/;

/** A record of a log begins with the number of its first change (8 bytes) and how many changes it holds (4). */
const BATCH_HEADER_BYTES = 12;

/** What is looked through. */
export interface Inspection {
  readonly directory: Directory;
  /** What messages call the database. */
  readonly name: string;
  readonly witness: HeadWitness;
}

/**
 * Looks through the files of a database before LevelDB opens it, and changes nothing. LevelDB takes what it can read,
 * passes over damage in its log and in its blocks without an error, and deletes what it then believes to be of no use.
 *
 * @throws {StateError} STATE_CORRUPT if it would not find everything that was ever synced.
 */
export async function inspectFiles(inspection: Inspection): Promise<void> {
  const { directory, name, witness } = inspection;
  const files = await directory.list();
  // What was killed before it had a first log holds nothing yet, and LevelDB begins anew.
  if (!files.includes("CURRENT") && !files.some((file) => DATA_FILE.test(file))) return witness.assertNotOlder(0);
  const version = await versionOf(inspection, files);
  for (const number of version.tables) {
    const file = [`${padded(number)}.ldb`, `${padded(number)}.sst`].find((each) => files.includes(each));
    if (file === undefined) throw damagedDatabase(name, `its file ${padded(number)}.ldb is missing`);
    await check(inspection, file, checkTable);
  }
  await inspectLogs(inspection, version, files);
}

async function versionOf(inspection: Inspection, files: readonly string[]): Promise<LevelVersion> {
  const { directory, name } = inspection;
  if (!files.includes("CURRENT")) throw damagedDatabase(name, "its file CURRENT is missing");
  const current = new TextDecoder().decode(await directory.read("CURRENT"));
  const manifest = files.find((file) => `${file}\n` === current);
  if (manifest !== undefined) return check(inspection, manifest, (bytes) => readVersion(wholeScan(bytes).records));
  throw damagedDatabase(name, `its file CURRENT says ${JSON.stringify(current)}, which is no file of it`);
}

/** Every record must be there: LevelDB numbers the changes, so that one that is missing shows. */
async function inspectLogs(inspection: Inspection, version: LevelVersion, files: readonly string[]): Promise<void> {
  const { name, witness } = inspection;
  const witnessed = await witness.read();
  const { logNumber, lastSequence } = version;
  const logs = new Map(files.flatMap((file) => (LOG_FILE.test(file) ? [[Number.parseInt(file), file]] : [])));
  if (logNumber > 0 && !logs.has(logNumber)) throw damagedDatabase(name, `its log ${padded(logNumber)}.log is missing`);
  let next: number | undefined;
  let witnessedBytes = 0;
  for (const [number, file] of [...logs].toSorted(([a], [b]) => a - b)) {
    if (number < logNumber) continue;
    next = await check(inspection, file, (bytes) => {
      const { records, soundBytes } = wholeScan(bytes);
      if (number === witnessed?.log) witnessedBytes = soundBytes;
      return followed(records, next, lastSequence);
    });
  }
  // A log before the oldest one that counts has become a table.
  if (witnessed !== undefined && witnessed.log >= logNumber) witness.assertReached(witnessed, witnessedBytes);
}

function wholeScan(bytes: Uint8Array): LogScan {
  const scan = scanLog(bytes);
  if (!scan.hasHole) return scan;
  throw new Error(`it is damaged behind byte ${scan.soundBytes}, and goes on behind the damage`);
}

/** The number of the change that follows on these records, if they follow on those before. */
function followed(records: readonly Uint8Array[], next: number | undefined, inTables: number): number | undefined {
  let expected = next;
  for (const record of records) {
    if (record.length < BATCH_HEADER_BYTES) throw new Error(`it holds a record of ${record.length} bytes`);
    const first = littleEndian(record, 0, 8);
    const isNext = expected === undefined ? first <= inTables + 1 : first === expected;
    if (!isNext) throw new Error(`it lacks the changes from ${expected ?? inTables + 1} up to ${first}`);
    expected = first + littleEndian(record, 8, 4);
  }
  return expected;
}

/** Reads a file and checks it. */
async function check<T>({ directory, name }: Inspection, file: string, run: (bytes: Uint8Array) => T): Promise<T> {
  const bytes = await directory.read(file);
  try {
    return run(bytes);
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw damagedDatabase(name, `its file ${file} is damaged: ${messageOf(error)}`);
  }
}

/** A file number as LevelDB writes it. */
function padded(number: number): string {
  return String(number).padStart(6, "0");
}
