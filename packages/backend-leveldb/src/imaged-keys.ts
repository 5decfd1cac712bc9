import { byteText } from "@tidemark/core/internal";

/** Keys remembered for one epoch of one store. */
const KEYS_MAX = 32_768;

/**
 * Which keys have their image of the current epoch already, and how large their rows are by now. It remembers a bounded number of them; for the others the
 * rows must be asked.
 */
export class ImagedKeys {
  readonly #keys = new Map<string, number>();
  readonly #foreignEpoch: number;
  #epoch = 0;
  #isComplete = false;

  /** @param foreignEpoch Up to this epoch others may have written images of the same keys. */
  constructor(foreignEpoch: number) {
    this.#foreignEpoch = foreignEpoch;
  }

  /** `undefined`: ask the rows. */
  has(epoch: number, key: Uint8Array): boolean | undefined {
    this.#turnTo(epoch);
    if (this.#keys.has(byteText(key))) return true;
    return this.#isComplete ? false : undefined;
  }

  /** The size of its row as it was written last in this epoch; `undefined` if it is not remembered. */
  size(key: Uint8Array): number | undefined {
    return this.#keys.get(byteText(key));
  }

  add(epoch: number, key: Uint8Array, size: number): void {
    this.#turnTo(epoch);
    const name = byteText(key);
    if (this.#keys.size < KEYS_MAX || this.#keys.has(name)) this.#keys.set(name, size);
    else this.#isComplete = false;
  }

  #turnTo(epoch: number): void {
    if (epoch === this.#epoch) return;
    this.#keys.clear();
    this.#epoch = epoch;
    this.#isComplete = epoch > this.#foreignEpoch;
  }
}
