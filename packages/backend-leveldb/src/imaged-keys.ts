import { KeyFilter } from "@tidemark/core/internal";

/** Bytes that may be spent to remember the keys of one epoch of one store: enough for 800,000. */
const FILTER_BYTES_MAX: number = 1024 * 1024;

/**
 * Which keys have no image of the current epoch yet. Of a key that may have one the rows must be asked; most keys change once in
 * an epoch, and of nearly all of those it is known that they have none.
 */
export class ImagedKeys {
  readonly #foreignEpoch: number;
  #epoch = 0;
  #keys = new KeyFilter(() => FILTER_BYTES_MAX);

  /** @param foreignEpoch Up to this epoch others may have written images of the same keys. */
  constructor(foreignEpoch: number) {
    this.#foreignEpoch = foreignEpoch;
  }

  /** False: a key with this hash has none. */
  mayHave(epoch: number, hash: number): boolean {
    this.#turnTo(epoch);
    return epoch <= this.#foreignEpoch || this.#keys.mayHave(hash);
  }

  add(epoch: number, hash: number): void {
    this.#turnTo(epoch);
    this.#keys.add(hash);
  }

  #turnTo(epoch: number): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#keys = new KeyFilter(() => FILTER_BYTES_MAX);
  }
}
