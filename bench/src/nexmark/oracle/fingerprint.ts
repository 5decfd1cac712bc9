/**
 * Answers compared by a number each, for runs of so many rows that keeping the text of each would take longer than the
 * query. Equal multisets have equal fingerprints; others, by chance of about one in 2^64, as well.
 */
import type { Row, Value } from "./rows.ts";

/** How many rows there are, and two sums of hashes of them: the order does not matter, how often each comes does. */
export interface Fingerprint {
  readonly rows: number;
  readonly first: number;
  readonly second: number;
}

const FNV_PRIME = 0x01000193;
const OTHER_PRIME = 0x85ebca6b;
const FIRST_SEED = 0x811c9dc5 | 0;
const SECOND_SEED = 0x9747b28c | 0;

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

/** Sums rows up. A row may be taken back, which leaves the fingerprint of what is left. */
export class Fingerprints {
  #rows = 0;
  #first = 0;
  #second = 0;
  #hash = 0;
  #other = 0;

  add(sign: 1 | -1, row: Row): void {
    this.#hash = FIRST_SEED;
    this.#other = SECOND_SEED;
    for (let column = 0; column < row.length; column++) this.#take(row[column] as Value);
    this.#rows += sign;
    this.#first = (this.#first + sign * finish(this.#hash)) | 0;
    this.#second = (this.#second + sign * finish(this.#other)) | 0;
  }

  get fingerprint(): Fingerprint {
    return { rows: this.#rows, first: this.#first, second: this.#second };
  }

  #take(value: Value): void {
    if (typeof value === "number") {
      // Minus zero is zero, as in the text of a row.
      float[0] = value + 0;
      this.#mix(1);
      this.#mix(words[0] as number);
      this.#mix(words[1] as number);
    } else if (value === null) {
      this.#mix(2);
    } else {
      this.#mix(3 + value.length);
      for (let index = 0; index < value.length; index++) this.#mix(value.charCodeAt(index));
    }
  }

  #mix(word: number): void {
    this.#hash = Math.imul(this.#hash ^ word ^ (word >>> 15), FNV_PRIME);
    this.#other = (Math.imul(this.#other, OTHER_PRIME) ^ (word + (this.#other >>> 13))) | 0;
  }
}

/** Spreads every bit over all others (the end of MurmurHash3 by Austin Appleby). */
function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The fingerprint of an answer. */
export function fingerprintOf(rows: Iterable<Row>): Fingerprint {
  const sum = new Fingerprints();
  for (const row of rows) sum.add(1, row);
  return sum.fingerprint;
}
