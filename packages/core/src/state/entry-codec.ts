import { assert } from "../assert.ts";
import { concatBytes, equalBytes } from "../bytes/compare.ts";
import { ByteReader } from "../bytes/reader.ts";
import type { ByteWriter } from "../bytes/writer.ts";
import { SerializationError } from "../errors.ts";
import { type Key, readKey, writeKey } from "./key-codec.ts";
import { keyGroupOf } from "./key-groups.ts";
import { operatorPrefix, type TableLayout } from "./layout.ts";
import { type Cell, type Row, UNKNOWN_GROUP } from "./row.ts";
import { encodeValue, readValue, writeValue } from "./value-codec.ts";

/** Where an entry of state belongs. */
export interface EntryAddress {
  readonly keyGroup: number;
  readonly operatorId: string;
  readonly state: string;
  readonly key: Key;
  readonly namespace: Key;
  /** Of an entry of a map, or the time of a timer. */
  readonly subkey: Key | undefined;
}

/** The key group of a row, computed when it is first asked for. */
export function groupOf(row: Row, keyGroups: number): number {
  if (row.keyGroup === UNKNOWN_GROUP) row.keyGroup = keyGroupOf(row.key, keyGroups);
  return row.keyGroup;
}

/** The bytes under which a cell is stored. See docs/format.md, "Entries". */
export function encodeEntryKey(writer: ByteWriter, cell: Cell, layout: TableLayout, keyGroup: number): Uint8Array {
  writer.reset();
  writer.u16(keyGroup);
  writer.raw(layout.prefixes[cell.slot] as Uint8Array);
  const { row, subkey } = cell;
  const timers = layout.slots[cell.slot]?.kind === "timers";
  if (timers) writeKey(writer, subkey as Key);
  writeKey(writer, row.key);
  writeKey(writer, row.space.namespace);
  if (!timers && subkey !== undefined) writeKey(writer, subkey);
  return writer.finish();
}

/**
 * Reads the bytes of {@link encodeEntryKey}.
 *
 * @throws {SerializationError} BYTES_INVALID if they are not an entry's key.
 */
export function decodeEntryKey(bytes: Uint8Array): EntryAddress {
  const reader = new ByteReader(bytes);
  const keyGroup = reader.u16();
  const operatorId = readKey(reader);
  const state = readKey(reader);
  if (typeof operatorId !== "string" || typeof state !== "string") {
    throw new SerializationError("BYTES_INVALID", "Cannot read a state entry: its key names no operator and state");
  }
  if (isTimerState(state)) {
    const subkey = readKey(reader);
    return { keyGroup, operatorId, state, subkey, key: readKey(reader), namespace: readKey(reader) };
  }
  const key = readKey(reader);
  const namespace = readKey(reader);
  return { keyGroup, operatorId, state, key, namespace, subkey: reader.remaining > 0 ? readKey(reader) : undefined };
}

/** The names of the engine's own states begin with this; a user's must not. */
export const RESERVED_STATE = "$";

/** The state that holds an operator's timers on event time. */
export const EVENT_TIMERS = "$event-timers";

/** The state that holds an operator's timers on processing time. */
export const PROCESSING_TIMERS = "$processing-timers";

/** The bytes of {@link decodeEntryKey} again: for tools that make entries without a table. */
export function encodeEntryAddress(writer: ByteWriter, address: EntryAddress): Uint8Array {
  const { keyGroup, operatorId, state, key, namespace, subkey } = address;
  const timers = isTimerState(state);
  writer.reset();
  writer.u16(keyGroup);
  writeKey(writer, operatorId);
  writeKey(writer, state);
  if (timers) writeKey(writer, subkey as Key);
  writeKey(writer, key);
  writeKey(writer, namespace);
  if (!timers && subkey !== undefined) writeKey(writer, subkey);
  return writer.finish();
}

/** Whether a state holds timers: the time stands first in the keys of its entries. */
export function isTimerState(state: string): boolean {
  return state === EVENT_TIMERS || state === PROCESSING_TIMERS;
}

/** The bytes of a value, the version of its state first. */
export function encodeEntryValue(writer: ByteWriter, value: unknown, version: number): Uint8Array {
  writer.reset();
  writer.varint(version);
  writeValue(writer, value);
  return writer.finish();
}

/** The version that stands before a value, without reading the value. */
export function entryVersion(bytes: Uint8Array): number {
  return new ByteReader(bytes).varint();
}

/** The key of the same entry in another operator. */
export function moveEntryKey(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const prefix = operatorPrefix(new ByteReader(bytes).u16(), from);
  assert(equalBytes(prefix, bytes.subarray(0, prefix.length)), `an entry of "${from}" has the key of another operator`);
  const moved = operatorPrefix(new ByteReader(bytes).u16(), to);
  return concatBytes([moved, bytes.subarray(prefix.length)]);
}

/** Reads the bytes of {@link encodeEntryValue}. */
export function decodeEntryValue(bytes: Uint8Array): { readonly version: number; readonly value: unknown } {
  const reader = new ByteReader(bytes);
  const version = reader.varint();
  return { version, value: readValue(reader) };
}

/** An independent copy of a value, as a restore would see it. */
export function copyValue(value: unknown): unknown {
  return readValue(new ByteReader(encodeValue(value)));
}
