import { byteText } from "../../bytes/byte-text.ts";
import { damagedBytes } from "./damage.ts";
import type { Damage } from "./effect.ts";
import type { SimProcess } from "./process.ts";
import type { SimRandom } from "./random.ts";
import type { SimMedium, SimWorld } from "./world.ts";

/** One change of a {@link SortedMedium}. No value: the key goes. */
export interface MediumChange {
  /** The key, in the order of its bytes. */
  readonly key: Uint8Array;
  /** The new value. Absent: the key goes. */
  readonly value?: Uint8Array | undefined;
}

/** Which keys to read. */
export interface MediumRange {
  /** Only keys above this one. */
  readonly gt?: Uint8Array | undefined;
  /** Only this key and those above it. */
  readonly gte?: Uint8Array | undefined;
  /** Only keys below this one. */
  readonly lt?: Uint8Array | undefined;
  /** Only this key and those below it. */
  readonly lte?: Uint8Array | undefined;
  /** Whether the last one comes first. Default: false. */
  readonly reverse?: boolean | undefined;
  /** Default: no limit. */
  readonly limit?: number | undefined;
}

/** A key with its value. */
export type MediumEntry = readonly [key: Uint8Array, value: Uint8Array];

/**
 * A disk with a sorted key-value store on it, as LevelDB is one. Each batch is atomic and goes to the end of a log. The
 * death of a process alone takes nothing away. A power cut takes the end of each log, as far as it was not synced: and
 * since a log is followed by a new one now and then, and a sync reaches the newest log only, a batch can be gone that
 * came before one that was synced. A log is safe when its second successor begins, since it is in a table by then. One
 * process at a time can have the store open.
 */
export interface SortedMedium {
  /** Gives the lock to a process. `false` if a live one has it. */
  lock(process: SimProcess): boolean;
  /** Gives the lock back, if the process has it. */
  unlock(process: SimProcess): void;
  /** Applies a batch. With `sync`, it and all that came before in the same log are safe. */
  write(changes: readonly MediumChange[], sync: boolean): void;
  /** The present value of a key, synced or not; `undefined` if there is none. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** The entries of a range as they are now. */
  range(range: MediumRange): readonly MediumEntry[];
  /** How many batches a power cut could take away. */
  readonly unsynced: number;
  /** How many keys there are. */
  readonly size: number;
}

/** How a {@link SortedMedium} behaves. */
export interface SortedMediumOptions {
  /** How many batches a log takes on average before a new one begins. Default: 20. */
  readonly logBatches?: number;
}

/**
 * Makes an empty disk in a world.
 *
 * @example
 * ```ts
 * import { simWorld, sortedMedium } from "@tidemark/core/testing";
 *
 * const disk = sortedMedium(simWorld(1));
 * disk.write([{ key: new Uint8Array([1]), value: new Uint8Array([7]) }], false);
 * console.log(disk.size, disk.unsynced);
 * // prints 1 1
 * ```
 */
export function sortedMedium(world: SimWorld, options: SortedMediumOptions = {}): SortedMedium {
  const random = world.random.fork();
  const medium = new LoggedMedium(world, () => random.chance(1 / (options.logBatches ?? 20)));
  world.attach(medium);
  return medium;
}

interface LoggedBatch {
  readonly changes: readonly MediumChange[];
  readonly log: number;
  safe: boolean;
}

class LoggedMedium implements SortedMedium, SimMedium {
  readonly #world: SimWorld;
  readonly #rotates: () => boolean;
  /** The state before the first batch of the tail. Keys are bytes as Latin-1 text, which sorts alike. */
  readonly #settled: Map<string, Uint8Array> = new Map();
  /** From the first batch that is not safe. */
  #tail: LoggedBatch[] = [];
  #log = 0;
  #current: Map<string, Uint8Array> = new Map();
  #sorted: string[] | undefined = [];
  #owner: SimProcess | undefined;

  constructor(world: SimWorld, rotates: () => boolean) {
    this.#world = world;
    this.#rotates = rotates;
  }

  get unsynced(): number {
    return this.#tail.filter((batch) => !batch.safe).length;
  }

