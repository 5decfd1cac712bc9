/**
 * Operator state, looked into and changed offline: see `Snapshot.operatorStates` and `rewrite`.
 *
 * @module
 */
import { equalBytes } from "../bytes/compare.ts";
import { decodeKey, type Key } from "../state/key-codec.ts";
import type { StoredItem, StoredOperatorState, StoredPart, StoredState } from "../state/operator-state/stored.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";

/** One item of a list, or one entry of a broadcast state. */
export interface SnapshotItem<V = unknown> {
  /** Of an entry of a broadcast state. */
  readonly key: Key | undefined;
  /** The item of a list, or the value of an entry. */
  readonly value: V;
}

/** What a subtask kept of an operator state. */
export interface SnapshotPart<V = unknown> {
  /** The subtasks that kept exactly this: one, but for copies of a broadcast state. */
  readonly subtasks: readonly number[];
  /** The items of a list in their order, or the entries of a broadcast state. */
  readonly items: readonly SnapshotItem<V>[];
}

/** One operator state. */
export interface SnapshotOperatorState<V = unknown> {
  /** The id of the operator. */
  readonly operator: string;
  /** How many subtasks the operator had. */
  readonly parallelism: number;
  /** What the operator calls the state. */
  readonly state: string;
  /** `"split-list"`, `"union-list"` or `"broadcast"`. */
  readonly kind: string;
  /** The version of the values. */
  readonly version: number;
  /** Empty if no subtask kept anything. */
  readonly parts: readonly SnapshotPart<V>[];
}

/** How one operator state differs; `undefined` where it is not there. */
export interface OperatorStateChange {
  /** The id of the operator. */
  readonly operator: string;
  /** What the operator calls the state. */
  readonly state: string;
  /** As the first snapshot has it. */
  readonly before: SnapshotOperatorState | undefined;
  /** As the second snapshot has it. */
  readonly after: SnapshotOperatorState | undefined;
}

/** Gives an item another value, or leaves it out. */
export type MapItem = (
  item: SnapshotItem,
  place: {
    readonly operator: string;
    readonly state: string;
    readonly kind: string;
    readonly subtasks: readonly number[];
  },
) => { readonly value: unknown } | undefined;

/** Operator states, decoded. */
export function readOperatorStates(stored: readonly StoredOperatorState[]): readonly SnapshotOperatorState[] {
  return stored.flatMap(({ operatorId, parallelism, states }) =>
    states.map(({ name, kind, version, parts }) => ({
      operator: operatorId,
      parallelism,
      state: name,
      kind,
      version,
      parts: parts.map(({ subtasks, items }) => ({ subtasks, items: items.map(readItem) })),
    })),
  );
}

/** The operator states that differ between two snapshots, by the bytes of what they hold and by who held it. */
export function operatorStateChanges(
  before: readonly StoredOperatorState[],
  after: readonly StoredOperatorState[],
): readonly OperatorStateChange[] {
  const [olds, news] = [readOperatorStates(before), readOperatorStates(after)];
  const same = (one: OperatorStateChange["before"], other: OperatorStateChange["after"]): boolean =>
    equalBytes(encodeValue(one), encodeValue(other));
  const find = (
    states: readonly SnapshotOperatorState[],
    of: SnapshotOperatorState,
  ): SnapshotOperatorState | undefined =>
    states.find(({ operator, state }) => operator === of.operator && state === of.state);
  return [
    ...olds.map((old) => ({ operator: old.operator, state: old.state, before: old, after: find(news, old) })),
    ...news
      .filter((next) => find(olds, next) === undefined)
      .map((next) => ({ operator: next.operator, state: next.state, before: undefined, after: next })),
  ].filter((change) => !same(change.before, change.after));
}

/** Operator state with other items. */
export function rewriteOperatorState(stored: StoredOperatorState, map: MapItem | undefined): StoredOperatorState {
  if (map === undefined) return stored;
  const { operatorId: operator, states } = stored;
  const partOf = ({ name, kind }: StoredState, { subtasks, items }: StoredPart): readonly StoredPart[] => {
    const place = { operator, state: name, kind, subtasks };
    const kept = items.flatMap((item): readonly StoredItem[] => {
      const mapped = map(readItem(item), place);
      return mapped === undefined ? [] : [{ ...item, value: encodeValue(mapped.value) }];
    });
    return kept.length === 0 ? [] : [{ subtasks, items: kept }];
  };
  return {
    ...stored,
    states: states.map((state) => ({ ...state, parts: state.parts.flatMap((part) => partOf(state, part)) })),
  };
}

function readItem({ key, value }: StoredItem): SnapshotItem {
  return { key: key === undefined ? undefined : decodeKey(key), value: decodeValue(value) };
}
