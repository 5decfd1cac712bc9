import { concatBytes, crc32c } from "@tidemark/core/internal";
import { littleEndian, unmask } from "./fixed.ts";

const BLOCK_BYTES = 32_768;

/** Before each piece of a record: the checksum of all that follows (4 bytes), the length (2), the kind of piece (1). */
const HEADER_BYTES = 7;

const Piece = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** What a log of LevelDB holds. Its file MANIFEST is one too. */
export interface LogScan {
  /** The records before the first byte that is not as it was written. */
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
  const records: Uint8Array[] = [];
  const ends: number[] = [];
  let isSound = true;
  let pieces: Uint8Array[] | undefined;
  for (let block = 0; block < bytes.length; block += BLOCK_BYTES) {
    const end = Math.min(block + BLOCK_BYTES, bytes.length);
    for (let at = block; end - at >= HEADER_BYTES;) {
      const piece = readPiece(bytes.subarray(at, end));
      if (piece === undefined) {
        isSound = false;
        pieces = undefined;
        break;
      }
      at += HEADER_BYTES + piece.data.length;
      const begins = piece.kind === Piece.full || piece.kind === Piece.first;
      if (begins === (pieces !== undefined)) isSound = false;
      if (begins) pieces = [];
      pieces?.push(piece.data);
      if (pieces === undefined || piece.kind === Piece.first || piece.kind === Piece.middle) continue;
      if (!isSound) return { records, ends, soundBytes: ends.at(-1) ?? 0, hasHole: true };
      records.push(concatBytes(pieces));
      ends.push(at);
      pieces = undefined;
    }
  }
  return { records, ends, soundBytes: ends.at(-1) ?? 0, hasHole: false };
}

function readPiece(bytes: Uint8Array): { readonly kind: number; readonly data: Uint8Array } | undefined {
  const kind = bytes[6] as number;
  const end = HEADER_BYTES + littleEndian(bytes, 4, 2);
  if (end > bytes.length || kind < Piece.full || kind > Piece.last) return undefined;
  if (crc32c(bytes.subarray(6, end)) !== unmask(littleEndian(bytes, 0, 4))) return undefined;
  return { kind, data: bytes.subarray(HEADER_BYTES, end) };
}
