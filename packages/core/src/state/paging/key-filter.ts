import { addTo, BITS_PER_KEY, mayHave } from "../bloom.ts";

/** The most that the first layer takes, in bytes: the set of a table that spilled a little costs little. */
const FIRST_BYTES_MAX = 4_096;

/** How much larger each layer is than the one before. */
const GROWTH = 4;

/** A layer without room for more in its budget is filled on: it answers "maybe" more and more often, never "no" wrongly. */
interface Layer {
  readonly set: Uint8Array;
  /** How many keys it was made for. */
  readonly capacity: number;
  keys: number;
}

/**
 * A set of keys that forgets nothing and takes about ten bits for each: asked for a key, it says "no" or "maybe". It grows by
 * layers, each four times as large as the last, up to a budget. (Almeida and others, Scalable Bloom Filters, IPL 2007.)
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
    addTo(this.#last().set, hash);
  }

  /** False: it was never added. */
  mayHave(hash: number): boolean {
    return this.#layers.some(({ set }) => mayHave(set, hash));
  }

  #last(): Layer {
    const last = this.#layers.at(-1) ?? this.#push(Math.min(FIRST_BYTES_MAX, this.#budget()));
    if (last.keys >= last.capacity && this.#grow(last)) return this.#last();
    last.keys++;
    return last;
  }

  /** @returns whether there was room for one more layer that is worth it. */
  #grow(last: Layer): boolean {
    const lastBytes = last.set.length;
    const bytes = Math.min(lastBytes * GROWTH, this.#budget() - this.#bytes);
    if (bytes < lastBytes) return false;
    this.#push(bytes);
    return true;
  }

  #push(bytes: number): Layer {
    // A set has a layer, whatever its budget.
    const set = new Uint8Array(Math.max(4, Math.floor(bytes)));
    const layer = { set, capacity: Math.floor((set.length * 8) / BITS_PER_KEY), keys: 0 };
    this.#layers.push(layer);
    this.#bytes += set.length;
    return layer;
  }
}
