/**
 * The linear congruential generator of `java.util.Random`, which the reference generator draws from. Its state has 48
 * bits. They are kept as two halves of 24: then every product of two halves fits into a double, and `Math.imul` gives
 * its low bits.
 */
const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const ADDEND = 11;
const HALF = 0x1000000;
const HALF_MASK = 0xffffff;
const TWO_31 = 0x80000000;
const INT_MAX = 0x7fffffff;

/** Draws the same numbers as `java.util.Random` of the same seed. */
export class JavaRandom {
  #high = 0;
  #low = 0;

  constructor(seed = 0) {
    this.seed(seed);
  }

  /** Starts again, as a new instance with this seed would. The seed is an integer from 0 to 2^53. */
  seed(seed: number): void {
    this.#high = (Math.floor(seed / HALF) & HALF_MASK) ^ MULTIPLIER_HIGH;
    this.#low = (seed & HALF_MASK) ^ MULTIPLIER_LOW;
  }

  #step(): void {
    const high = this.#high;
    const low = this.#low;
    const carry = ((low * MULTIPLIER_LOW + ADDEND) / HALF) | 0;
    this.#low = (Math.imul(low, MULTIPLIER_LOW) + ADDEND) & HALF_MASK;
    this.#high = (Math.imul(high, MULTIPLIER_LOW) + Math.imul(low, MULTIPLIER_HIGH) + carry) & HALF_MASK;
  }

  /** A signed number of 32 bits. */
  int32(): number {
    this.#step();
    return (this.#high << 8) | (this.#low >>> 16);
  }

  #bits31(): number {
    this.#step();
    return (this.#high << 7) | (this.#low >>> 17);
  }

  /** An integer from 0 to `bound` - 1, where `bound` is at least 1 and below 2^31. */
  int(bound: number): number {
    if ((bound & (bound - 1)) === 0) return Math.floor((bound * this.#bits31()) / TWO_31);
    // Values above the last multiple of `bound` are drawn again, so that all remainders are equally likely.
    for (;;) {
      const bits = this.#bits31();
      const value = bits % bound;
      if (bits - value + (bound - 1) <= INT_MAX) return value;
    }
  }

  /** A number from 0 up to, but not including, 1. */
  double(): number {
    this.#step();
    const upper = (this.#high << 2) | (this.#low >>> 22);
    this.#step();
    const lower = (this.#high << 3) | (this.#low >>> 21);
    return (upper * 0x8000000 + lower) / 0x20000000000000;
  }
}
