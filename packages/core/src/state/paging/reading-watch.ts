import { hashBytes } from "../key-groups.ts";
import type { Cell } from "../row.ts";

/** Of so many entries it is noted that they have left: beyond, all that was read counts as outdated. */
const NOTED_MAX = 4_096;

/** Told of what leaves memory while the store is being read. */
export interface StoreWatch {
  /** A whole map that was deleted is known as such no longer. */
  forgotMap(): void;
  /** An entry leaves memory. */
  left(cell: Cell, keyOf: (cell: Cell) => Uint8Array): void;
}

/**
 * Tells what a reading of the store shows too late: memory goes on meanwhile, and what was changed there may even have been written and have
 * left again before the reading comes back.
 */
export class ReadingWatch implements StoreWatch {
  /** All changes up to this epoch were in the store when the reading began. */
  readonly #settledEpoch: number;
  /** Hashes of the keys of entries that were changed since, and have left. */
  readonly #left = new Set<number>();
  #isVoid = false;

  /** A reading begins. */
  constructor(settledEpoch: number) {
    this.#settledEpoch = settledEpoch;
  }

  forgotMap(): void {
    this.#isVoid = true;
  }

  left(cell: Cell, keyOf: (cell: Cell) => Uint8Array): void {
    if (this.#isVoid || !this.#isNewer(cell)) return;
    this.#left.add(hashBytes(keyOf(cell)));
    if (this.#left.size > NOTED_MAX) this.#isVoid = true;
  }

  /** Whether an entry that was read may have been changed since. @param cell what memory has of it. */
  isOutdated(key: Uint8Array, cell: Cell | undefined): boolean {
    if (this.#isVoid || (cell !== undefined && this.#isNewer(cell))) return true;
    return this.#left.size > 0 && this.#left.has(hashBytes(key));
  }

  #isNewer({ epoch }: Cell): boolean {
    return Math.abs(epoch) > this.#settledEpoch;
  }
}
