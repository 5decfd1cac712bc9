import { concatBytes, crc32c } from "@tidemark/core/internal";
import type { OpenFile } from "../directory.ts";
import { littleEndian, unmask } from "./fixed.ts";

const BLOCK_BYTES = 32_768;

/** Checked at a time: well below a millisecond. */
const SLICE_BYTES: number = 4 * BLOCK_BYTES;

/** Before each piece of a record: the checksum of all that follows (4 bytes), the length (2), the kind of piece (1). */
const HEADER_BYTES = 7;

const Piece = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** What a log of LevelDB holds. Its file MANIFEST is one too. */
export interface LogScan {
  /** The records before the first byte that is not as it was written; of a file, the first bytes of each. */
  readonly records: readonly Uint8Array[];
  /** Where each of them ends. */
  readonly ends: readonly number[];
  /** Where the last of them ends. */
  readonly soundBytes: number;
  /** Whether LevelDB would find records behind that byte, and take them although it lacks those in between. */
  readonly hasHole: boolean;
}

/** Reads a log as LevelDB does: in a block where something is wrong, the rest of the block is given up. */
export function scanLog(bytes: Uint8Array): LogScan {
  const scanner = new LogScanner();
  scanner.add(bytes);
  return scanner.found;
}

/**
 * As {@link scanLog}, of a file, slice by slice: it may be as large as LevelDB's write buffer, and others have their turns meanwhile.
 *
 * @param recordBytes how many bytes of each record are kept.
 */
export async function scanLogFile(file: OpenFile, recordBytes: number): Promise<LogScan> {
  const scanner = new LogScanner(recordBytes);
  for (let at = 0; at < file.sizeBytes && !scanner.found.hasHole; at += SLICE_BYTES) {
    scanner.add(await file.read(at, Math.min(SLICE_BYTES, file.sizeBytes - at)));
  }
  return scanner.found;
}

class LogScanner {
  readonly #recordBytes: number;
  readonly #records: Uint8Array[] = [];
  readonly #ends: number[] = [];
  /** Where what comes next begins. */
  #offset = 0;
  #isSound = true;
  #hasHole = false;
  /** Of a record that is not at its end. */
  #pieces: Uint8Array[] | undefined = undefined;

  constructor(recordBytes: number = Infinity) {
    this.#recordBytes = recordBytes;
  }

  get found(): LogScan {
    const [records, ends] = [this.#records, this.#ends];
    return { records, ends, soundBytes: ends.at(-1) ?? 0, hasHole: this.#hasHole };
  }

  /** Reads on. @param bytes Whole blocks, but for the last one of the log. */
  add(bytes: Uint8Array): void {
    for (let block = 0; block < bytes.length && !this.#hasHole; block += BLOCK_BYTES) {
      this.#addBlock(bytes.subarray(block, block + BLOCK_BYTES));
      this.#offset += BLOCK_BYTES;
    }
  }

  #addBlock(block: Uint8Array): void {
    for (let at = 0; block.length - at >= HEADER_BYTES && !this.#hasHole;) {
      const piece = readPiece(block.subarray(at));
      if (piece === undefined) {
        this.#isSound = false;
        this.#pieces = undefined;
        return;
      }
      at += HEADER_BYTES + piece.data.length;
      this.#addPiece(piece, this.#offset + at);
    }
  }

  #addPiece({ kind, data }: LogPiece, end: number): void {
    const begins = kind === Piece.full || kind === Piece.first;
    if (begins === (this.#pieces !== undefined)) this.#isSound = false;
    if (begins) this.#pieces = [];
    this.#pieces?.push(data);
    if (this.#pieces === undefined || kind === Piece.first || kind === Piece.middle) return;
    this.#hasHole = !this.#isSound;
    if (this.#isSound) {
      this.#records.push(concatBytes(this.#pieces).slice(0, this.#recordBytes));
      this.#ends.push(end);
    }
    this.#pieces = undefined;
  }
}

interface LogPiece {
  readonly kind: number;
  readonly data: Uint8Array;
}

function readPiece(bytes: Uint8Array): LogPiece | undefined {
  const kind = bytes[6] as number;
  const end = HEADER_BYTES + littleEndian(bytes, 4, 2);
  if (end > bytes.length || kind < Piece.full || kind > Piece.last) return undefined;
  if (crc32c(bytes.subarray(6, end)) !== unmask(littleEndian(bytes, 0, 4))) return undefined;
  return { kind, data: bytes.subarray(HEADER_BYTES, end) };
}
