/** Bits for each key of a layer that is as full as it was made for. */
const BITS_PER_KEY = 10;

/** How many bits a key sets: the best number for ten bits a key is seven, and four cost half as much for 1.2 % instead of 0.8 %. */
const PROBES = 4;

/** The most that the first layer takes, in bytes: the set of a table that spilled a little costs little. */
const FIRST_BYTES_MAX = 4_096;

/** How much larger each layer is than the one before. */
const GROWTH = 4;

/** A layer without room for more in its budget is filled on: it answers "maybe" more and more often, never "no" wrongly. */
interface Layer {
  readonly words: Uint32Array;
  /** How many keys it was made for. */
  readonly capacity: number;
  keys: number;
}

/**
 * A set of keys that forgets nothing and takes about ten bits for each: asked for a key, it says "no" or "maybe". It grows by
 * layers, each four times as large as the last, up to a budget. (Bloom, Space/Time Trade-offs in Hash Coding with Allowable
 * Errors, CACM 1970; in layers: Almeida and others, Scalable Bloom Filters, IPL 2007; two hashes for all probes: Kirsch and
 * Mitzenmacher, Less Hashing, Same Performance, 2006.)
 */
export class KeyFilter {
  readonly #budget: () => number;
  #layers: Layer[] = [];
  #bytes = 0;

  /** Begins with nothing in it. @param budget how many bytes it may take; asked again before it grows. */
  constructor(budget: () => number) {
    this.#budget = budget;
  }

  /** How many bytes it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Puts a key in. @param hash of 32 bits. */
  add(hash: number): void {
    const { words } = this.#last();
    const bits = words.length * 32;
    let at = hash >>> 0;
    const step = stepOf(hash);
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = at % bits;
      words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
      at = (at + step) >>> 0;
    }
  }

  /** False: it was never added. */
  mayHave(hash: number): boolean {
    const step = stepOf(hash);
    for (const { words } of this.#layers) if (isIn(words, hash >>> 0, step)) return true;
    return false;
  }

  #last(): Layer {
    const last = this.#layers.at(-1) ?? this.#push(Math.min(FIRST_BYTES_MAX, this.#budget()));
    if (last.keys >= last.capacity && this.#grow(last)) return this.#last();
    last.keys++;
    return last;
  }

  /** @returns whether there was room for one more layer that is worth it. */
  #grow(last: Layer): boolean {
    const lastBytes = last.words.byteLength;
    const bytes = Math.min(lastBytes * GROWTH, this.#budget() - this.#bytes);
    if (bytes < lastBytes) return false;
    this.#push(bytes);
    return true;
  }

  #push(bytes: number): Layer {
    // A set has a layer, whatever its budget.
    const words = new Uint32Array(Math.max(1, bytes >> 2));
    const layer = { words, capacity: Math.floor((words.length * 32) / BITS_PER_KEY), keys: 0 };
    this.#layers.push(layer);
    this.#bytes += words.byteLength;
    return layer;
  }
}

function isIn(words: Uint32Array, hash: number, step: number): boolean {
  const bits = words.length * 32;
  let at = hash;
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = at % bits;
    if (((words[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
    at = (at + step) >>> 0;
  }
  return true;
}

/** The second hash, made from the first by the finish of MurmurHash3; odd, so that no probe falls on the one before. */
function stepOf(hash: number): number {
  let mixed = hash ^ 0x9e37_79b9;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return ((mixed ^ (mixed >>> 16)) | 1) >>> 0;
}
