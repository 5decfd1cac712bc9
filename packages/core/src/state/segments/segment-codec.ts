import { crc32c } from "../../bytes/crc32.ts";
import { invalidBytes } from "../../bytes/invalid.ts";
import { ByteReader } from "../../bytes/reader.ts";
import { ByteWriter } from "../../bytes/writer.ts";
import { SerializationError } from "../../errors.ts";
import type { KeyRange } from "../backend.ts";
import { addTo, bytesFor } from "../bloom.ts";
import { hashBytes } from "../key-groups.ts";
import { BlockWriter } from "./block-codec.ts";
import type { Change } from "./delta.ts";
import { joined, type Pace, SHARE_ENTRIES } from "./pace.ts";
import { RangeSet } from "./range-set.ts";

const MAGIC = "TMSG";
const VERSION = 0;

/** The footer: length of the index, its checksum, magic, version, checksum of the footer. */
export const FOOTER_BYTES = 18;

/** What must be known of a segment to read it by range. It stands in the handle. */
export interface SegmentFacts {
  /** All of it. */
  readonly sizeBytes: number;
  /** The index, which ends where the footer begins. */
  readonly indexBytes: number;
  /** The checksum at the end of the footer. It vouches for the index, and the index for each block. */
  readonly checksum: number;
  /** Where its entries begin; empty if it has none. */
  readonly firstKey: Uint8Array;
  readonly puts: number;
  readonly deletes: number;
  readonly ranges: number;
}

/** A block, as the index knows it. */
export interface BlockRef {
  readonly firstKey: Uint8Array;
  /** From the start of the segment. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly checksum: number;
}

/** What stands at the end of a segment. */
export interface SegmentIndex {
  readonly ranges: RangeSet;
  /** The set of its keys; empty: it is not told. */
  readonly filter: Uint8Array;
  readonly blocks: readonly BlockRef[];
}

/** A segment, encoded. */
export interface EncodedSegment {
  readonly bytes: Uint8Array;
  readonly facts: SegmentFacts;
}

/** With fewer entries a set of keys spares too little. */
const FILTERED_MIN = 256;

/** So many are put into a set of keys in the time of one share. */
const HASHES_PER_SHARE = 1024;

/** Writes one segment. Its entries come in the order of keys, each key once. */
export class SegmentWriter {
  readonly #ranges: readonly KeyRange[];
  readonly #blockBytes: number;
  readonly #block = new BlockWriter();
  readonly #blocks: BlockRef[] = [];
  readonly #encoded: Uint8Array[] = [];
  #encodedBytes = 0;
  /** `undefined`: no set of the keys is written. */
  readonly #hashes: number[] | undefined;
  #firstKey: Uint8Array = new Uint8Array(0);
  #puts = 0;
  #deletes = 0;

  /** @param isFiltered Whether it says which keys it has, so that it is not looked through for others. */
  constructor(ranges: readonly KeyRange[], blockBytes: number, isFiltered: boolean) {
    this.#hashes = isFiltered ? [] : undefined;
    this.#ranges = ranges;
    this.#blockBytes = blockBytes;
  }

  /** Bytes of the blocks so far. */
  get sizeBytes(): number {
    return this.#encodedBytes + this.#block.sizeBytes;
  }

  /** Entries so far. */
  get entries(): number {
    return this.#puts + this.#deletes;
  }

