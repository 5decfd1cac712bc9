import { assert } from "../../assert.ts";
import type { Env } from "../../env/env.ts";
import { messageOf, StateError } from "../../errors.ts";
import type { KeyGroupRange } from "../key-groups.ts";
import type { Change } from "./delta.ts";
import type { Layer, SegmentRef } from "./handle-codec.ts";
import { checksumOf, SegmentReader } from "./segment-codec.ts";
import type { SegmentIo } from "./segment-io.ts";
import { isInKeyGroups, isInScope, type StoreScope } from "./scope.ts";
import { Pace, sliceOf } from "./slices.ts";
import { SortedTable } from "./sorted-table.ts";

/** A chain of layers, and the key groups for which it counts. */
export interface BasePart {
  readonly keyGroups: KeyGroupRange;
  readonly layers: readonly Layer[];
}

/** Reads the parts that a state was put together from, as far as they belong to `scope`. */
export async function loadBase(
  io: SegmentIo,
  env: Env,
  base: readonly BasePart[],
  scope: StoreScope,
): Promise<SortedTable<Uint8Array>> {
  const pace = new Pace(env);
  const [only] = base;
  if (only !== undefined && base.length === 1) return loadPart(io, pace, only, scope);
  const whole = new SortedTable<Uint8Array>();
  for (const part of base) {
    // Each part by itself: a range delete in one must not reach what another one says.
    const table = await loadPart(io, pace, part, scope);
    await moveInto(whole, table, pace);
  }
  return whole;
}

async function loadPart(
  io: SegmentIo,
  pace: Pace,
  part: BasePart,
  scope: StoreScope,
): Promise<SortedTable<Uint8Array>> {
  const table = new SortedTable<Uint8Array>();
  const isWanted = (key: Uint8Array): boolean => isInScope(scope, key) && isInKeyGroups(part.keyGroups, key);
  for (const layer of part.layers) {
    for (const piece of layer.pieces) {
      const reader = await readSegment(io, piece);
      for (const range of reader.ranges) table.deleteRange(range.from, range.to);
      for (let entry = nextOf(reader, piece); entry !== undefined; entry = nextOf(reader, piece)) {
        if (isWanted(entry.key)) applyEntry(table, entry.key, entry.value);
        const turn = pace.spend(1);
        if (turn !== undefined) await turn;
      }
    }
  }
  return table;
}

function applyEntry(table: SortedTable<Uint8Array>, key: Uint8Array, value: Change): void {
  if (value === null) table.delete(key);
  // Copies, so that one surviving entry does not hold its whole segment in memory.
  else table.set(key.slice(), value.slice());
}

async function readSegment(io: SegmentIo, piece: SegmentRef): Promise<SegmentReader> {
  const bytes = await io.get(piece.name);
  if (bytes === undefined) throw corrupt(piece, "it is missing");
  if (bytes.length !== piece.sizeBytes) throw corrupt(piece, `it has ${bytes.length} bytes, not ${piece.sizeBytes}`);
  try {
    const reader = new SegmentReader(bytes);
    assert(checksumOf(bytes) === piece.checksum, "its checksum is not the one in the manifest");
    return reader;
  } catch (cause) {
    throw corrupt(piece, messageOf(cause), cause);
  }
}

function nextOf(reader: SegmentReader, piece: SegmentRef): ReturnType<SegmentReader["next"]> {
  try {
    return reader.next();
  } catch (cause) {
    throw corrupt(piece, messageOf(cause), cause);
  }
}

async function moveInto(whole: SortedTable<Uint8Array>, table: SortedTable<Uint8Array>, pace: Pace): Promise<void> {
  let from: Uint8Array = new Uint8Array(0);
  for (let after = false; ; after = true) {
    const slice = sliceOf(table, from, after);
    const last = slice.at(-1);
    if (last === undefined) return;
    from = last.key;
    for (const { key, value } of slice) {
      assert(whole.get(key) === undefined, "two parts of a checkpoint hold the same key");
      whole.set(key, value);
    }
    await pace.spend(slice.length);
  }
}

function corrupt(piece: SegmentRef, found: string, cause?: unknown): StateError {
  return new StateError(
    "STATE_CORRUPT",
    `Cannot read segment "${piece.name}": ${found}. Put it back from a copy, or restore another checkpoint or savepoint`,
    { cause, details: { segment: piece.name } },
  );
}