  get size(): number {
    return this.#current.size;
  }

  lock(process: SimProcess): boolean {
    if (this.#owner !== undefined && this.#owner.alive) return false;
    this.#owner = process;
    return true;
  }

  unlock(process: SimProcess): void {
    if (this.#owner === process) this.#owner = undefined;
  }

  write(changes: readonly MediumChange[], sync: boolean): void {
    if (this.#rotates()) {
      this.#log++;
      for (const batch of this.#tail) batch.safe ||= batch.log < this.#log - 1;
    }
    // Copied at once: what the caller does to its arrays afterwards is no concern of the disk.
    const copy = changes.map((change) => ({ key: change.key.slice(), value: change.value?.slice() }));
    for (const change of copy) this.#apply(this.#current, change);
    this.#tail.push({ changes: copy, log: this.#log, safe: false });
    if (sync) for (const batch of this.#tail) batch.safe ||= batch.log === this.#log;
    this.#settle();
  }

  #apply(state: Map<string, Uint8Array>, change: MediumChange): void {
    const key = byteText(change.key);
    if (change.value === undefined) {
      if (state.delete(key) && state === this.#current) this.#sorted = undefined;
      return;
    }
    if (state === this.#current && !state.has(key)) this.#sorted = undefined;
    state.set(key, change.value);
  }

  #settle(): void {
    while (this.#tail[0]?.safe === true) {
      for (const change of this.#tail.shift()!.changes) this.#apply(this.#settled, change);
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#current.get(byteText(key))?.slice();
  }

  range(range: MediumRange): readonly MediumEntry[] {
    this.#sorted ??= [...this.#current.keys()].sort();
    const from = range.gte ?? range.gt;
    const to = range.lte ?? range.lt;
    let low = from === undefined ? 0 : lowerBound(this.#sorted, byteText(from));
    if (range.gte === undefined && from !== undefined && this.#sorted[low] === byteText(from)) low++;
    let high = to === undefined ? this.#sorted.length : lowerBound(this.#sorted, byteText(to));
    if (range.lte !== undefined && this.#sorted[high] === byteText(range.lte)) high++;
    let keys = this.#sorted.slice(low, Math.max(low, high));
    if (range.reverse === true) keys = keys.reverse();
    if (range.limit !== undefined && range.limit >= 0) keys = keys.slice(0, range.limit);
    return keys.map((key) => [bytesOf(key), this.#current.get(key)!.slice()]);
  }

  processDied(process: SimProcess, power: boolean, random: SimRandom): void {
    this.unlock(process);
    if (!power) return;
    for (const log of new Set(this.#tail.map((batch) => batch.log))) {
      const atRisk = this.#tail.filter((batch) => batch.log === log && !batch.safe);
      // Often nothing is kept, since that is the hardest case.
      const kept = random.chance(0.5) ? 0 : random.below(atRisk.length + 1);
      for (const batch of atRisk.slice(0, kept)) batch.safe = true;
    }
    if (this.#tail.some((batch) => !batch.safe)) this.#world.reach("batch lost in a power cut");
    this.#tail = this.#tail.filter((batch) => batch.safe);
    this.#settle();
    this.#current = new Map(this.#settled);
    this.#sorted = undefined;
  }

  /** Spoils the value of one key, wherever the log or a table has it. */
  damage(how: Damage, random: SimRandom): string | undefined {
    const keys = [...this.#current].flatMap(([key, { length }]) => (length > 0 ? [key] : []));
    if (keys.length === 0) return undefined;
    const key = keys[random.below(keys.length)]!;
    const sound = this.#current.get(key)!;
    const spoilt = damagedBytes(sound, how, random);
    for (const state of [this.#current, this.#settled]) if (state.get(key) === sound) state.set(key, spoilt);
    this.#tail = this.#tail.map((batch) => ({
      ...batch,
      changes: batch.changes.map((change) => (change.value === sound ? { ...change, value: spoilt } : change)),
    }));
    return `the value of ${JSON.stringify(key.slice(0, KEY_SHOWN))}`;
  }
}

/** Characters of a key that a story shows. */
const KEY_SHOWN = 12;

function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
