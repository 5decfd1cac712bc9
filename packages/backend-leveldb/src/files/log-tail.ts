import type { Directory } from "../directory.ts";
import { damagedDatabase } from "../level-errors.ts";
import { byNumber, LOG_FILE, numberOf, padded } from "./file-names.ts";
import { littleEndian } from "./fixed.ts";
import type { Inspection } from "./inspection.ts";
import type { LevelVersion } from "./level-version.ts";
import { type LogScan, scanLogFile } from "./log-records.ts";

/** A record of a log begins with the number of its first change (8 bytes) and how many changes it holds (4). */
const BATCH_HEADER_BYTES = 12;

/** A log that must be cut off behind its first `bytes` bytes. */
export interface LogCut {
  readonly file: string;
  readonly bytes: number;
}

/** The place in the logs where something is missing or damaged, and more follows. */
interface Gap {
  readonly at: LogCut;
  readonly found: string;
}

/**
 * Reads the logs that count. Every batch must be there: LevelDB numbers the changes, so that one that is missing shows.
 *
 * Behind the newest head that was witnessed nothing was promised. A power failure may leave a gap there, since batches are
 * synced once for each checkpoint: the disk may have a later piece of a log, or a later log, and lack an earlier one. LevelDB
 * would pass over the gap and take what follows, which may rest upon what is missing. So the logs must be cut off at
 * the gap first. It cuts nothing itself.
 *
 * @returns the cuts to make, none as a rule. Logs behind the gap are emptied and not deleted: so LevelDB does not use their numbers again.
 * @throws {StateError} STATE_CORRUPT if something is missing that was promised.
 */
export async function readLogs(
  inspection: Inspection,
  { logNumber, lastSequence }: LevelVersion,
  files: readonly string[],
): Promise<readonly LogCut[]> {
  const { directory, name, witness } = inspection;
  const logs = files.filter((file) => LOG_FILE.test(file) && numberOf(file) >= logNumber).toSorted(byNumber);
  if (logNumber > 0 && logs.every((file) => numberOf(file) > logNumber)) {
    throw damagedDatabase(name, `its log ${padded(logNumber)}.log is missing`);
  }
  const witnessed = await witness.read();
  let witnessedBytes = 0;
  let gap: Gap | undefined;
  let next: number | undefined;
  const cuts: LogCut[] = [];
  for (const [index, file] of logs.entries()) {
    if (gap !== undefined) {
      cuts.push({ file, bytes: 0 });
      continue;
    }
    const read = readLog(await scanned(directory, file), file, { isFirst: index === 0, next, inTables: lastSequence });
    next = read.next;
    gap = read.gap;
    if (gap !== undefined) cuts.push(gap.at);
    if (numberOf(file) === witnessed?.log) witnessedBytes = read.soundBytes;
  }
  // A log before the oldest one that counts has become a table.
  const isInLogs = witnessed !== undefined && witnessed.log >= logNumber;
  if (gap !== undefined && (witnessed === undefined || (isInLogs && witnessedBytes < witnessed.logBytes))) {
    throw damagedDatabase(name, `its file ${gap.at.file} is damaged: ${gap.found}`);
  }
  if (isInLogs) witness.assertReached(witnessed, witnessedBytes);
  return cuts;
}

interface Before {
  readonly isFirst: boolean;
  /** The number of the change that must follow; `undefined` if no log before holds one. */
  readonly next: number | undefined;
  /** The newest change that may be in a table. */
  readonly inTables: number;
}

async function scanned(directory: Directory, name: string): Promise<LogScan> {
  const file = directory.openFile(name);
  try {
    return await scanLogFile(file, BATCH_HEADER_BYTES);
  } finally {
    file.close();
  }
}

/** Reads one log up to its first gap. */
function readLog(
  { records, ends, soundBytes, hasHole }: LogScan,
  file: string,
  before: Before,
): { readonly next: number | undefined; readonly soundBytes: number; readonly gap: Gap | undefined } {
  let next = before.next;
  for (const [index, record] of records.entries()) {
    const found = mismatch(record, { ...before, next });
    const start = ends[index - 1] ?? 0;
    if (found !== undefined) return { next, soundBytes: start, gap: { at: { file, bytes: start }, found } };
    next = littleEndian(record, 0, 8) + littleEndian(record, 8, 4);
  }
  const found = `it is damaged behind byte ${soundBytes}, and goes on behind the damage`;
  return { next, soundBytes, gap: hasHole ? { at: { file, bytes: soundBytes }, found } : undefined };
}

/** Says why a record does not follow on those before; `undefined` if it does. */
function mismatch(record: Uint8Array, { isFirst, next, inTables }: Before): string | undefined {
  if (record.length < BATCH_HEADER_BYTES) return `it holds a record of ${record.length} bytes`;
  const first = littleEndian(record, 0, 8);
  // LevelDB begins a new log when something is in the one before: an empty one has lost it, whatever its number was.
  const isNext = next === undefined ? isFirst && first <= inTables + 1 : first === next;
  return isNext ? undefined : `it lacks the changes from ${next ?? inTables + 1} up to ${first}`;
}
