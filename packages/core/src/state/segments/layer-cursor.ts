import { compareBytes } from "../../bytes/compare.ts";
import { BlockCursor, type BlockEntry } from "./block-codec.ts";
import type { Change } from "./delta.ts";
import type { Layer } from "./layer.ts";
import type { Pace } from "./pace.ts";
import { PiecesAhead } from "./pieces-ahead.ts";
import { isInScope } from "./scope.ts";
import { blockOf } from "./segment.ts";

/** What is read of a layer. */
export interface LayerReading {
  readonly from: Uint8Array;
  /** Whether it begins behind `from`. */
  readonly after: boolean;
  /** Exclusive. */
  readonly to: Uint8Array;
  /** Blocks that one request may read, the first one of a layer at least. */
  readonly ahead: number;
  /** Whether what is read goes into the cache. */
  readonly isKept: boolean;
  /** What may be read of a layer before it is asked for; 0: nothing is. */
  readonly aheadBytes: number;
  /** How much may be done at a time. */
  readonly pace: Pace;
}

/** What does not end with what was read first is long: a further request reads at least about as many blocks as a slice takes. */
const FURTHER_BLOCKS = 8;

/** Shows the entries of a layer in order. It waits only where a block must be read. */
export class LayerCursor {
  readonly #layer: Layer;
  readonly #reading: LayerReading;
  /** Undefined at the end. */
  key: Uint8Array | undefined = undefined;
  value: Change = null;
  #segment: number;
  #block = -1;
  #entries: BlockCursor | undefined = undefined;
  /** Blocks that were read ahead; the first is number `#aheadFrom`, and -1 if none was read yet. */
  #ahead: readonly Uint8Array[] = [];
  #aheadFrom = -1;
  readonly #coming: PiecesAhead | undefined;

  constructor(layer: Layer, reading: LayerReading) {
    this.#layer = layer;
    this.#reading = reading;
    this.#coming = reading.aheadBytes > 0 ? new PiecesAhead(layer, reading) : undefined;
    this.#segment = Math.max(0, layer.segmentOf(reading.from));
  }

  /** Goes to the first entry that is wanted. */
  async start(): Promise<void> {
    const { from, after } = this.#reading;
    const index = await this.#layer.segments[this.#segment]?.index();
    if (index === undefined) return;
    this.#block = Math.max(0, blockOf(index, from)) - 1;
    await this.#nextBlock();
    const entries = this.#entries as BlockCursor | undefined;
    let entry = entries?.seek(from);
    if (after && entry !== undefined && compareBytes(entry.key, from) === 0) entry = entries?.next();
    if (!this.#take(entry)) await this.#further();
  }

  /** Goes to the next entry. Await it only if it returns a promise. */
  advance(): Promise<void> | undefined {
    for (let entry = this.#entries?.next(); entry !== undefined; entry = this.#entries?.next()) {
      if (this.#take(entry)) return undefined;
    }
    return this.#entries === undefined ? undefined : this.#further();
  }

  /** Waits for what is being read, of which nothing is wanted any more. */
  async end(): Promise<void> {
    await this.#coming?.settled();
  }

  /** Goes on with the next blocks until one has an entry that is wanted. */
  async #further(): Promise<void> {
    while (this.#entries !== undefined) {
      for (let entry = this.#entries.next(); entry !== undefined; entry = this.#entries?.next()) {
        if (this.#take(entry)) return;
      }
      await this.#nextBlock();
    }
    this.key = undefined;
  }

  /** Whether it is at rest with this entry: at one that is wanted, or at the end. */
  #take(entry: BlockEntry | undefined): boolean {
    if (entry === undefined) return false;
    if (compareBytes(entry.key, this.#reading.to) >= 0) {
      this.key = undefined;
      this.#entries = undefined;
      return true;
    }
    if (!isInScope(this.#layer.scope, entry.key)) return false;
    this.key = entry.key;
    this.value = entry.value;
    return true;
  }

  async #nextBlock(): Promise<void> {
    this.#block++;
    for (; this.#segment < this.#layer.segments.length; this.#segment++, this.#block = 0, this.#ahead = []) {
      const bytes = await this.#blockBytes();
      if (bytes === undefined) continue;
      this.#coming?.begin(this.#segment, Math.max(this.#block + 1, this.#aheadFrom + this.#ahead.length));
      this.#entries = new BlockCursor(bytes);
      return;
    }
    this.#entries = undefined;
  }

  async #blockBytes(): Promise<Uint8Array | undefined> {
    const segment = this.#layer.segments[this.#segment];
    if (segment === undefined) return undefined;
    const { blocks } = await segment.index();
    const first = blocks[this.#block];
    if (first !== undefined && compareBytes(first.firstKey, this.#reading.to) >= 0) {
      this.#segment = this.#layer.segments.length;
      return undefined;
    }
    let held: Uint8Array | undefined = this.#ahead[this.#block - this.#aheadFrom];
    if (held !== undefined || first === undefined) return held;
    const coming = this.#coming?.take(this.#segment, this.#block);
    if (coming !== undefined) return this.#begin(await coming);
    held = segment.blockNow(this.#block, this.#reading.isKept);
    if (held !== undefined) return held;
    const { ahead, to } = this.#reading;
    const most = this.#aheadFrom < 0 ? ahead : Math.max(ahead, FURTHER_BLOCKS);
    let count = 1;
    for (; count < most; count++) {
      const next = blocks[this.#block + count];
      if (next === undefined || compareBytes(next.firstKey, to) >= 0) break;
    }
    const isAlone = count === 1 && this.#reading.isKept;
    return this.#begin(
      isAlone ? [await segment.block(this.#block)] : await segment.blocks(this.#block, count, this.#reading),
    );
  }

  /** Blocks that begin with the one that is wanted. @returns that one. */
  #begin(blocks: readonly Uint8Array[]): Uint8Array | undefined {
    this.#ahead = blocks;
    this.#aheadFrom = this.#block;
    return blocks[0];
  }
}
