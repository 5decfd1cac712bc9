import { messageOf, StateError } from "../../errors.ts";
import { compareBytes } from "../../bytes/compare.ts";
import { lastly } from "../../lastly.ts";
import { mayHave } from "../bloom.ts";
import { hashBytes } from "../key-groups.ts";
import { BlockCursor } from "./block-codec.ts";
import type { CachedBlock } from "./block-cache.ts";
import { BlockRequests } from "./block-requests.ts";
import type { Change } from "./delta.ts";
import type { SegmentPlace, SegmentRef } from "./handle-codec.ts";
import type { SegmentMedium } from "./medium.ts";
import { type Pace, workOf } from "./pace.ts";
import {
  type BlockRef,
  checkBlock,
  FOOTER_BYTES,
  readIndex,
  type SegmentFacts,
  type SegmentIndex,
} from "./segment-codec.ts";

/** A segment up to this size is read in one piece. */
const WHOLE_BYTES_MAX: number = 128 * 1024;

/** How blocks are read. */
export interface BlockUse {
  /** Whether they go into the cache: not where a block is read once and never again. */
  readonly isKept: boolean;
  /** How much may be copied and checked at a time. */
  readonly pace: Pace;
}

/** What would have to be read first. */
export const UNREAD: unique symbol = Symbol("unread");

/** A segment that is read by range: its index once, blocks as they are asked for. */
export class Segment implements SegmentRef {
  readonly place: SegmentPlace;
  readonly facts: SegmentFacts;
  readonly #medium: SegmentMedium;
  readonly #requests: BlockRequests;
  readonly #blocks: (CachedBlock | undefined)[] = [];
  readonly #checked: boolean[] = [];
  #whole: CachedBlock | undefined = undefined;
  #index: SegmentIndex | undefined = undefined;
  #loadingIndex: Promise<SegmentIndex> | undefined = undefined;

