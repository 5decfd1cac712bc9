import type { Cell } from "../row.ts";
import type { StoreWatch } from "./reading-watch.ts";

/**
 * Tells of which key groups a reading of the store shows too little or too late: something was changed there that the store did
 * not have when the reading began, and has left memory since.
 */
export class KeyGroupWatch implements StoreWatch {
  readonly #settledEpoch: number;
  readonly #groupOf: (cell: Cell) => number;
  readonly #outdated = new Set<number>();

  /** A reading begins. @param settledEpoch All changes up to this epoch are in the store. */
  constructor(settledEpoch: number, groupOf: (cell: Cell) => number) {
    this.#settledEpoch = settledEpoch;
    this.#groupOf = groupOf;
  }

  /** It tells of values alone. */
  forgotMap(): void {}

  left(cell: Cell): void {
    if (Math.abs(cell.epoch) > this.#settledEpoch) this.#outdated.add(this.#groupOf(cell));
  }

  isOutdated(keyGroup: number): boolean {
    return this.#outdated.has(keyGroup);
  }
}
