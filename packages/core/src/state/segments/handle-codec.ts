import { ByteReader } from "../../bytes/reader.ts";
import { openSealed, sealBytes } from "../../bytes/sealed.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import { messageOf, StateError } from "../../errors.ts";
import type { StoreScope } from "./scope.ts";

const MAGIC = "TMSH";
const VERSION = 0;

/** One object of a layer, with what it must look like. */
export interface SegmentRef {
  readonly name: string;
  readonly sizeBytes: number;
  readonly checksum: number;
}

/** What one seal wrote, in one or more pieces. The pieces name different keys; range deletes are in the first. */
export interface Layer {
  readonly epoch: number;
  readonly pieces: readonly SegmentRef[];
}

/** What a handle says: which layers, from the oldest to the newest, make up the keys of a scope as of an epoch. */
export interface SegmentHandle {
  readonly epoch: number;
  readonly scope: StoreScope;
  readonly layers: readonly Layer[];
}

/** The bytes by which a checkpoint names a sealed store. */
export function encodeHandle(handle: SegmentHandle): Uint8Array {
  const writer = new ByteWriter();
  const { keyGroups, prefixes } = handle.scope;
  writer.u64(handle.epoch);
  writer.u16(keyGroups.first);
  writer.u16(keyGroups.last);
  writer.u8(prefixes === undefined ? 0 : 1);
  if (prefixes !== undefined) {
    writer.varint(prefixes.length);
    for (const prefix of prefixes) writer.bytes(prefix);
  }
  writer.varint(handle.layers.length);
  for (const layer of handle.layers) {
    writer.u64(layer.epoch);
    writer.varint(layer.pieces.length);
    for (const piece of layer.pieces) {
      writer.string(piece.name);
      writer.varint(piece.sizeBytes);
      writer.u32(piece.checksum);
    }
  }
  return sealBytes(MAGIC, VERSION, writer.view());
}

/** @throws {StateError} STATE_CORRUPT if the bytes are no handle of this kind of store. */
export function decodeHandle(bytes: Uint8Array): SegmentHandle {
  try {
    return readHandle(new ByteReader(openSealed(MAGIC, VERSION, bytes).body));
  } catch (cause) {
    throw new StateError(
      "STATE_CORRUPT",
      `Cannot read the handle of a store over segments: ${messageOf(cause)}. The checkpoint was written by another ` +
        "kind of backend, or its manifest is damaged: open it with the backend that wrote it, or restore another one",
      { cause },
    );
  }
}

function readHandle(reader: ByteReader): SegmentHandle {
  const epoch = reader.u64();
  const keyGroups = { first: reader.u16(), last: reader.u16() };
  const prefixes = reader.u8() === 0 ? undefined : readList(reader, () => reader.bytes().slice());
  const layers = readList(reader, () => ({
    epoch: reader.u64(),
    pieces: readList(reader, () => ({
      name: reader.string(),
      sizeBytes: reader.varint(),
      checksum: reader.u32(),
    })),
  }));
  reader.done();
  return { epoch, scope: { keyGroups, prefixes }, layers };
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  const list: T[] = [];
  for (let left = reader.varint(); left > 0; left--) list.push(read());
  return list;
}
