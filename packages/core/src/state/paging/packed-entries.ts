import { ByteReader } from "../../bytes/reader.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import type { StateEntry } from "../backend.ts";

/** Entries as bytes that follow one another: as objects they take many times as much. */
export function packed(entries: readonly StateEntry[]): Uint8Array {
  const writer = new ByteWriter();
  for (const { key, value } of entries) {
    writer.varint(key.length);
    writer.raw(key);
    writer.varint(value.length);
    writer.raw(value);
  }
  return writer.finish();
}

/** The entries that were packed, one after the other. */
export function* unpacked(slice: Uint8Array): IterableIterator<StateEntry> {
  const reader = new ByteReader(slice);
  while (reader.remaining > 0) yield { key: reader.raw(reader.varint()), value: reader.raw(reader.varint()) };
}
