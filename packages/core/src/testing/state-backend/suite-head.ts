import { ByteReader } from "../../bytes/reader.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import type { StorePart } from "../../state/backend.ts";

/** A checkpoint of the suite's jobs. */
export interface SuiteCheckpoint {
  readonly epoch: number;
  readonly manifest: string;
  readonly parts: readonly (StorePart & { readonly stage: string })[];
}

/** The head record of the suite's jobs. */
export interface SuiteHead {
  readonly generation: number;
  readonly retained: readonly SuiteCheckpoint[];
}

/** The bytes of a head. */
export function encodeHead(head: SuiteHead): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(head.generation);
  writer.varint(head.retained.length);
  for (const { epoch, manifest, parts } of head.retained) {
    writer.varint(epoch);
    writer.string(manifest);
    writer.varint(parts.length);
    for (const part of parts) {
      writer.string(part.stage);
      writer.u16(part.keyGroups.first);
      writer.u16(part.keyGroups.last);
      writer.bytes(part.handle);
    }
  }
  return writer.finish();
}

/** The head of those bytes. */
export function decodeHead(bytes: Uint8Array): SuiteHead {
  const reader = new ByteReader(bytes);
  const list = <T>(read: () => T): T[] => Array.from({ length: reader.varint() }, read);
  const generation = reader.varint();
  const retained = list(() => ({
    epoch: reader.varint(),
    manifest: reader.string(),
    parts: list(() => ({
      stage: reader.string(),
      keyGroups: { first: reader.u16(), last: reader.u16() },
      handle: reader.bytes().slice(),
    })),
  }));
  reader.done();
  return { generation, retained };
}
