import type { KeyGroupRange } from "@tidemark/core";
import { ByteReader, ByteWriter, openSealed, sealBytes } from "@tidemark/core/internal";

const MAGIC = "TMOL";
const VERSION = 0;

/** How one store is named in the object store, and how in the local copy. */
export interface LocalPart {
  readonly keyGroups: KeyGroupRange;
  /** As the manifest has it. */
  readonly remote: Uint8Array;
  readonly local: Uint8Array;
}

/** A checkpoint that the local copy can show. */
export interface LocalEpoch {
  readonly epoch: number;
  readonly parts: readonly LocalPart[];
}

/** The bytes of the local head: which checkpoints the copy can show. */
export function encodeLocalRecord(epochs: readonly LocalEpoch[]): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(epochs.length);
  for (const { epoch, parts } of epochs) {
    writer.u64(epoch);
    writer.varint(parts.length);
    for (const { keyGroups, remote, local } of parts) {
      writer.u16(keyGroups.first);
      writer.u16(keyGroups.last);
      writer.bytes(remote);
      writer.bytes(local);
    }
  }
  return sealBytes(MAGIC, VERSION, writer.view());
}

/** @throws {SerializationError} if the bytes are no such record. */
export function decodeLocalRecord(bytes: Uint8Array): readonly LocalEpoch[] {
  const reader = new ByteReader(openSealed(MAGIC, VERSION, bytes).body.slice());
  const epochs: LocalEpoch[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const epoch = reader.u64();
    const parts: LocalPart[] = [];
    for (let of = reader.varint(); of > 0; of--) {
      const keyGroups = { first: reader.u16(), last: reader.u16() };
      parts.push({ keyGroups, remote: reader.bytes(), local: reader.bytes() });
    }
    epochs.push({ epoch, parts });
  }
  reader.done();
  return epochs;
}
