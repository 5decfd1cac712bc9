import { openSealed, sealBytes } from "../bytes/sealed.ts";
import { CheckpointError, isTidemarkError } from "../errors.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";
import type { ImageFacts } from "./image.ts";

/** One file of entries. */
export interface SegmentFacts {
  /** Its name, relative to the savepoint. */
  readonly file: string;
  readonly sizeBytes: number;
  /** The last field of the sealed file. */
  readonly checksum: number;
  readonly entries: number;
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** What the index of a savepoint says. */
export interface SavepointIndex extends ImageFacts {
  /** In the order of their keys. */
  readonly segments: readonly SegmentFacts[];
}

/** The file that makes a savepoint of the others: it is written last. */
export const INDEX_FILE = "savepoint";

const MAGIC = "TMSV";
const VERSION = 0;
/** What stores that rename call a file until all of it is there. */
export const PARTIAL_SUFFIX = ".partial";

const OWN_NAME = /^(?:savepoint|segment-\d{8,}-[0-9a-f]{8})(?:\.partial)?$/;

/**
 * The name of a segment by its place and its checksum: a late write of a process that has died never puts other bytes in
 * the place of those that an index names.
 */
export function segmentFile(place: number, checksum: number): string {
  return `segment-${String(place).padStart(8, "0")}-${checksum.toString(16).padStart(8, "0")}`;
}

/** Whether a file is part of a savepoint: anything else in its place is not ours to delete. */
export function isSavepointFile(file: string): boolean {
  return OWN_NAME.test(file);
}

/** The bytes of an index. See docs/format.md, "Savepoints". */
export function encodeIndex(index: SavepointIndex): Uint8Array {
  // One by one: the same facts have the same bytes, whoever gathered them.
  const { job, checkpointId, generation, keyGroups, keyHashVersion, takenAt, drained } = index;
  const { sources, operators, operatorStates, sinks, segments } = index;
  const head = { job, checkpointId, generation, keyGroups, keyHashVersion, takenAt, drained };
  return sealBytes(MAGIC, VERSION, encodeValue({ ...head, sources, operators, operatorStates, sinks, segments }));
}

/**
 * Reads the bytes of an index.
 *
 * @param name what messages call the savepoint.
 * @throws {CheckpointError} CHECKPOINT_CORRUPT if they are not one, or of a version this program does not know.
 */
export function decodeIndex(name: string, bytes: Uint8Array): SavepointIndex {
  try {
    return decodeValue(openSealed(MAGIC, VERSION, bytes).body) as SavepointIndex;
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw corrupt(name, `its index cannot be read: ${error.message}`, error);
  }
}

/** The checksum at the end of a sealed file: what tells two of one size apart. */
export function checksumOf(sealed: Uint8Array): number {
  return new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(sealed.length - 4);
}

/** What is said of a savepoint with damage. */
export function corrupt(name: string, found: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    "CHECKPOINT_CORRUPT",
    `Cannot read ${name}: ${found}. Put the file back from a copy, or use another savepoint; nothing was changed`,
    { cause, details: { savepoint: name } },
  );
}
