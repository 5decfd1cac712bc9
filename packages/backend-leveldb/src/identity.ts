import { StateError } from "@tidemark/core";
import { ByteReader, ByteWriter, messageOf, openSealed, sealBytes } from "@tidemark/core/internal";
import { damagedDatabase } from "./level-errors.ts";
import type { LevelRows } from "./level-rows.ts";
import { JOB_KEY } from "./row-keys.ts";

const MAGIC = "TMLV";
const VERSION = 0;

/** Whose a database is. */
export interface Identity {
  readonly job: string;
  /** A number drawn when the database was made: handles of another database are told by it. */
  readonly database: number;
}

/**
 * Reads whose the database is, and makes it the job's if it is empty. One that was opened and holds nothing is nobody's:
 * somebody has looked for a job that is not there.
 *
 * @throws {StateError} STATE_FOREIGN_JOB if it is another job's; STATE_CORRUPT if it holds rows, but nobody's.
 */
export async function claim(rows: LevelRows, job: string, random: () => number): Promise<Identity> {
  const found = await rows.get(JOB_KEY);
  const { keys } = await rows.keys({ from: new Uint8Array(0) });
  if (found !== undefined) {
    const identity = decodeIdentity(found, rows.name);
    if (identity.job === job || keys.length > 1) return checked(identity, job, rows.name);
  } else if (keys.length > 0) throw damagedDatabase(rows.name, "it holds rows, but none that says whose they are");
  const identity = { job, database: Math.floor(random() * 0x1_0000_0000) };
  await rows.commitDurably([{ key: JOB_KEY, payload: encodeIdentity(identity) }]);
  return identity;
}

function checked(identity: Identity, job: string, name: string): Identity {
  if (identity.job === job) return identity;
  throw new StateError(
    "STATE_FOREIGN_JOB",
    `Cannot open ${name} for job "${job}": it holds job "${identity.job}". Give each job a directory of its own`,
    { details: { job, found: identity.job } },
  );
}

function encodeIdentity(identity: Identity): Uint8Array {
  const writer = new ByteWriter();
  writer.string(identity.job);
  writer.u32(identity.database);
  return sealBytes(MAGIC, VERSION, writer.view());
}

function decodeIdentity(payload: Uint8Array, name: string): Identity {
  try {
    const reader = new ByteReader(openSealed(MAGIC, VERSION, payload).body);
    return { job: reader.string(), database: reader.u32() };
  } catch (error) {
    throw damagedDatabase(name, messageOf(error));
  }
}
