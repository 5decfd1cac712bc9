import { ByteReader } from "../bytes/reader.ts";
import { openSealed, sealBytes } from "../bytes/sealed.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { CheckpointError, isTidemarkError } from "../errors.ts";

/** One checkpoint that can be restored. */
export interface RetainedCheckpoint {
  /** Names it within the job; ids grow, and none is given twice. */
  readonly checkpointId: number;
  /** The generation of the attempt that took it. */
  readonly generation: number;
  /** The name of its manifest. */
  readonly manifest: string;
  /** Wall clock at its completion, in milliseconds since the epoch. */
  readonly completedAt: number;
}

/** The one record that decides: who owns the job, which ids are taken, and what can be restored. */
export interface Head {
  readonly job: string;
  /** Drawn by chance at each takeover: two owners never write the same bytes, whatever becomes of their answers. */
  readonly owner: string;
  /** Grows with each start of the job. Whoever holds an older one is fenced. */
  readonly generation: number;
  /** No id at or above this one has been drawn. */
  readonly nextId: number;
  /** Oldest first. */
  readonly retained: readonly RetainedCheckpoint[];
}

const MAGIC = "TMHD";
const VERSION = 0;

/** The bytes of a head. See docs/format.md, "Head". */
export function encodeHead(head: Head): Uint8Array {
  const writer = new ByteWriter();
  writer.string(head.job);
  writer.string(head.owner);
  writer.u64(head.generation);
  writer.u64(head.nextId);
  writer.varint(head.retained.length);
  for (const retained of head.retained) {
    writer.u64(retained.checkpointId);
    writer.u64(retained.generation);
    writer.string(retained.manifest);
    writer.f64(retained.completedAt);
  }
  return sealBytes(MAGIC, VERSION, writer.finish());
}

/**
 * Reads the bytes of a head.
 *
 * @throws {CheckpointError} CHECKPOINT_CORRUPT if they are not one, or of a version this program does not know.
 */
export function decodeHead(bytes: Uint8Array): Head {
  try {
    const reader = new ByteReader(openSealed(MAGIC, VERSION, bytes).body);
    const job = reader.string();
    const owner = reader.string();
    const generation = reader.u64();
    const nextId = reader.u64();
    const retained: RetainedCheckpoint[] = [];
    for (let count = reader.varint(); count > 0; count--) {
      retained.push({
        checkpointId: reader.u64(),
        generation: reader.u64(),
        manifest: reader.string(),
        completedAt: reader.f64(),
      });
    }
    reader.done();
    return { job, owner, generation, nextId, retained };
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new CheckpointError(
      "CHECKPOINT_CORRUPT",
      `Cannot read the head record: ${error.message}. Restore the state directory or bucket from a copy; nothing was changed`,
      { cause: error },
    );
  }
}

/** The head of a job that has never run. */
export function firstHead(job: string): Head {
  return { job, owner: "", generation: 0, nextId: 1, retained: [] };
}
