import { compareBytes } from "../bytes/compare.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { ConfigurationError } from "../errors.ts";
import type { StateEntry } from "../state/backend.ts";
import { encodeEntryAddress, encodeEntryValue, unsupported } from "../state/entry-codec.ts";
import type { ValuePlace } from "../state/evolution.ts";
import { Unread } from "../state/held.ts";
import type { Key } from "../state/key-codec.ts";
import { keyGroupOf } from "../state/key-groups.ts";
import { ALL_KEYS } from "../state/key-range.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";
import { isTimer, type SnapshotEntry, snapshotEntry } from "./entry.ts";
import type { ImageFacts, SavepointLocation, SavepointSummary, SnapshotImage } from "./image.ts";
import { type MapItem, rewriteOperatorState } from "./operator-state.ts";
import { type Renames, renamed, stepIds } from "./rename.ts";
import type { Snapshot } from "./snapshot.ts";

/** An entry to write, whether there is one of the same place or not. */
export interface EntryPut {
  /** The id of the operator. */
  readonly operator: string;
  /** What the operator calls the state. */
  readonly state: string;
  /** Its key: the group follows from it. */
  readonly key: Key;
  /** Default: `null`. */
  readonly namespace?: Key;
  /** Of an entry of a map: its key in the map. Of a timer: its time. */
  readonly subkey?: Key;
  /** Of a timer: `null`. */
  readonly value: unknown;
  /** The version of the value. Default: 0. */
  readonly version?: number;
  /** Of a state with a time to live: when it was written, in milliseconds since the epoch. Default: not known. */
  readonly writtenAt?: number;
}

/** What {@link rewrite} changes. All functions are about the snapshot as it is after the renames. */
export interface RewriteOptions {
  /** New ids of sources, operators and sinks, by their old ones. */
  readonly rename?: Renames;
  /** Ids of sources, operators and sinks to leave out. */
  readonly drop?: readonly string[];
  /** Which entries stay, timers included. Default: all. */
  readonly keep?: (entry: SnapshotEntry) => boolean;
  /** The new value of an entry; `undefined` leaves it as it is. Not asked for timers. */
  readonly map?: (entry: SnapshotEntry) => { readonly value: unknown } | undefined;
  /** Entries to add or to put in the place of others, a few: they are held in memory. */
  readonly put?: readonly EntryPut[];
  /** The new value of an item of operator state; `undefined` leaves the item out. Default: as it is. */
  readonly item?: MapItem;
  /** The new position of a split; `undefined` leaves it out. Default: as it is. */
  readonly split?: (split: unknown, place: { readonly sourceId: string; readonly maxTimestamp: number }) => unknown;
  /** `"drop"`: what sinks had still to commit is left out, and will never be committed. Default: `"keep"`. */
  readonly committables?: "keep" | "drop";
}

/**
 * Writes a changed savepoint. The snapshot itself stays as it is. Streams: only slices and {@link RewriteOptions.put} are
 * held in memory.
 *
 * @throws {ConfigurationError} OPTION_INVALID if a step that is renamed or dropped is not there.
 * @throws {SerializationError} VALUE_UNSUPPORTED, with the entry, if a new value cannot be stored.
 * @throws {CheckpointError} SAVEPOINT_EXISTS if `to` holds a savepoint already.
 *
 * @example
 * ```ts
 * import { savepointDirectory } from "@tidemark/connectors/file";
 * import { rewrite, type Snapshot } from "@tidemark/core/savepoints";
 *
 * export async function repair(snapshot: Snapshot): Promise<void> {
 *   await rewrite(snapshot, savepointDirectory("./savepoints/repaired"), {
 *     rename: { totals: "revenue" },
 *     keep: (entry) => entry.key !== "test-customer",
 *     map: (entry) => (entry.state === "result" ? { value: Math.abs(entry.value as number) } : undefined),
 *   });
 * }
 * ```
 */
export async function rewrite(
  from: Snapshot,
  to: SavepointLocation,
  options: RewriteOptions = {},
): Promise<SavepointSummary> {
  const image = renamed(from.image, options.rename ?? {});
  const dropped = new Set(options.drop);
  const ids = stepIds(image.facts);
  for (const id of dropped) {
    if (!ids.includes(id)) throw invalid(image, `there is no step ${JSON.stringify(id)} to drop`);
  }
  const puts = (options.put ?? []).map((put) => encodePut(put, image, dropped));
  puts.sort((a, b) => compareBytes(a.key, b.key));
  puts.forEach(({ key }, place) => {
    const next = puts[place + 1];
    if (next !== undefined && compareBytes(key, next.key) === 0) throw invalid(image, "an entry is put twice");
  });
  return to.write({
    ...image,
    facts: changedFacts(image.facts, dropped, options),
    scan: () => withPuts(changed(image, dropped, options), puts),
  });
}

