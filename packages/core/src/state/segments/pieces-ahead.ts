import { compareBytes } from "../../bytes/compare.ts";
import type { Layer } from "./layer.ts";
import type { BlockUse } from "./segment.ts";
import type { BlockRef } from "./segment-codec.ts";

/** How much is read before it is asked for. */
export interface AheadReading extends BlockUse {
  /** Exclusive: where the reading ends. */
  readonly to: Uint8Array;
  /** Blocks that one request reads at most. */
  readonly ahead: number;
  /** What may be there or under way of a layer before it is asked for. What one request reads may be, however large it is. */
  readonly aheadBytes: number;
}

/** Blocks that follow one another in a segment. */
interface Piece {
  readonly segment: number;
  readonly block: number;
  readonly bytes: number;
  readonly blocks: Promise<readonly Uint8Array[]>;
}

/** What is read of a layer before a cursor comes to it, so that what several layers lack is under way at the same time. */
export class PiecesAhead {
  readonly #layer: Layer;
  readonly #reading: AheadReading;
  readonly #pieces: Piece[] = [];
  #bytes = 0;
  /** Whose index was asked for. */
  #asked = -1;
  /** What was not looked at yet begins here. */
  #segment = 0;
  #block = 0;

  constructor(layer: Layer, reading: AheadReading) {
    this.#layer = layer;
    this.#reading = reading;
  }

  /** Reads on, as far as there is room: from a block on, if nothing was read so far. */
  begin(segment: number, block: number): void {
    if (this.#pieces.length === 0) [this.#segment, this.#block] = [segment, block];
    while (this.#beginPiece());
  }

  /** The blocks that were read ahead from this one on; `undefined`: none were. */
  take(segment: number, block: number): Promise<readonly Uint8Array[]> | undefined {
    const [next] = this.#pieces;
    if (next === undefined || next.segment !== segment || next.block !== block) return undefined;
    this.#pieces.shift();
    this.#bytes -= next.bytes;
    return next.blocks;
  }

  /** Waits for what is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pieces.map(({ blocks }) => blocks));
  }

  /** Whether there may be room for another one. */
  #beginPiece(): boolean {
    const segment = this.#layer.segments[this.#segment];
    if (segment === undefined) return false;
    const index = segment.indexNow();
    if (index === undefined) {
      // Whoever comes to it hears of a failure.
      if (this.#asked < this.#segment) segment.index().catch(() => undefined);
      this.#asked = this.#segment;
      return false;
    }
    if (this.#block >= index.blocks.length) {
      this.#segment++;
      this.#block = 0;
      return true;
    }
    if (segment.blockNow(this.#block, false) !== undefined) return false;
    const { count, bytes } = this.#fitting(index.blocks);
    if (count === 0) return false;
    const blocks = segment.blocks(this.#block, count, this.#reading);
    blocks.catch(() => undefined);
    this.#pieces.push({ segment: this.#segment, block: this.#block, bytes, blocks });
    this.#bytes += bytes;
    this.#block += count;
    return true;
  }

  /** The next blocks, if there is room for them: as many as one request reads. Where nothing is there, there is room for them. */
  #fitting(blocks: readonly BlockRef[]): { readonly count: number; readonly bytes: number } {
    const { ahead, aheadBytes, to } = this.#reading;
    const next = blocks.slice(this.#block, this.#block + ahead);
    const end = next.findIndex(({ firstKey }) => compareBytes(firstKey, to) >= 0);
    const count = end < 0 ? next.length : end;
    const bytes = next.slice(0, count).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const isRoom = this.#bytes === 0 || this.#bytes + bytes <= aheadBytes;
    return isRoom ? { count, bytes } : { count: 0, bytes: 0 };
  }
}
