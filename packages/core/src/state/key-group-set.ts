const BYTES_MIN = 16;

/** Some key groups, a bit for each. */
export class KeyGroupSet {
  #bits: Uint8Array = new Uint8Array(BYTES_MIN);

  add(keyGroup: number): void {
    const at = keyGroup >> 3;
    if (at >= this.#bits.length) this.#grow(at + 1);
    this.#bits[at] = (this.#bits[at] as number) | (1 << (keyGroup & 7));
  }

  has(keyGroup: number): boolean {
    return (((this.#bits[keyGroup >> 3] ?? 0) >> (keyGroup & 7)) & 1) === 1;
  }

  #grow(bytes: number): void {
    const grown = new Uint8Array(Math.max(bytes, this.#bits.length * 2));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
