/** The keyed state of a checkpoint, as a reader finds it, in a form that does not depend on the order of records. */
import type { Snapshot, SnapshotEntry } from "@tidemark/core/savepoints";

/** An entry of state: of a list each of its items, of a session its window and what its records come to. */
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
  const sessionTimers: SessionTimers = new Map();
  for await (const slice of snapshot.timers({ clock: "event" })) {
    for (const { operator, keyGroup, key, time } of slice) {
      if (kindOf(operator) === "session") {
        const name = nameOf(operator, key);
        sessionTimers.set(name, [...(sessionTimers.get(name) ?? []), time]);
        continue;
      }
      found.push({ operator, keyGroup, state: "event timer", key: String(key), place: `${time}`, value: undefined });
    }
  }
  for await (const slice of snapshot.entries()) {
    for (const each of slice) found.push(...entriesOf(each, kindOf(each.operator), sessionTimers));
  }
  return found;
}

/**
 * The timers of the sessions of each key. A session has one in it, at its end or before: one that grows is looked at again
 * when it would have ended.
 */
type SessionTimers = Map<string, readonly number[]>;

function nameOf(operator: string, key: unknown): string {
  return `${operator} ${String(key)}`;
}

function entriesOf(
  { operator, keyGroup, state, key, namespace, subkey, value }: SnapshotEntry,
  kind: string | undefined,
  sessionTimers: SessionTimers,
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
    const [start, end, sum] = value as readonly [start: number, end: number, sum: number];
    const times = sessionTimers.get(nameOf(operator, key)) ?? [];
    return [one(`${start}-${end}`, { sum, hasTimer: times.some((time) => start <= time && time <= end) })];
  }
  if (LISTS.has(`${state}/${kind}`)) {
    // Without a subkey: which chunks there are.
    return subkey === undefined ? [] : (value as readonly unknown[]).map((item) => one("item", item));
  }
  if (Array.isArray(namespace)) return [one(namespace.join("-"), value)];
  return [one(subkey === undefined ? "" : String(subkey), value)];
}