  add(key: Uint8Array, value: Change): void {
    if (this.#block.entries === 0) this.#firstKey = key;
    if (value === null) this.#deletes++;
    else this.#puts++;
    this.#hashes?.push(hashBytes(key));
    this.#block.add(key, value);
    if (this.#block.sizeBytes >= this.#blockBytes) this.#closeBlock();
  }

  /** The segment, put together in shares. Nothing may be added behind it. */
  async finish(pace: Pace): Promise<EncodedSegment> {
    if (this.#block.entries > 0) this.#closeBlock();
    const tail = new ByteWriter(4096);
    this.#writeIndex(tail, await this.#filter(pace));
    const indexBytes = tail.length;
    tail.u32(indexBytes);
    tail.u32(crc32c(tail.view().subarray(0, indexBytes)));
    for (let i = 0; i < MAGIC.length; i++) tail.u8(MAGIC.charCodeAt(i));
    tail.u16(VERSION);
    const checksum = crc32c(tail.view().subarray(indexBytes));
    tail.u32(checksum);
    const bytes = await joined([...this.#encoded, tail.finish()], pace);
    const facts: SegmentFacts = {
      sizeBytes: bytes.length,
      indexBytes,
      checksum,
      firstKey: this.#blocks[0]?.firstKey ?? new Uint8Array(0),
      puts: this.#puts,
      deletes: this.#deletes,
      ranges: this.#ranges.length,
    };
    return { bytes, facts };
  }

  #closeBlock(): void {
    const block = this.#block.finish().slice();
    this.#blocks.push({
      firstKey: this.#firstKey,
      offset: this.#encodedBytes,
      sizeBytes: block.length,
      checksum: crc32c(block),
    });
    this.#encoded.push(block);
    this.#encodedBytes += block.length;
  }

  #writeIndex(tail: ByteWriter, filter: Uint8Array): void {
    tail.varint(this.#ranges.length);
    for (const range of this.#ranges) {
      tail.bytes(range.from);
      tail.bytes(range.to);
    }
    tail.varint(this.#blocks.length);
    for (const block of this.#blocks) {
      tail.bytes(block.firstKey);
      tail.varint(block.sizeBytes);
      tail.u32(block.checksum);
    }
    tail.bytes(filter);
  }

  /** The set of its keys; empty if it is not told. */
  async #filter(pace: Pace): Promise<Uint8Array> {
    const hashes = this.#hashes ?? [];
    if (hashes.length < FILTERED_MIN) return new Uint8Array(0);
    const set = new Uint8Array(bytesFor(hashes.length));
    for (let at = 0; at < hashes.length; at++) {
      addTo(set, hashes[at] as number);
      const turn = at % HASHES_PER_SHARE === 0 ? pace.share(SHARE_ENTRIES) : undefined;
      if (turn !== undefined) await turn;
    }
    return set;
  }
}

/**
 * Reads the end of a segment: index and footer.
 *
 * @param tail The last `indexBytes + FOOTER_BYTES` bytes of it.
 * @throws {SerializationError} BYTES_INVALID or FORMAT_UNKNOWN if it is not what the facts say.
 */
export function readIndex(tail: Uint8Array, facts: SegmentFacts): SegmentIndex {
  const footer = tail.length - FOOTER_BYTES;
  if (footer !== facts.indexBytes) throw invalidBytes(`${tail.length} bytes at its end`, 0);
  const reader = new ByteReader(tail, footer);
  const indexBytes = reader.u32();
  const indexChecksum = reader.u32();
  const magic = String.fromCharCode(reader.u8(), reader.u8(), reader.u8(), reader.u8());
  const version = reader.u16();
  const written = reader.u32();
  const checksum = crc32c(tail.subarray(footer, tail.length - 4));
  if (checksum !== written || written !== facts.checksum) {
    throw invalidBytes(`checksum ${checksum} where ${facts.checksum} is in the handle`, footer);
  }
  if (magic !== MAGIC || version > VERSION) {
    throw new SerializationError(
      "FORMAT_UNKNOWN",
      `Cannot read ${JSON.stringify(MAGIC)}: found ${JSON.stringify(magic)}, version ${version}, and this Tidemark reads up to ${VERSION}`,
      { details: { magic, version, maxVersion: VERSION } },
    );
  }
  const body = tail.subarray(0, footer);
  if (indexBytes !== body.length || crc32c(body) !== indexChecksum) throw invalidBytes("a damaged index", 0);
  return readBlocks(new ByteReader(body));
}

/** @throws {SerializationError} BYTES_INVALID if it is not the block that the index names. */
export function checkBlock(block: Uint8Array, ref: BlockRef): void {
  const checksum = crc32c(block);
  if (block.length === ref.sizeBytes && checksum === ref.checksum) return;
  throw invalidBytes(
    `a block of ${block.length} bytes with checksum ${checksum} where one of ${ref.sizeBytes} with ${ref.checksum} is named`,
    ref.offset,
  );
}

function readBlocks(reader: ByteReader): SegmentIndex {
  const ranges = new RangeSet();
  for (let left = reader.varint(); left > 0; left--) ranges.add({ from: reader.bytes(), to: reader.bytes() });
  const blocks: BlockRef[] = [];
  let offset = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const firstKey = reader.bytes();
    const sizeBytes = reader.varint();
    blocks.push({ firstKey, offset, sizeBytes, checksum: reader.u32() });
    offset += sizeBytes;
  }
  const filter = reader.bytes();
  reader.done();
  return { ranges, filter, blocks };
}
