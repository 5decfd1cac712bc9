/** Prices and texts, drawn exactly as the reference generator draws them. */
import { Buffer } from "node:buffer";

import type { JavaRandom } from "./java-random.ts";

const LETTER_A = 97;
const LETTERS = 26;
const SPACE = 32;
const TEXT_LENGTH_MIN = 3;
/** How many letters come out of one number of 32 bits. */
const LETTERS_PER_NUMBER = 6;

/** A price in cents, from 100 to 100,000,000; its logarithm is evenly distributed. */
export function drawPrice(random: JavaRandom): number {
  return Math.round(Math.pow(10, random.double() * 6) * 100);
}

/** Draws texts; holds the bytes they are put together in. */
export class TextDraws {
  readonly #random: JavaRandom;
  readonly #bytes: Buffer = Buffer.alloc(1024);

  constructor(random: JavaRandom) {
    this.#random = random;
  }

  /**
   * A short text of at least three characters, and fewer than `lengthMax`. One character in thirteen is `special`;
   * spaces at either end are cut off.
   */
  text(lengthMax: number, special: number = SPACE): string {
    const random = this.#random;
    const bytes = this.#bytes;
    let end = TEXT_LENGTH_MIN + random.int(lengthMax - TEXT_LENGTH_MIN);
    for (let index = 0; index < end; index++) {
      bytes[index] = random.int(13) === 0 ? special : LETTER_A + random.int(LETTERS);
    }
    let start = 0;
    while (start < end && bytes[start] === SPACE) start++;
    while (end > start && bytes[end - 1] === SPACE) end--;
    return bytes.toString("latin1", start, end);
  }

  /** Fills a record of `size` bytes up to about `averageSize`, give or take a fifth of what is missing. */
  extra(size: number, averageSize: number): string {
    if (size > averageSize) return "";
    const missing = averageSize - size;
    const spread = Math.round(missing * 0.2);
    return this.#exact(missing - spread + (spread === 0 ? 0 : this.#random.int(2 * spread)));
  }

  // The remainder has the sign of the dividend, so half of the letters lie before "a": the alphabet is H to z, with the
  // six characters in between, a backslash among them.
  #exact(length: number): string {
    const random = this.#random;
    const bytes = this.#bytes;
    for (let index = 0; index < length;) {
      let number = random.int32();
      const end = Math.min(index + LETTERS_PER_NUMBER, length);
      for (; index < end; index++) {
        const rest = (number / LETTERS) | 0;
        bytes[index] = LETTER_A + number - rest * LETTERS;
        number = rest;
      }
    }
    return bytes.toString("latin1", 0, length);
  }
}
