/** How often what took how long, in little room. */

/** Each power of two is divided into so many parts: a value is off by less than one in so many. */
const PARTS = 128;
const PARTS_BITS = 7;
const OCTAVES = 32;

/**
 * Counts times in buckets that grow with them, as the HdrHistogram of Gil Tene does: a percentile of millions of times is
 * off by less than 1 %, and recording one costs a few steps and no memory.
 */
export class Histogram {
  readonly #counts = new Float64Array(PARTS * OCTAVES);
  #samples = 0;
  #greatest = 0;

  /** Takes a time in microseconds: a whole number below 2^31; one below 0 counts as 0. */
  record(us: number, times = 1): void {
    const value = us < 0 ? 0 : us;
    const slot = slotOf(value);
    this.#counts[slot] = (this.#counts[slot] as number) + times;
    this.#samples += times;
    if (value > this.#greatest) this.#greatest = value;
  }

  /** How many times were taken. */
  get samples(): number {
    return this.#samples;
  }

  /** The greatest time, in microseconds; 0 if there is none. */
  get greatestUs(): number {
    return this.#greatest;
  }

  /** A time in microseconds that `share` of all are not above; 0 if there is none. */
  percentileUs(share: number): number {
    const wanted = Math.ceil(share * this.#samples);
    let seen = 0;
    for (let slot = 0; slot < this.#counts.length; slot++) {
      seen += this.#counts[slot] as number;
      if (seen >= wanted && seen > 0) return Math.min(upperOf(slot), this.#greatest);
    }
    return 0;
  }
}

function slotOf(value: number): number {
  if (value < PARTS) return value;
  const octave = 31 - Math.clz32(value) - PARTS_BITS;
  return PARTS * (octave + 1) + ((value >>> octave) - PARTS);
}

/** The greatest value of a slot. */
function upperOf(slot: number): number {
  if (slot < PARTS) return slot;
  const octave = Math.floor(slot / PARTS) - 1;
  return ((slot % PARTS) + PARTS + 1) * 2 ** octave - 1;
}
