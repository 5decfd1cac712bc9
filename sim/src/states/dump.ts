/** The keyed state of a checkpoint, as a reader finds it, in a form that does not depend on the order of records. */
import type { Snapshot, SnapshotEntry } from "@tidemark/core/savepoints";

/** An entry of state: of a list each of its items, of a session one for its window and its value. */
export interface StateEntry {
  readonly state: string;
  readonly key: string;
  /** Where it stands below its key. */
  readonly place: string;
  readonly value: unknown;
}

/** An entry that was found. */
export interface FoundEntry extends StateEntry {
  readonly operator: string;
  readonly keyGroup: number;
}

/** States of which each entry is a chunk of a list. */
const LISTS: ReadonlySet<string> = new Set(["seen/poison", "lefts/pairs", "rights/pairs", "waiting/stretch"]);

/** Reads all entries and timers. @param kindOf the kind of the step that has an id. */
export async function dump(
  snapshot: Snapshot,
  kindOf: (operator: string) => string | undefined,
): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  const sessions: Sessions = { timers: new Map(), bounds: new Map() };
  for await (const slice of snapshot.timers({ clock: "event" })) {
    for (const { operator, keyGroup, key, namespace, time } of slice) {
      if (kindOf(operator) === "session") {
        sessions.timers.set(nameOf(operator, key, namespace), time);
        continue;
      }
      found.push({ operator, keyGroup, state: "event timer", key: String(key), place: `${time}`, value: undefined });
    }
  }
  for await (const slice of snapshot.entries()) {
    for (const each of slice) found.push(...entriesOf(each, kindOf(each.operator), sessions));
  }
  return found;
}

/** What is stored of sessions beside their values, by the time of the record that began each. */
interface Sessions {
  /** The timer of each, at its end or before: one that grows is looked at again when it would have ended. */
  readonly timers: Map<string, number>;
  readonly bounds: Map<string, readonly [start: number, end: number]>;
}

function nameOf(operator: string, key: unknown, began: unknown): string {
  return `${operator} ${String(key)} ${String(began)}`;
}

function entriesOf(
  { operator, keyGroup, state, key, namespace, subkey, value }: SnapshotEntry,
  kind: string | undefined,
  { timers, bounds }: Sessions,
): readonly FoundEntry[] {
  const one = (place: string, shown: unknown): FoundEntry => ({
    operator,
    keyGroup,
    state,
    key: String(key),
    place,
    value: shown,
  });
  if (kind === "session") {
    // Bounds are read before values: their state comes first by name.
    if (state === "sessions") bounds.set(nameOf(operator, key, subkey), value as readonly [number, number]);
    if (state !== "window") return [];
    const name = nameOf(operator, key, namespace);
    const [start, end] = bounds.get(name) ?? [NaN, NaN];
    return [one(`${start}-${end}`, { sum: value, hasTimer: (timers.get(name) ?? Infinity) <= end })];
  }
  if (LISTS.has(`${state}/${kind}`)) {
    // Without a subkey: which chunks there are.
    return subkey === undefined ? [] : (value as readonly unknown[]).map((item) => one("item", item));
  }
  if (Array.isArray(namespace)) return [one(namespace.join("-"), value)];
  return [one(subkey === undefined ? "" : String(subkey), value)];
}