  constructor(medium: SegmentMedium, { place, facts }: SegmentRef) {
    this.#medium = medium;
    this.place = place;
    this.facts = facts;
    this.#requests = new BlockRequests({
      blocks: async () => (await this.index()).blocks,
      load: (numbers) => this.#loadRun(numbers, { isKept: true, pace: medium.pace }),
    });
  }

  /** The index, if it was read or can be at once. */
  indexNow(): SegmentIndex | undefined {
    if (this.#index !== undefined) return this.#index;
    const bytes = this.#resident(false);
    return bytes === undefined ? undefined : (this.#index = this.#readIndex(bytes));
  }

  /** The index. @throws {StateError} STATE_CORRUPT if it is damaged or not there. */
  async index(): Promise<SegmentIndex> {
    const index = this.indexNow();
    if (index !== undefined) return index;
    this.#loadingIndex ??= lastly(this.#loadIndex(), () => {
      this.#loadingIndex = undefined;
    });
    return this.#loadingIndex;
  }

  /** What it says of a key, as far as that is in memory. Range deletes are not looked at. */
  findNow(key: Uint8Array): Change | undefined | typeof UNREAD {
    const index = this.indexNow();
    if (index === undefined) return UNREAD;
    const number = mayBeIn(index, key) ? blockOf(index, key) : -1;
    if (number < 0) return undefined;
    const block = this.blockNow(number, true);
    return block === undefined ? UNREAD : this.#findIn(block, key);
  }

  /** What it says of a key. Range deletes are not looked at. */
  async find(key: Uint8Array): Promise<Change | undefined> {
    const index = await this.index();
    const number = mayBeIn(index, key) ? blockOf(index, key) : -1;
    if (number < 0) return undefined;
    return this.#findIn(this.blockNow(number, true) ?? (await this.#requests.block(number)), key);
  }

  /**
   * A block, if it is in memory and the index was read.
   *
   * @param isUse Whether that counts for the cache.
   */
  blockNow(number: number, isUse: boolean): Uint8Array | undefined {
    const cached = this.#blocks[number];
    if (cached !== undefined) {
      if (isUse) this.#medium.cache.touch(cached);
      return cached.bytes;
    }
    const whole = this.#resident(isUse);
    const ref = this.#index?.blocks[number];
    if (whole === undefined || ref === undefined) return undefined;
    const block = whole.subarray(ref.offset, ref.offset + ref.sizeBytes);
    if (this.#checked[number] !== true) this.#guard(() => checkBlock(block, ref));
    this.#checked[number] = true;
    return block;
  }

  /** One block, for the cache: read with others that are asked for in one go, where they lie near. */
  block(number: number): Promise<Uint8Array> {
    return this.#requests.block(number);
  }

  /**
   * Blocks that follow one another, read at once. The index must have been read.
   */
  async blocks(number: number, count: number, use: BlockUse): Promise<readonly Uint8Array[]> {
    const last = Math.min(number + count, (await this.index()).blocks.length) - 1;
    const numbers = Array.from({ length: Math.max(0, last - number + 1) }, (_, at) => number + at);
    return this.#loadRun(numbers, use);
  }

  /** Gives up what the cache has of it: others have more use for the room. It can still be read. */
  forget(): void {
    const { cache, packs } = this.#medium;
    for (const block of this.#blocks) if (block !== undefined) cache.remove(block);
    if (this.#whole !== undefined) cache.remove(this.#whole);
    if (this.place.kind === "object") packs.forget(this.place.name, this.place.offset);
  }

  /** Runs something that reads its bytes. @throws {StateError} STATE_CORRUPT if they are not what they should be. */
  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw this.#corrupt(messageOf(cause), cause);
    }
  }

  #findIn(block: Uint8Array, key: Uint8Array): Change | undefined {
    return this.#guard(() => new BlockCursor(block).find(key));
  }

  #resident(isUse: boolean): Uint8Array | undefined {
    if (this.#whole === undefined) return this.#medium.resident(this.place, this.facts.sizeBytes, isUse);
    if (isUse) this.#medium.cache.touch(this.#whole);
    return this.#whole.bytes;
  }

  #readIndex(segment: Uint8Array): SegmentIndex {
    const { sizeBytes, indexBytes } = this.facts;
    return this.#guard(() => readIndex(segment.subarray(sizeBytes - indexBytes - FOOTER_BYTES), this.facts));
  }

  async #loadIndex(): Promise<SegmentIndex> {
    const { sizeBytes, indexBytes } = this.facts;
    const isWhole = sizeBytes <= WHOLE_BYTES_MAX;
    const length = isWhole ? sizeBytes : indexBytes + FOOTER_BYTES;
    const bytes = await this.#read(sizeBytes - length, length, this.#medium.pace);
    this.#index = isWhole ? this.#readIndex(bytes) : this.#guard(() => readIndex(bytes, this.facts));
    if (isWhole) {
      this.#whole = { bytes, drop: () => (this.#whole = undefined) };
      this.#medium.cache.add(this.#whole);
    }
    return this.#index;
  }

  /** Reads blocks in one go, with what lies between them. */
  async #loadRun(numbers: readonly number[], { isKept, pace }: BlockUse): Promise<readonly Uint8Array[]> {
    const { blocks } = await this.index();
    const refs = numbers.map((number) => blocks[number] as BlockRef);
    const [first, last] = [refs[0], refs.at(-1)];
    if (first === undefined || last === undefined) return [];
    const bytes = await this.#read(first.offset, last.offset + last.sizeBytes - first.offset, pace);
    const loaded: Uint8Array[] = [];
    for (const [at, ref] of refs.entries()) {
      // Copied and checked, which is twice the work.
      const turn = pace.share(2 * workOf(ref.sizeBytes));
      if (turn !== undefined) await turn;
      // Copies, so that a block that stays does not hold its neighbours in memory.
      const start = ref.offset - first.offset;
      const block = bytes.slice(start, start + ref.sizeBytes);
      this.#guard(() => checkBlock(block, ref));
      if (isKept) this.#keep(numbers[at] as number, block);
      loaded.push(block);
    }
    return loaded;
  }

  #keep(number: number, bytes: Uint8Array): void {
    if (this.#blocks[number] !== undefined) return;
    const cached = { bytes, drop: () => (this.#blocks[number] = undefined) };
    this.#blocks[number] = cached;
    this.#medium.cache.add(cached);
  }

  async #read(offset: number, length: number, pace: Pace): Promise<Uint8Array> {
    const { place } = this;
    if (place.kind === "inline") return place.bytes.subarray(offset, offset + length);
    const bytes = await this.#medium.read(place.name, { offset: place.offset + offset, length }, pace);
    if (bytes === undefined) throw this.#corrupt("it is missing");
    if (bytes.length !== length) {
      throw this.#corrupt(`it has ${bytes.length} bytes from ${place.offset + offset} on, not ${length}`);
    }
    return bytes;
  }

  #corrupt(found: string, cause?: unknown): StateError {
    const { place } = this;
    const segment = place.kind === "inline" ? "in the handle" : `"${place.name}" at ${place.offset}`;
    return new StateError(
      "STATE_CORRUPT",
      `Cannot read segment ${segment}: ${found}. Put it back from a copy, or restore another checkpoint or savepoint`,
      { cause, details: { segment } },
    );
  }
}

/** False: it says nothing of the key, range deletes aside. */
function mayBeIn({ filter }: SegmentIndex, key: Uint8Array): boolean {
  return filter.length === 0 || mayHave(filter, hashBytes(key));
}

/** The block in which a key is, if it is there; -1 if it comes before all of them. */
export function blockOf(index: SegmentIndex, key: Uint8Array): number {
  let low = 0;
  let high = index.blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareBytes((index.blocks[middle] as { firstKey: Uint8Array }).firstKey, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
