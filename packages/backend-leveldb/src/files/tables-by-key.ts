import { compareBytes } from "@tidemark/core/internal";
import type { TablePlace } from "./level-version.ts";

/** Keys from one to another, both included. */
export interface KeySpan {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

interface Placed {
  readonly place: TablePlace;
}

/** Tables, to be found by the keys that they may hold. */
export class TablesByKey<T extends Placed> {
  readonly #tables: Set<T>;
  /** Of level 0, whose tables lie over one another. */
  readonly #piled: readonly T[];
  /** Of the other levels, each in the order of keys. */
  readonly #rows: readonly (readonly T[])[];

  constructor(tables: readonly T[]) {
    this.#tables = new Set(tables);
    this.#piled = tables.filter(({ place }) => place.level === 0);
    const levels = [...new Set(tables.map(({ place }) => place.level))].filter((level) => level > 0);
    this.#rows = levels.map((level) =>
      tables
        .filter(({ place }) => place.level === level)
        .toSorted((a, b) => compareBytes(a.place.first, b.place.first)),
    );
  }

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  /** All that were there in the beginning. */
  all(): readonly T[] {
    return [...this.#piled, ...this.#rows.flat()];
  }

  delete(table: T): void {
    this.#tables.delete(table);
  }

  /** Those that are still here and may hold a key of a span. */
  *overlapping(span: KeySpan): Generator<T, void, undefined> {
    for (const table of this.#piled) {
      if (this.#tables.has(table) && overlaps(table.place, span)) yield table;
    }
    for (const row of this.#rows) {
      for (let index = firstEndingFrom(row, span.first); index < row.length; index++) {
        const table = row[index] as T;
        if (compareBytes(table.place.first, span.last) > 0) break;
        if (this.#tables.has(table)) yield table;
      }
    }
  }
}

function overlaps({ first, last }: TablePlace, span: KeySpan): boolean {
  return compareBytes(first, span.last) <= 0 && compareBytes(last, span.first) >= 0;
}

function firstEndingFrom(row: readonly Placed[], key: Uint8Array): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes((row[middle] as Placed).place.last, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
