import { CheckpointError, StateError } from "@tidemark/core";
import { ByteReader, ByteWriter, messageOf, openSealed, sealBytes } from "@tidemark/core/internal";

const HEAD_MAGIC = "TMOH";
const MANIFEST_MAGIC = "TMOM";
const VERSION = 0;

/** The head as an object: no two writes have the same bytes, so no two have the same tag. */
export interface HeadEnvelope {
  readonly job: string;
  /** Drawn by the session that wrote it. */
  readonly session: number;
  /** Counts the writes of that session. */
  readonly write: number;
  /** What the engine wrote. */
  readonly record: Uint8Array;
}

/** The bytes of a head object. */
export function encodeHeadObject(head: HeadEnvelope): Uint8Array {
  const writer = new ByteWriter();
  writer.string(head.job);
  writer.u64(head.session);
  writer.u64(head.write);
  writer.bytes(head.record);
  return sealBytes(HEAD_MAGIC, VERSION, writer.view());
}

/** @throws {StateError} STATE_CORRUPT if the bytes are no head. */
export function decodeHeadObject(key: string, bytes: Uint8Array): HeadEnvelope {
  return opened(key, () => {
    const reader = new ByteReader(openSealed(HEAD_MAGIC, VERSION, bytes).body);
    const head = {
      job: reader.string(),
      session: reader.u64(),
      write: reader.u64(),
      record: reader.bytes().slice(),
    };
    reader.done();
    return head;
  });
}

/** The bytes of a manifest object. */
export function encodeManifestObject(bytes: Uint8Array): Uint8Array {
  return sealBytes(MANIFEST_MAGIC, VERSION, bytes);
}

/** @throws {StateError} STATE_CORRUPT if the bytes are no manifest. */
export function decodeManifestObject(key: string, bytes: Uint8Array): Uint8Array {
  return opened(key, () => openSealed(MANIFEST_MAGIC, VERSION, bytes).body.slice());
}

/** What is stored is not what was written. */
export function damaged(found: string, options: { key: string; cause?: unknown }): StateError {
  const { key, cause } = options;
  const message = `Cannot use "${key}": ${found}. Put the objects back from a copy, or start under another prefix`;
  return new StateError("STATE_CORRUPT", message, { cause, details: { key } });
}

/** Another process has the job by now. */
export function fenced(job: string): CheckpointError {
  return new CheckpointError(
    "CHECKPOINT_FENCED",
    `Cannot go on with job "${job}": another process has taken it over. Run one process for a job`,
    { details: { job } },
  );
}

function opened<T>(key: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw damaged(messageOf(cause), { key, cause });
  }
}
