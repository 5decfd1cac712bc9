import { compareBytes, equalBytes } from "../bytes/compare.ts";
import { StateError } from "../errors.ts";
import type { StateEntry } from "../state/backend.ts";
import { encodeKey } from "../state/key-codec.ts";
import { encodeValue } from "../state/value-codec.ts";
import { type SnapshotEntry, snapshotEntry } from "./entry.ts";
import { type OperatorStateChange, operatorStateChanges } from "./operator-state.ts";
import { type EntryFilter, rangesOf } from "./ranges.ts";
import type { Snapshot, SnapshotSource } from "./snapshot.ts";

/** How one entry differs. Timers are entries too: those of the states `$event-timers` and `$processing-timers`. */
export type EntryChange =
  | { readonly kind: "added"; readonly after: SnapshotEntry }
  | { readonly kind: "removed"; readonly before: SnapshotEntry }
  | { readonly kind: "changed"; readonly before: SnapshotEntry; readonly after: SnapshotEntry };

/** How a source differs; `undefined` where it is not there. */
export interface SourceChange {
  /** The id of the source. */
  readonly sourceId: string;
  /** As the first snapshot has it. */
  readonly before: SnapshotSource | undefined;
  /** As the second snapshot has it. */
  readonly after: SnapshotSource | undefined;
}

/** What is different in the second of two snapshots. */
export interface SnapshotDiff {
  /** The sources whose positions differ. */
  readonly sources: readonly SourceChange[];
  /** The operator states that differ. */
  readonly operatorStates: readonly OperatorStateChange[];
  /** Ids of operators with keyed state that only the second has. */
  readonly operatorsAdded: readonly string[];
  /** Ids of operators with keyed state that only the first has. */
  readonly operatorsRemoved: readonly string[];
  /** The entries that differ, in bounded slices and in the order of keys. Values are compared by their bytes. */
  entries(filter?: EntryFilter): AsyncIterable<readonly EntryChange[]>;
}

/** Slices hold no more changes than this. */
const SLICE_CHANGES = 1_000;

/**
 * Compares two snapshots, checkpoints or savepoints.
 *
 * @throws {StateError} STATE_INCOMPATIBLE if they deal keys into groups differently: then every key is elsewhere.
 *
 * @example
 * ```ts
 * import { diff, type Snapshot } from "@tidemark/core/savepoints";
 *
 * export async function show(before: Snapshot, after: Snapshot): Promise<void> {
 *   for await (const slice of diff(before, after).entries({ operator: "total" })) {
 *     for (const change of slice) console.log(change.kind, change);
 *   }
 * }
 * ```
 */
export function diff(before: Snapshot, after: Snapshot): SnapshotDiff {
  const [a, b] = [before.image.facts, after.image.facts];
  if (a.keyGroups !== b.keyGroups || a.keyHashVersion !== b.keyHashVersion) {
    throw new StateError(
      "STATE_INCOMPATIBLE",
      `Cannot compare ${before.name} with ${after.name}: one has ${a.keyGroups} key groups by hash ${a.keyHashVersion}, the ` +
        `other ${b.keyGroups} by hash ${b.keyHashVersion}`,
      { details: { before: a.keyGroups, after: b.keyGroups } },
    );
  }
  const idsOf = (snapshot: Snapshot): readonly string[] => snapshot.operators().map(({ operatorId }) => operatorId);
  const [idsBefore, idsAfter] = [idsOf(before), idsOf(after)];
  return {
    sources: sourceChanges(before.sources(), after.sources()),
    operatorStates: operatorStateChanges(a.operatorStates, b.operatorStates),
    operatorsAdded: idsAfter.filter((id) => !idsBefore.includes(id)),
    operatorsRemoved: idsBefore.filter((id) => !idsAfter.includes(id)),
    entries: (filter) => changes(before, after, filter),
  };
}

async function* changes(
  before: Snapshot,
  after: Snapshot,
  filter: EntryFilter = {},
): AsyncGenerator<readonly EntryChange[]> {
  let found: EntryChange[] = [];
  for (const range of rangesOf(filter, before.keyGroups)) {
    const [olds, news] = [new Cursor(before.image.scan(range)), new Cursor(after.image.scan(range))];
    try {
      let [old, next] = [await olds.next(), await news.next()];
      while (old !== undefined || next !== undefined) {
        const order = old === undefined ? 1 : next === undefined ? -1 : compareBytes(old.key, next.key);
        const change = changeOf(order <= 0 ? old : undefined, order >= 0 ? next : undefined);
        if (change !== undefined && isWanted(change, filter)) found.push(change);
        if (order <= 0) old = await olds.next();
        if (order >= 0) next = await news.next();
        if (found.length < SLICE_CHANGES) continue;
        yield found;
        found = [];
      }
    } finally {
      await olds.close();
      await news.close();
    }
  }
  if (found.length > 0) yield found;
}

function changeOf(old: StateEntry | undefined, next: StateEntry | undefined): EntryChange | undefined {
  if (old === undefined) return next === undefined ? undefined : { kind: "added", after: snapshotEntry(next) };
  if (next === undefined) return { kind: "removed", before: snapshotEntry(old) };
  if (equalBytes(old.value, next.value)) return undefined;
  return { kind: "changed", before: snapshotEntry(old), after: snapshotEntry(next) };
}

/** The range of a key holds timers of other keys too, where no state is given. */
function isWanted(change: EntryChange, { key }: EntryFilter): boolean {
  if (key === undefined) return true;
  const entry = change.kind === "removed" ? change.before : change.after;
  return equalBytes(encodeKey(entry.key), encodeKey(key));
}

function sourceChanges(before: readonly SnapshotSource[], after: readonly SnapshotSource[]): readonly SourceChange[] {
  const ids = new Set([...before, ...after].map(({ sourceId }) => sourceId));
  return [...ids].flatMap((sourceId): readonly SourceChange[] => {
    const old = before.find((source) => source.sourceId === sourceId);
    const next = after.find((source) => source.sourceId === sourceId);
    return equalBytes(encodeValue(old), encodeValue(next)) ? [] : [{ sourceId, before: old, after: next }];
  });
}

/** Goes through slices entry by entry. */
class Cursor {
  readonly #slices: AsyncIterator<readonly StateEntry[]>;
  #slice: readonly StateEntry[] = [];
  #at = 0;

  constructor(slices: AsyncIterable<readonly StateEntry[]>) {
    this.#slices = slices[Symbol.asyncIterator]();
  }

  async next(): Promise<StateEntry | undefined> {
    while (this.#at === this.#slice.length) {
      const read = await this.#slices.next();
      if (read.done === true) return undefined;
      this.#slice = read.value;
      this.#at = 0;
    }
    return this.#slice[this.#at++];
  }

  async close(): Promise<void> {
    await this.#slices.return?.();
  }
}
