import { assert } from "../assert.ts";
import { concatBytes, isPrefix } from "../bytes/compare.ts";
import { ByteReader } from "../bytes/reader.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { isTidemarkError, SerializationError } from "../errors.ts";
import type { ValuePlace } from "./evolution.ts";
import { Stamped, Unread, UNSTAMPED } from "./held.ts";
import { type Key, readKey, writeKey } from "./key-codec.ts";
import type { KeyRange } from "./backend.ts";
import { keyGroupOf } from "./key-groups.ts";
import { operatorPrefix, type Slot, type TableLayout } from "./layout.ts";
import { prefixRange } from "./key-range.ts";
import { type Cell, type Row, UNKNOWN_GROUP } from "./row.ts";
import { showKey } from "./show.ts";
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

/** An entry of a table as its key tells it. */
export type SlotPlace = Pick<EntryAddress, "key" | "namespace" | "subkey"> & { readonly slot: number };

/** The key group of a row, computed when it is first asked for. */
export function groupOf(row: Row, keyGroups: number): number {
  if (row.keyGroup === UNKNOWN_GROUP) row.keyGroup = keyGroupOf(row.key, keyGroups);
  return row.keyGroup;
}

/** Which entry of a table: a value of a row, or with a subkey an entry of a map. */
export type EntryPlace = Pick<Cell, "row" | "slot" | "subkey">;

/** The bytes under which an entry is stored. See docs/format.md, "Entries". */
export function encodeEntryKey(
  writer: ByteWriter,
  { row, slot, subkey }: EntryPlace,
  layout: TableLayout,
  keyGroup: number,
): Uint8Array {
  writer.reset();
  writer.u16(keyGroup);
  writer.raw(layout.prefixes[slot] as Uint8Array);
  writePlace(writer, (layout.slots[slot] as Slot).name, row.key, row.space.namespace, subkey);
  return writer.finish();
}

/** Writes what stands behind the name of a state. */
function writePlace(writer: ByteWriter, state: string, key: Key, namespace: Key, subkey: Key | undefined): void {
  if (isWindowState(state)) {
    writeKey(writer, namespace);
    writeKey(writer, key);
    return;
  }
  const timers = isTimerState(state);
  if (timers) writeKey(writer, subkey as Key);
  writeKey(writer, key);
  writeKey(writer, namespace);
  if (!timers && subkey !== undefined) writeKey(writer, subkey);
}

/** All entries of one key group in a state or, of a state of {@link isWindowState}, those of one window. */
export function stateRange(
  layout: TableLayout,
  { keyGroup, slot, namespace }: { readonly keyGroup: number; readonly slot: number; readonly namespace?: Key },
): KeyRange {
  const writer = new ByteWriter();
  writer.u16(keyGroup);
  writer.raw(layout.prefixes[slot] as Uint8Array);
  if (namespace !== undefined) writeKey(writer, namespace);
  return prefixRange(writer.finish());
}

/** All entries of one map of a row: a list's own value, which has no subkey, is not among them. */
export function mapRange(writer: ByteWriter, row: Row, slot: number, layout: TableLayout, keyGroup: number): KeyRange {
  const prefix = encodeEntryKey(writer, { row, slot, subkey: undefined }, layout, keyGroup);
  // No key begins with a zero.
  return { from: concatBytes([prefix, Uint8Array.of(0)]), to: prefixRange(prefix).to };
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
  return { keyGroup, operatorId, state, ...readPlace(reader, state) };
}

/** The operator that an entry's key names. */
export function operatorOfEntry(bytes: Uint8Array): Key {
  return readKey(new ByteReader(bytes, 2));
}

/** What {@link decodeEntryKey} reads, of an entry of a table; `undefined` if it names no state of the layout's. */
export function decodeEntryPlace(bytes: Uint8Array, { prefixes, slots }: TableLayout): SlotPlace | undefined {
  for (let slot = 0; slot < prefixes.length; slot++) {
    const prefix = prefixes[slot] as Uint8Array;
    if (!isPrefix(prefix, bytes, 2)) continue;
    return { slot, ...readPlace(new ByteReader(bytes, 2 + prefix.length), (slots[slot] as Slot).name) };
  }
  return undefined;
}