/** Another value in the place of one, of the same version and with the same time of its last write. */
function mappedValue(
  writer: ByteWriter,
  { operator, state, key, version, writtenAt }: SnapshotEntry,
  value: unknown,
): Uint8Array {
  return encodeHeld(writer, new Unread(value, version, writtenAt), { operatorId: operator, state, key });
}

/** @throws {SerializationError} VALUE_UNSUPPORTED, with the entry and the path to what cannot be encoded. */
function encodeHeld(writer: ByteWriter, held: Unread, place: ValuePlace): Uint8Array {
  try {
    return encodeEntryValue(writer, held, held.version);
  } catch (error) {
    throw unsupported(error, place);
  }
}

async function* changed(
  image: SnapshotImage,
  dropped: ReadonlySet<string>,
  { keep, map }: RewriteOptions,
): AsyncGenerator<readonly StateEntry[]> {
  const writer = new ByteWriter();
  for await (const slice of image.scan(ALL_KEYS)) {
    const stayed: StateEntry[] = [];
    for (const bytes of slice) {
      const entry = snapshotEntry(bytes);
      if (dropped.has(entry.operator) || keep?.(entry) === false) continue;
      const mapped = isTimer(entry) ? undefined : map?.(entry);
      if (mapped === undefined) stayed.push(bytes);
      else stayed.push({ key: bytes.key, value: mappedValue(writer, entry, mapped.value) });
    }
    yield stayed;
  }
}

/** Lays a few entries among many, each in its place. */
async function* withPuts(
  slices: AsyncIterable<readonly StateEntry[]>,
  puts: readonly StateEntry[],
): AsyncGenerator<readonly StateEntry[]> {
  let next = 0;
  for await (const slice of slices) {
    const merged: StateEntry[] = [];
    for (const entry of slice) {
      let order = -1;
      while (next < puts.length && order < 0) {
        const put = puts[next] as StateEntry;
        order = compareBytes(put.key, entry.key);
        if (order > 0) break;
        merged.push(put);
        next++;
      }
      if (order !== 0) merged.push(entry);
    }
    yield merged;
  }
  yield puts.slice(next);
}

function changedFacts(facts: ImageFacts, dropped: ReadonlySet<string>, options: RewriteOptions): ImageFacts {
  const { split: splitOf, committables } = options;
  return {
    ...facts,
    operators: facts.operators.filter(({ operatorId }) => !dropped.has(operatorId)),
    operatorStates: facts.operatorStates
      .filter(({ operatorId }) => !dropped.has(operatorId))
      .map((operator) => rewriteOperatorState(operator, options.item)),
    sinks: facts.sinks
      .filter(({ sinkId }) => !dropped.has(sinkId))
      .map((sink) => (committables === "drop" ? { ...sink, committables: [] } : sink)),
    sources: facts.sources
      .filter(({ sourceId }) => !dropped.has(sourceId))
      .map((source) => ({
        ...source,
        splits: source.splits.flatMap(({ split, maxTimestamp }) => {
          if (splitOf === undefined) return [{ split, maxTimestamp }];
          const moved = splitOf(decodeValue(split), { sourceId: source.sourceId, maxTimestamp });
          return moved === undefined ? [] : [{ split: encodeValue(moved), maxTimestamp }];
        }),
      })),
  };
}

function encodePut(put: EntryPut, image: SnapshotImage, dropped: ReadonlySet<string>): StateEntry {
  const { operator, state, key, namespace = null, subkey, value, version = 0, writtenAt } = put;
  const known = image.facts.operators.some(({ operatorId }) => operatorId === operator);
  if (!known || dropped.has(operator)) {
    throw invalid(image, `there is no operator ${JSON.stringify(operator)} to put into`);
  }
  const { keyGroups } = image.facts;
  const address = { keyGroup: keyGroupOf(key, keyGroups), operatorId: operator, state, key, namespace, subkey };
  const writer = new ByteWriter();
  return {
    key: encodeEntryAddress(writer, address),
    value: encodeHeld(writer, new Unread(value, version, writtenAt), address),
  };
}

function invalid({ name }: SnapshotImage, found: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot rewrite ${name}: ${found}`);
}
