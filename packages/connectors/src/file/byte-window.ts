/** Keeps the bytes around a position of a file that were read last, so that the block before it can be summed up. */
export class ByteWindow {
  readonly #backBytes: number;
  #pieces: { readonly start: number; readonly bytes: Uint8Array }[] = [];

  /** @param backBytes how far before a position {@link before} must be able to reach. */
  constructor(backBytes: number) {
    this.#backBytes = backBytes;
  }

  /** Takes the bytes that follow those it was given before. */
  push(start: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pieces.push({ start, bytes });
  }

  /**
   * Forgets what no position can ask for any more.
   *
   * @param position the position now.
   * @param next the earliest position that can come after it.
   */
  trim(position: number, next: number): void {
    const [low, nextLow] = [position - this.#backBytes, next - this.#backBytes];
    this.#pieces = this.#pieces.filter(({ start, bytes }) => {
      const end = start + bytes.length;
      return (end > low && start < position) || end > nextLow;
    });
  }

  /** The bytes right before a position: as many as are kept, at most `backBytes`. */
  before(position: number): Uint8Array<ArrayBuffer> {
    let from = position;
    for (let i = this.#pieces.length - 1; i >= 0; i--) {
      const { start, bytes } = this.#pieces[i]!;
      if (start + bytes.length < from) break;
      from = Math.min(from, start);
    }
    from = Math.max(from, position - this.#backBytes);
    const block = new Uint8Array(position - from);
    for (const { start, bytes } of this.#pieces) {
      const low = Math.max(start, from);
      const high = Math.min(start + bytes.length, position);
      if (low < high) block.set(bytes.subarray(low - start, high - start), low - from);
    }
    return block;
  }
}