/** Reads what {@link writePlace} wrote. */
function readPlace(reader: ByteReader, state: string): Pick<EntryAddress, "key" | "namespace" | "subkey"> {
  if (isTimerState(state)) {
    const subkey = readKey(reader);
    return { subkey, key: readKey(reader), namespace: readKey(reader) };
  }
  if (isWindowState(state)) {
    const namespace = readKey(reader);
    return { namespace, key: readKey(reader), subkey: undefined };
  }
  const key = readKey(reader);
  const namespace = readKey(reader);
  return { key, namespace, subkey: reader.remaining > 0 ? readKey(reader) : undefined };
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
  writer.reset();
  writer.u16(keyGroup);
  writeKey(writer, operatorId);
  writeKey(writer, state);
  writePlace(writer, state, key, namespace, subkey);
  return writer.finish();
}

/** Whether a state holds timers: the time stands first in the keys of its entries. */
export function isTimerState(state: string): boolean {
  return state === EVENT_TIMERS || state === PROCESSING_TIMERS;
}

/** The state that holds what windows of which nothing is asked but one aggregate have come to. */
export const WINDOW_STATE = "$window";

/** The same of slices that such windows share. */
export const SLICE_STATE = "$slice";

/** Whether entries are read window by window: the namespace stands before the key in theirs. */
export function isWindowState(state: string): boolean {
  return state === WINDOW_STATE || state === SLICE_STATE;
}

/** The bytes of a value: the version of its state and the time of its last write come first. */
export function encodeEntryValue(writer: ByteWriter, held: unknown, version: number): Uint8Array {
  writer.reset();
  if (held instanceof Unread) writeEntryValue(writer, held.value, held.version, held.at);
  else if (held instanceof Stamped) writeEntryValue(writer, held.value, version, held.at);
  else writeEntryValue(writer, held, version, undefined);
  return writer.finish();
}

/** The version that stands before a value, without reading the value. */
export function entryVersion(bytes: Uint8Array): number {
  return Math.floor(new ByteReader(bytes).varint() / 2);
}

/** The key of the same entry in another operator. */
export function moveEntryKey(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const prefix = operatorPrefix(new ByteReader(bytes).u16(), from);
  assert(isPrefix(prefix, bytes), `an entry of "${from}" has the key of another operator`);
  const moved = operatorPrefix(new ByteReader(bytes).u16(), to);
  return concatBytes([moved, bytes.subarray(prefix.length)]);
}

function writeEntryValue(writer: ByteWriter, value: unknown, version: number, at: number | undefined): void {
  const stamped = at !== undefined && at !== UNSTAMPED;
  writer.varint(version * 2 + (stamped ? 1 : 0));
  if (stamped) writer.varint(at);
  writeValue(writer, value);
}

/** What the bytes of an entry's value say. */
export interface EntryValue {
  readonly version: number;
  /** When it was last written, in milliseconds since the epoch; `undefined` of a state without a time to live. */
  readonly at: number | undefined;
  readonly value: unknown;
}

/** When an entry of {@link encodeEntryValue} was last written, without reading its value; `undefined`: nobody noted. */
export function writtenAt(bytes: Uint8Array): number | undefined {
  const reader = new ByteReader(bytes);
  return reader.varint() % 2 === 1 ? reader.varint() : undefined;
}

/** Reads the bytes of {@link encodeEntryValue}. */
export function decodeEntryValue(bytes: Uint8Array): EntryValue {
  const reader = new ByteReader(bytes);
  const head = reader.varint();
  const at = head % 2 === 1 ? reader.varint() : undefined;
  return { version: Math.floor(head / 2), at, value: readValue(reader) };
}

/**
 * The bytes of what a cell holds.
 *
 * @throws {SerializationError} VALUE_UNSUPPORTED, with operator, state, key and the path to what cannot be encoded.
 */
export function encodeCellValue(writer: ByteWriter, cell: Cell, layout: TableLayout): Uint8Array {
  const { name, version } = layout.slots[cell.slot] as Slot;
  try {
    return encodeEntryValue(writer, cell.value, version);
  } catch (error) {
    throw unsupported(error, { operatorId: layout.operatorId, state: name, key: cell.row.key });
  }
}

/** A value refused, with the entry that it was for. */
export function unsupported(error: unknown, { operatorId, state, key }: ValuePlace): unknown {
  if (!isTidemarkError(error) || error.code !== "VALUE_UNSUPPORTED") return error;
  const found = error.message.slice(error.message.indexOf(": ") + 2);
  const [of, details] = key === undefined ? ["", {}] : [`, key ${showKey(key)}`, { key }];
  return new SerializationError(
    "VALUE_UNSUPPORTED",
    `Cannot keep state "${state}" of operator "${operatorId}"${of}: ${found}`,
    { cause: error, details: { ...error.details, operator: operatorId, state, ...details } },
  );
}

/** An independent copy of a value, as a restore would see it. */
export function copyValue(value: unknown): unknown {
  return readValue(new ByteReader(encodeValue(value)));
}
