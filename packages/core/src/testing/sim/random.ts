/** A seeded source of numbers: the same seed gives the same numbers, on every runtime. */
export interface SimRandom {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from 0 up to, but without, `bound`. */
  below(bound: number): number;
  /** `true` with the given probability. */
  chance(probability: number): boolean;
  /** A generator of its own, which draws nothing from this one later. */
  fork(): SimRandom;
  /** How many numbers were drawn: two runs of one seed must agree on it. */
  readonly drawn: number;
}

/**
 * Makes a generator from a seed. It is sfc32 of Chris Doty-Humphrey (PractRand), whose 128 bits of state are filled from
 * the seed by splitmix32: 32-bit integer arithmetic only, so that every engine computes the same numbers.
 *
 * @param seed any whole number; its low 53 bits count.
 *
 * @example
 * ```ts
 * import { simRandom } from "@tidemark/core/testing";
 *
 * const [one, other] = [simRandom(7), simRandom(7)];
 * console.log(one.below(1_000) === other.below(1_000), one.drawn);
 * // prints true 1
 * ```
 */
export function simRandom(seed: number): SimRandom {
  const mix = splitmix32((seed >>> 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000), 0x9e3779b1));
  return new Sfc32(mix(), mix(), mix());
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

class Sfc32 implements SimRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #drawn = 0;

  constructor(a: number, b: number, c: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let round = 0; round < 12; round++) this.#step();
  }

  get drawn(): number {
    return this.#drawn;
  }

  #step(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  next(): number {
    this.#drawn++;
    return this.#step() / 0x1_0000_0000;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  fork(): SimRandom {
    this.#drawn++;
    return new Sfc32(this.#step(), this.#step(), this.#step());
  }
}
