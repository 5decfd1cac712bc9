/** A block in the cache, and where its owner keeps it. */
export interface CachedBlock {
  readonly bytes: Uint8Array;
  /** Called when the cache gives the block up. */
  readonly drop: () => void;
}

/** Blocks of all stores of a session, within a bound of bytes: what was not used for longest goes first. */
export class BlockCache {
  readonly #limitBytes: number;
  /** In the order of their last use, oldest first. */
  readonly #blocks = new Set<CachedBlock>();
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are held. Never more than the limit. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Bytes that fit in before something has to go. */
  get roomBytes(): number {
    return Math.max(0, this.#limitBytes - this.#sizeBytes);
  }

  /** Takes a block in. One that is larger than the limit is given up at once. */
  add(block: CachedBlock): void {
    this.#blocks.add(block);
    this.#sizeBytes += block.bytes.length;
    for (const oldest of this.#blocks) {
      if (this.#sizeBytes <= this.#limitBytes) return;
      this.remove(oldest);
    }
  }

  /** Notes that a block was used. */
  touch(block: CachedBlock): void {
    if (!this.#blocks.delete(block)) return;
    this.#blocks.add(block);
  }

  /** Gives a block up, if it is held. */
  remove(block: CachedBlock): void {
    if (!this.#blocks.delete(block)) return;
    this.#sizeBytes -= block.bytes.length;
    block.drop();
  }
}
