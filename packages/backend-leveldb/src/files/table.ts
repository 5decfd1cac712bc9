import { ByteReader, crc32c, equalBytes } from "@tidemark/core/internal";
import { littleEndian, unmask } from "./fixed.ts";
import { unsnappy } from "./snappy.ts";

const FOOTER_BYTES = 48;
const MAGIC: Uint8Array = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);

/** Behind each block: how it is compressed (1 byte), the checksum of both (4). */
const TRAILER_BYTES = 5;

/** Where a block stands in its file. */
interface BlockHandle {
  readonly offset: number;
  readonly size: number;
}

/**
 * Checks every block of a table file by its checksum. LevelDB itself reads blocks without looking at theirs.
 *
 * @throws {Error} saying what is wrong.
 */
export function checkTable(bytes: Uint8Array): void {
  const footer = bytes.subarray(Math.max(0, bytes.length - FOOTER_BYTES));
  if (!equalBytes(footer.subarray(-MAGIC.length), MAGIC)) throw new Error("it does not end as a table does");
  const reader = new ByteReader(footer);
  for (const list of [readHandle(reader), readHandle(reader)]) {
    for (const value of valuesOf(contentOf(bytes, list))) checkedBlock(bytes, readHandle(new ByteReader(value)));
  }
}

function readHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.varint(), size: reader.varint() };
}

/** A block with its kind of compression. */
function checkedBlock(bytes: Uint8Array, { offset, size }: BlockHandle): Uint8Array {
  const end = offset + size + TRAILER_BYTES;
  if (end > bytes.length - FOOTER_BYTES) throw new Error(`it ends before the block at byte ${offset} does`);
  const block = bytes.subarray(offset, offset + size + 1);
  if (crc32c(block) === unmask(littleEndian(bytes, end - 4, 4))) return block;
  throw new Error(`the checksum of the block at byte ${offset} does not hold`);
}

function contentOf(bytes: Uint8Array, handle: BlockHandle): Uint8Array {
  const block = checkedBlock(bytes, handle);
  const content = block.subarray(0, -1);
  return block.at(-1) === 0 ? content : unsnappy(content);
}

/** The values of a block's entries; the keys, and the list of places where a reader may begin, are passed over. */
function* valuesOf(content: Uint8Array): Generator<Uint8Array> {
  const places = littleEndian(content, content.length - 4, 4);
  const reader = new ByteReader(content, 0, content.length - 4 * (places + 1));
  while (reader.remaining > 0) {
    reader.varint();
    const [keyBytes, valueBytes] = [reader.varint(), reader.varint()];
    reader.raw(keyBytes);
    yield reader.raw(valueBytes);
  }
}
