import type { SourceSplit } from "@tidemark/core";

/** The CRC-32C of a block of a file. */
export interface BlockSum {
  /** The length of the block, in bytes. */
  readonly bytes: number;
  /** The checksum of the block, an unsigned 32-bit number. */
  readonly crc: number;
}

/** By what a file is known again: it is at least as long as the position, and two of its blocks are as they were. */
export interface FileFingerprint {
  /** The size of the file when it was first seen, in bytes. */
  readonly sizeBytes: number;
  /** The beginning of the file. */
  readonly head: BlockSum;
  /** What stands right before the position. */
  readonly tail: BlockSum;
}

/** A range of bytes of a file, with the position reached in it. A record belongs to the range in which it starts. */
export interface FileSplit extends SourceSplit {
  /** The file, as the source was given it. */
  readonly path: string;
  /** The first byte of the range. */
  readonly start: number;
  /** The next byte to read. At `start` it may lie inside a record, which then belongs to the range before. */
  readonly position: number;
  /** The first byte after the range. Without it the range reaches to the end of the file. */
  readonly end?: number;
  /** By what the file is known again after a restart. */
  readonly fingerprint: FileFingerprint;
}

/** Cuts a file into at most `count` ranges of about the same size. */
export function cutFile(path: string, sizeBytes: number, head: BlockSum, count: number): readonly FileSplit[] {
  const ranges = Math.max(1, Math.min(count, sizeBytes));
  const fingerprint: FileFingerprint = { sizeBytes, head, tail: { bytes: 0, crc: 0 } };
  return Array.from({ length: ranges }, (_, index) => {
    const start = Math.floor((sizeBytes / ranges) * index);
    const end = Math.floor((sizeBytes / ranges) * (index + 1));
    const split = { id: `${index + 1} of ${ranges}`, path, start, position: start, fingerprint };
    return index === ranges - 1 ? split : { ...split, end };
  });
}
