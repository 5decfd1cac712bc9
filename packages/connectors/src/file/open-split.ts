import { createHash } from "node:crypto";

import { crc32c } from "@tidemark/core/internal";

import { sourceChanged, sourceError } from "./file-errors.ts";
import type { BlockSum, FileSplit } from "./file-split.ts";
import { readFully, type FileSystem, type OpenFile } from "./file-system.ts";

/** How much of the beginning of a file its fingerprint holds, in bytes. */
const HEAD_BYTES = 4 * 1024;
/** How much of what stands before the position a fingerprint holds, in bytes. */
export const TAIL_BYTES: number = 64 * 1024;
const HASH_CHUNK_BYTES = 1024 * 1024;

async function readBlock(file: OpenFile, from: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const block = new Uint8Array(bytes);
  return block.subarray(0, await readFully(file, block, from));
}

/** The sum of a block. */
export function sumOf(block: Uint8Array): BlockSum {
  return { bytes: block.length, crc: crc32c(block) };
}

/** The sum of the beginning of a file. */
export async function sumHead(file: OpenFile): Promise<BlockSum> {
  return sumOf(await readBlock(file, 0, HEAD_BYTES));
}

async function sha256(file: OpenFile): Promise<string> {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(HASH_CHUNK_BYTES);
  for (let at = 0; ;) {
    const count = await readFully(file, chunk, at);
    if (count === 0) return hash.digest("hex");
    hash.update(chunk.subarray(0, count));
    at += count;
  }
}

/**
 * Checks a file against the hash that the user gave.
 *
 * @throws {ConnectorError} SOURCE_CHANGED if it is another file.
 */
export async function checkHash(file: OpenFile, path: string, expected: string): Promise<void> {
  const [found, wanted] = [await sha256(file), expected.toLowerCase()];
  if (found !== wanted) throw sourceChanged(path, `sha256 ${wanted}`, `sha256 ${found}`);
}

/** Checks a file against the fingerprint in a split. Resolves with the block before the position. */
async function checkFingerprint(file: OpenFile, path: string, split: FileSplit): Promise<Uint8Array> {
  const { position, fingerprint } = split;
  const { head, tail } = fingerprint;
  const size = await file.sizeBytes();
  const least = Math.max(position, head.bytes);
  if (size < least) throw sourceChanged(path, `at least ${least} bytes`, `${size} bytes`);
  const headSum = sumOf(await readBlock(file, 0, head.bytes));
  if (headSum.crc !== head.crc) {
    throw sourceChanged(path, `the ${head.bytes} bytes at its beginning to be as they were`, "other bytes");
  }
  const block = await readBlock(file, position - tail.bytes, tail.bytes);
  if (sumOf(block).crc !== tail.crc) {
    throw sourceChanged(path, `the ${tail.bytes} bytes before byte ${position} to be as they were`, "other bytes");
  }
  return block;
}

/** A file that was opened for a split and is known to be the right one. */
export interface OpenedSplit {
  readonly file: OpenFile;
  readonly sizeBytes: number;
  /** What stands right before the position, as far as the fingerprint reached. */
  readonly before: Uint8Array;
}

/**
 * Opens the file of a split.
 *
 * @throws {ConnectorError} SOURCE_MISSING, SOURCE_CHANGED or SOURCE_IO.
 */
export async function openSplit(fileSystem: FileSystem, path: string, split: FileSplit): Promise<OpenedSplit> {
  let file: OpenFile | undefined;
  try {
    file = await fileSystem.openRead(path);
    const before = await checkFingerprint(file, path, split);
    return { file, sizeBytes: await file.sizeBytes(), before };
  } catch (error) {
    // The first error tells more than one of closing would.
    await file?.close().catch(() => undefined);
    throw sourceError("read", path, error);
  }
}
