import { ByteReader, compareBytes, crc32c, equalBytes } from "@tidemark/core/internal";
import { littleEndian, unmask } from "./fixed.ts";
import { rowKeyOf } from "./level-version.ts";
import { unsnappy } from "./snappy.ts";

/** Bytes at the end of a table that say where its lists are. */
export const FOOTER_BYTES = 48;

const MAGIC: Uint8Array = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Behind each block: how it is compressed (1 byte), the checksum of both (4). */
const TRAILER_BYTES = 5;

const EMPTY_LIST_BYTES = 8;

/** Where a block stands in its file, with what is behind it. */
export interface BlockPlace {
  readonly offset: number;
  readonly end: number;
}

/** The two lists of blocks that a footer names: of filters, and of rows. */
export function readFooter(footer: Uint8Array): { readonly filters: BlockPlace; readonly rows: BlockPlace } {
  if (!equalBytes(footer.subarray(-MAGIC.length), MAGIC)) throw new Error("it does not end as a table does");
  const reader = new ByteReader(footer);
  return { filters: readPlace(reader), rows: readPlace(reader) };
}

function readPlace(reader: ByteReader): BlockPlace {
  const [offset, size] = [reader.varint(), reader.varint()];
  return { offset, end: offset + size + TRAILER_BYTES };
}

/**
 * Checks the checksum of a block. LevelDB itself reads blocks without looking at theirs.
 *
 * @param bytes A piece of the file that holds the block.
 * @param start Where the piece begins.
 */
export function checkBlock(bytes: Uint8Array, start: number, { offset, end }: BlockPlace): void {
  const block = bytes.subarray(offset - start, end - start);
  if (block.length < end - offset) throw new Error(`it ends before the block at byte ${offset} does`);
  if (crc32c(block.subarray(0, -4)) === unmask(littleEndian(block, block.length - 4, 4))) return;
  throw new Error(`the checksum of the block at byte ${offset} does not hold`);
}

/** The blocks that a list names, in the order of their keys: each with the last key that may be in it. */
export class BlockList {
  readonly length: number;
  readonly sizeBytes: number;
  readonly #content: Uint8Array;

  /** @param block A block with what is behind it, its checksum not checked yet. */
  constructor(block: Uint8Array, offset: number) {
    checkBlock(block, offset, { offset, end: offset + block.length });
    const stored = block.subarray(0, -TRAILER_BYTES);
    this.#content = block[stored.length] === 0 ? stored : unsnappy(stored);
    this.sizeBytes = this.#content.length;
    // Every entry of a list of blocks has a place where a reader may begin; an empty list has one too.
    const isEmpty = this.#content.length <= EMPTY_LIST_BYTES;
    this.length = isEmpty ? 0 : littleEndian(this.#content, this.#content.length - 4, 4);
  }

  place(index: number): BlockPlace {
    const { reader, keyBytes } = this.#entry(index);
    reader.raw(keyBytes);
    return readPlace(reader);
  }

  /** The blocks that may hold rows from the key `from` to the key `to`, both included: from one index to before another. */
  span(from: Uint8Array, to: Uint8Array): { readonly begin: number; readonly end: number } {
    const begin = this.#firstFrom((last) => compareBytes(last, from) >= 0);
    // Older changes of a key may go on in the block behind the one that it ends.
    const last = this.#firstFrom((key) => compareBytes(key, to) > 0);
    return { begin, end: Math.min(last + 1, this.length) };
  }

  #firstFrom(isThere: (lastKey: Uint8Array) => boolean): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isThere(this.#lastKey(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #lastKey(index: number): Uint8Array {
    const { reader, keyBytes } = this.#entry(index);
    return rowKeyOf(reader.raw(keyBytes));
  }

  #entry(index: number): { readonly reader: ByteReader; readonly keyBytes: number } {
    const reader = new ByteReader(this.#content, this.#begin(index));
    if (reader.varint() !== 0) throw new Error("its list of blocks is not written as LevelDB does");
    const keyBytes = reader.varint();
    reader.varint();
    return { reader, keyBytes };
  }

  #begin(index: number): number {
    return littleEndian(this.#content, this.#content.length - 4 * (this.length + 1 - index), 4);
  }
}
