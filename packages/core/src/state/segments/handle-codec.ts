import { equalBytes } from "../../bytes/compare.ts";
import { ByteReader } from "../../bytes/reader.ts";
import { openSealed, sealBytes } from "../../bytes/sealed.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import { messageOf, StateError } from "../../errors.ts";
import { isSameScope, type StoreScope } from "./scope.ts";
import type { SegmentFacts } from "./segment-codec.ts";
import type { StateNames } from "./state-names.ts";

const MAGIC = "TMSH";
const VERSION = 0;

/** Where a segment is. */
export type SegmentPlace =
  | { readonly kind: "object"; readonly name: string; readonly offset: number }
  | { readonly kind: "inline"; readonly bytes: Uint8Array };

/** A segment as a handle names it. */
export interface SegmentRef {
  readonly place: SegmentPlace;
  readonly facts: SegmentFacts;
}

/**
 * Changes that came together, in one or more segments: their keys follow one another, range deletes are all in the first. A
 * layer changes what the layers before it say, and says nothing of keys outside of its scope.
 */
export interface LayerRef {
  /** The newest epoch in it. */
  readonly epoch: number;
  readonly scope: StoreScope;
  readonly states: StateNames;
  readonly segments: readonly SegmentRef[];
}

/** What a handle says: which layers, from the oldest to the newest, make up the keys of a scope as of an epoch. */
export interface SegmentHandle {
  readonly epoch: number;
  readonly scope: StoreScope;
  readonly layers: readonly LayerRef[];
}

/** The bytes by which a checkpoint names a sealed store. */
export function encodeHandle(handle: SegmentHandle): Uint8Array {
  const writer = new ByteWriter();
  const scopes = [handle.scope];
  for (const { scope } of handle.layers) if (indexOfScope(scopes, scope) < 0) scopes.push(scope);
  writer.u64(handle.epoch);
  writer.varint(scopes.length);
  for (const scope of scopes) writeScope(writer, scope);
  const names: Uint8Array[] = [];
  for (const { states = [] } of handle.layers) {
    for (const name of states) if (indexOfName(names, name) < 0) names.push(name);
  }
  writer.varint(names.length);
  for (const name of names) writer.bytes(name);
  writer.varint(handle.layers.length);
  for (const layer of handle.layers) {
    writer.u64(layer.epoch);
    writer.varint(indexOfScope(scopes, layer.scope));
    writeStates(writer, layer.states, names);
    writer.varint(layer.segments.length);
    for (const segment of layer.segments) writeSegment(writer, segment);
  }
  return sealBytes(MAGIC, VERSION, writer.view());
}

/** @throws {StateError} STATE_CORRUPT if the bytes are no handle of this kind of store. */
export function decodeHandle(bytes: Uint8Array): SegmentHandle {
  try {
    return readHandle(new ByteReader(openSealed(MAGIC, VERSION, bytes).body.slice()));
  } catch (cause) {
    throw new StateError(
      "STATE_CORRUPT",
      `Cannot read the handle of a store over segments: ${messageOf(cause)}. The checkpoint was written by another ` +
        "kind of backend, or its manifest is damaged: open it with the backend that wrote it, or restore another one",
      { cause },
    );
  }
}

/** How many layers a read may have to pass at most. @throws {StateError} STATE_CORRUPT as {@link decodeHandle}. */
export function layersIn(handle: Uint8Array): number {
  return decodeHandle(handle).layers.length;
}

/** The names of the objects that layers are in. */
export function namesOf(layers: readonly LayerRef[]): readonly string[] {
  return layers.flatMap(({ segments }) =>
    segments.flatMap(({ place }) => (place.kind === "object" ? [place.name] : [])),
  );
}

function indexOfScope(scopes: readonly StoreScope[], scope: StoreScope): number {
  return scopes.findIndex((other) => other === scope || isSameScope(other, scope));
}

function indexOfName(names: readonly Uint8Array[], name: Uint8Array): number {
  return names.findIndex((other) => equalBytes(other, name));
}

/** 0: it is not told. */
function writeStates(writer: ByteWriter, states: StateNames, names: readonly Uint8Array[]): void {
  writer.varint(states === undefined ? 0 : states.length + 1);
  for (const name of states ?? []) writer.varint(indexOfName(names, name));
}

function writeScope(writer: ByteWriter, { keyGroups, prefixes }: StoreScope): void {
  writer.u16(keyGroups.first);
  writer.u16(keyGroups.last);
  writer.u8(prefixes === undefined ? 0 : 1);
  if (prefixes === undefined) return;
  writer.varint(prefixes.length);
  for (const prefix of prefixes) writer.bytes(prefix);
}

function writeSegment(writer: ByteWriter, { place, facts }: SegmentRef): void {
  writer.varint(facts.sizeBytes);
  writer.varint(facts.indexBytes);
  writer.u32(facts.checksum);
  writer.bytes(facts.firstKey);
  writer.varint(facts.puts);
  writer.varint(facts.deletes);
  writer.varint(facts.ranges);
  if (place.kind === "inline") {
    writer.u8(1);
    writer.bytes(place.bytes);
    return;
  }
  writer.u8(0);
  writer.string(place.name);
  writer.varint(place.offset);
}

function readHandle(reader: ByteReader): SegmentHandle {
  const epoch = reader.u64();
  const scopes = readList(reader, () => readScope(reader));
  const names = readList(reader, () => reader.bytes());
  const layers = readList(reader, () => ({
    epoch: reader.u64(),
    scope: at(scopes, reader.varint(), "scope"),
    states: readStates(reader, names),
    segments: readList(reader, () => readSegment(reader)),
  }));
  reader.done();
  return { epoch, scope: at(scopes, 0, "scope"), layers };
}

function readScope(reader: ByteReader): StoreScope {
  const keyGroups = { first: reader.u16(), last: reader.u16() };
  return { keyGroups, prefixes: reader.u8() === 0 ? undefined : readList(reader, () => reader.bytes()) };
}

function readSegment(reader: ByteReader): SegmentRef {
  const facts: SegmentFacts = {
    sizeBytes: reader.varint(),
    indexBytes: reader.varint(),
    checksum: reader.u32(),
    firstKey: reader.bytes(),
    puts: reader.varint(),
    deletes: reader.varint(),
    ranges: reader.varint(),
  };
  const isInline = reader.u8() !== 0;
  return { facts, place: isInline ? { kind: "inline", bytes: reader.bytes() } : readPlace(reader) };
}

function readPlace(reader: ByteReader): SegmentPlace {
  return { kind: "object", name: reader.string(), offset: reader.varint() };
}

function readStates(reader: ByteReader, names: readonly Uint8Array[]): StateNames {
  const count = reader.varint();
  return count === 0 ? undefined : times(count - 1, () => at(names, reader.varint(), "state"));
}

function at<T>(list: readonly T[], index: number, what: string): T {
  const found = list[index];
  if (found === undefined) throw new RangeError(`${what} ${index} of ${list.length}`);
  return found;
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  return times(reader.varint(), read);
}

function times<T>(count: number, read: () => T): T[] {
  const list: T[] = [];
  for (let left = count; left > 0; left--) list.push(read());
  return list;
}
