import assert from "node:assert/strict";
import type { StateEntry } from "../../src/state/backend.ts";
import { decodeEntryKey, decodeEntryValue } from "../../src/state/entry-codec.ts";
import type { FrozenTable } from "../../src/state/frozen-table.ts";
import type { Key } from "../../src/state/key-codec.ts";
import { KeyedTable } from "../../src/state/keyed-table.ts";
import { type Slot, TableLayout } from "../../src/state/layout.ts";
import { hexOf } from "../checkpoint/hex.ts";

/** One value state, one map state and timers. */
export const SLOTS: readonly Slot[] = [
  { name: "value", kind: "value", version: 0 },
  { name: "map", kind: "map", version: 0 },
  { name: "$event-timers", kind: "timers", version: 0 },
];
export const VALUE = 0;
export const MAP = 1;
export const TIMERS = 2;

export const KEY_GROUPS = 128;

/** A table of operator "op" that owns all key groups, or those given. */
export function tableOf(slots: readonly Slot[] = SLOTS, range = { first: 0, last: KEY_GROUPS - 1 }): KeyedTable {
  return new KeyedTable({ layout: new TableLayout("op", slots), range, keyGroups: KEY_GROUPS });
}

/** Writes a value as the handles do. */
export function put(table: KeyedTable, key: Key, value: unknown, namespace: Key = null): void {
  const cell = table.cell(table.row(table.space(namespace), key), VALUE);
  table.claim(cell);
  cell.value = value;
  cell.present = true;
}

/** Writes a map entry as the handles do. */
export function putEntry(table: KeyedTable, key: Key, subkey: Key, value: unknown): void {
  const cell = table.newMapCell(table.row(table.space(null), key), MAP, subkey);
  table.claim(cell);
  cell.value = value;
  cell.present = true;
}

/** Deletes a value as the handles do. */
export function remove(table: KeyedTable, key: Key, namespace: Key = null): void {
  const cell = table.space(namespace).get(key)?.cell(VALUE);
  if (cell !== undefined) table.clear(cell);
}

/** How many changes were written. */
export interface Drained {
  readonly puts: number;
  readonly deletes: number;
}

/** What a backend would hold: a plain map under the keys' bytes. Checks what every part has to keep. */
export class TableStore {
  readonly entries = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>();
  readonly #open = new Map<FrozenTable, Set<string>>();

  /** Takes one slice of a frozen table. Returns whether that was the last. */
  takeSome(frozen: FrozenTable, limit: number): boolean {
    const part = frozen.next(limit);
    if (part === "more") return false;
    const named = this.#open.get(frozen) ?? new Set();
    this.#open.set(frozen, named);
    if (part === "done") return true;
    for (const key of [...part.puts.map((entry) => entry.key), ...part.deletes]) {
      assert.equal(decodeEntryKey(key).keyGroup, part.keyGroup, "a part is inside one key group");
      assert.ok(!named.has(hexOf(key)), "an epoch names a key at most once");
      named.add(hexOf(key));
    }
    for (const entry of part.puts) this.entries.set(hexOf(entry.key), entry);
    for (const key of part.deletes) assert.ok(this.entries.delete(hexOf(key)), "a tombstone for what was never stored");
    return false;
  }

  /** Takes all that is left of a frozen table. */
  drain(frozen: FrozenTable, limit = 1000): Drained {
    let puts = 0;
    let deletes = 0;
    for (;;) {
      const part = frozen.next(limit);
      if (part === "done") return { puts, deletes };
      if (part === "more") continue;
      puts += part.puts.length;
      deletes += part.deletes.length;
      for (const entry of part.puts) this.entries.set(hexOf(entry.key), entry);
      for (const key of part.deletes) {
        assert.ok(this.entries.delete(hexOf(key)), "a tombstone for what was never stored");
      }
    }
  }

  /** Takes an entry as it is. */
  add(entry: StateEntry): void {
    this.entries.set(hexOf(entry.key), entry);
  }

  /** The entries, readable: `state key namespace subkey` and the value. */
  contents(): ReadonlyMap<string, unknown> {
    const readable = new Map<string, unknown>();
    for (const { key, value } of this.entries.values()) {
      const { state, key: of, namespace, subkey } = decodeEntryKey(key);
      readable.set(addressOf(state, of, namespace, subkey), decodeEntryValue(value).value);
    }
    return new Map([...readable].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** A new table with these entries. */
  restored(): KeyedTable {
    const table = tableOf();
    for (const entry of this.entries.values()) table.restore(entry);
    return table;
  }
}

/** An address as {@link TableStore.contents} shows it. */
export function addressOf(state: string, key: Key, namespace: Key = null, subkey?: Key): string {
  const shown = [key, namespace, ...(subkey === undefined ? [] : [subkey])].map((part) =>
    JSON.stringify(part, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)),
  );
  return `${state} ${shown.join(" ")}`;
}

/** The value that a table has for a key, as a restore finds it. */
export function valueIn(table: KeyedTable, key: Key, namespace: Key = null): unknown {
  const cell = table.space(namespace).get(key)?.cell(VALUE);
  return cell?.present === true ? cell.value : undefined;
}
