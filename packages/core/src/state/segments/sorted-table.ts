import { compareBytes } from "../../bytes/compare.ts";

/** A run longer than this is cut in two, so that no insertion ever moves more. */
const RUN_ENTRIES_MAX = 512;

interface Run<V> {
  readonly keys: Uint8Array[];
  readonly values: V[];
}

/**
 * Values under byte keys, in the order of keys: a list of short sorted runs. It grows in small steps, and a walk can stop
 * anywhere and go on later from a key, whatever changed in between.
 */
export class SortedTable<V> {
  #runs: Run<V>[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: Uint8Array): V | undefined {
    const run = this.#runs[this.#runOf(key)];
    if (run === undefined) return undefined;
    const at = lowerBound(run.keys, key);
    return isAt(run, at, key) ? run.values[at] : undefined;
  }

  /** @returns the value that was there before. */
  set(key: Uint8Array, value: V): V | undefined {
    const index = Math.min(this.#runOf(key), this.#runs.length - 1);
    const run = this.#runs[index];
    if (run === undefined) {
      this.#runs.push({ keys: [key], values: [value] });
      this.#size++;
      return undefined;
    }
    const at = lowerBound(run.keys, key);
    if (isAt(run, at, key)) {
      const before = run.values[at];
      run.values[at] = value;
      return before;
    }
    this.#size++;
    const appends = index === this.#runs.length - 1 && at === run.keys.length;
    if (appends && at >= RUN_ENTRIES_MAX) {
      // Keys that arrive in order fill their runs, instead of leaving a trail of halves.
      this.#runs.push({ keys: [key], values: [value] });
      return undefined;
    }
    run.keys.splice(at, 0, key);
    run.values.splice(at, 0, value);
    if (run.keys.length > RUN_ENTRIES_MAX) this.#cut(index, run);
    return undefined;
  }

  delete(key: Uint8Array): boolean {
    const index = this.#runOf(key);
    const run = this.#runs[index];
    if (run === undefined) return false;
    const at = lowerBound(run.keys, key);
    if (!isAt(run, at, key)) return false;
    this.#remove(index, run, at, at + 1);
    return true;
  }

  /** Deletes all keys from `from` up to, but without, `to`. */
  deleteRange(from: Uint8Array, to: Uint8Array): void {
    let index = this.#runOf(from);
    for (let run = this.#runs[index]; run !== undefined; run = this.#runs[index]) {
      const start = lowerBound(run.keys, from);
      const end = lowerBound(run.keys, to);
      const isLast = end < run.keys.length;
      const isEmptied = start === 0 && end === run.keys.length;
      if (end > start) this.#remove(index, run, start, end);
      if (isLast) return;
      if (!isEmptied) index++;
    }
  }

  /**
   * Shows entries in order, from the first key that is not before `from` (or, with `after`, that comes after it), until
   * `visit` returns `false`. The table must not be changed meanwhile.
   */
  walk(from: Uint8Array, after: boolean, visit: (key: Uint8Array, value: V) => boolean): void {
    for (let index = this.#runOf(from), first = true; index < this.#runs.length; index++, first = false) {
      const run = this.#runs[index] as Run<V>;
      let at = first ? lowerBound(run.keys, from) : 0;
      if (first && after && isAt(run, at, from)) at++;
      for (; at < run.keys.length; at++) {
        if (!visit(run.keys[at] as Uint8Array, run.values[at] as V)) return;
      }
    }
  }

  /** The first run whose last key is not before `key`; the number of runs if there is none. */
  #runOf(key: Uint8Array): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const keys = (this.#runs[middle] as Run<V>).keys;
      if (compareBytes(keys[keys.length - 1] as Uint8Array, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remove(index: number, run: Run<V>, start: number, end: number): void {
    this.#size -= end - start;
    if (end - start === run.keys.length) {
      this.#runs.splice(index, 1);
      return;
    }
    run.keys.splice(start, end - start);
    run.values.splice(start, end - start);
  }

  #cut(index: number, run: Run<V>): void {
    const half = run.keys.length >>> 1;
    this.#runs.splice(index + 1, 0, { keys: run.keys.splice(half), values: run.values.splice(half) });
  }
}

function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes(keys[middle] as Uint8Array, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isAt<V>(run: Run<V>, at: number, key: Uint8Array): boolean {
  const found = run.keys[at];
  return found !== undefined && compareBytes(found, key) === 0;
}
