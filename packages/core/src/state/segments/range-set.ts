import { compareBytes } from "../../bytes/compare.ts";
import type { KeyRange } from "../backend.ts";

/** Ranges of keys, kept in order, apart from one another: those that meet are one. */
export class RangeSet {
  readonly #ranges: KeyRange[] = [];

  constructor(ranges: readonly KeyRange[] = []) {
    for (const range of ranges) this.add(range);
  }

  /** How many there are. */
  get size(): number {
    return this.#ranges.length;
  }

  /** In order, none of which meets another. */
  get list(): readonly KeyRange[] {
    return this.#ranges;
  }

  /** Adds a range. An empty one changes nothing. */
  add({ from, to }: KeyRange): void {
    if (compareBytes(from, to) >= 0) return;
    // Those that begin before the new one ends, and end where it begins or later, become part of it.
    const first = this.#count((range) => compareBytes(range.to, from) < 0);
    const end = this.#count((range) => compareBytes(range.from, to) <= 0);
    let merged: KeyRange = { from, to };
    if (end > first) {
      const low = (this.#ranges[first] as KeyRange).from;
      const high = (this.#ranges[end - 1] as KeyRange).to;
      merged = { from: compareBytes(low, from) < 0 ? low : from, to: compareBytes(high, to) > 0 ? high : to };
    }
    this.#ranges.splice(first, end - first, merged);
  }

  /** Whether a key is within one of them. */
  covers(key: Uint8Array): boolean {
    if (this.#ranges.length === 0) return false;
    const before = this.#count((range) => compareBytes(range.from, key) <= 0);
    const last = this.#ranges[before - 1];
    return last !== undefined && compareBytes(key, last.to) < 0;
  }

  /** How many ranges at the beginning of the list are `so`; `so` must not become true again. */
  #count(so: (range: KeyRange) => boolean): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (so(this.#ranges[middle] as KeyRange)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
