import { ByteWriter, concatBytes, crc32c } from "@tidemark/core/internal";
import type { Directory } from "../../src/directory.ts";
import type { Findings } from "../../src/files/inspect.ts";

const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;

/** A directory in memory. */
export function memoryDirectory(files: Map<string, Uint8Array>): Directory {
  const read = (name: string): Uint8Array => {
    const bytes = files.get(name);
    if (bytes === undefined) throw Object.assign(new Error(`no such file: ${name}`), { code: "ENOENT" });
    return bytes;
  };
  return {
    path: "/state",
    list: async () => [...files.keys()],
    read: async (name) => read(name),
    sizeBytes: async (name) => read(name).length,
    replace: async (name, bytes) => void files.set(name, bytes),
    sync: async () => undefined,
    cut: async (name, bytes) => void files.set(name, read(name).slice(0, bytes)),
    openFile: (name) => {
      const bytes = read(name);
      const piece = (at: number, length: number): Uint8Array => bytes.slice(at, at + length);
      return {
        sizeBytes: bytes.length,
        read: async (at, length) => piece(at, length),
        readSync: piece,
        close: () => undefined,
      };
    },
    link: async (name, second) => void files.set(second, read(name)),
    remove: async (name) => void files.delete(name),
  };
}

/** The same tables, each in a level of its own below those that are checked before the opening. */
export function deeper(findings: Findings): Findings {
  const tables = [...findings.tables].map(([table, place], index) => [table, { ...place, level: 2 + index }] as const);
  return { ...findings, tables: new Map(tables) };
}

/** A log as LevelDB writes it. */
export function logOf(records: readonly Uint8Array[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let inBlock = 0;
  for (const record of records) {
    for (let at = 0, isFirst = true; isFirst || at < record.length; isFirst = false) {
      if (BLOCK_BYTES - inBlock < HEADER_BYTES) {
        pieces.push(new Uint8Array(BLOCK_BYTES - inBlock));
        inBlock = 0;
      }
      const data = record.subarray(at, at + BLOCK_BYTES - inBlock - HEADER_BYTES);
      at += data.length;
      const isLast = at === record.length;
      pieces.push(pieceOf(isFirst ? (isLast ? 1 : 2) : isLast ? 4 : 3, data));
      inBlock += HEADER_BYTES + data.length;
    }
  }
  return concatBytes(pieces);
}

function pieceOf(kind: number, data: Uint8Array): Uint8Array {
  const piece = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(piece.buffer);
  piece[6] = kind;
  piece.set(data, HEADER_BYTES);
  const sum = crc32c(piece.subarray(6));
  view.setUint32(0, (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0, true);
  view.setUint16(4, data.length, true);
  return piece;
}

/** A batch of changes that are numbered from `first` on. */
export function batchOf(first: number, changes: number, sizeBytes: number = 40): Uint8Array {
  const batch = new Uint8Array(sizeBytes).fill(first);
  const view = new DataView(batch.buffer);
  view.setBigUint64(0, BigInt(first), true);
  view.setUint32(8, changes, true);
  return batch;
}

/** What a record of the file MANIFEST may say. */
export interface EditFields {
  readonly log?: number;
  readonly sequence?: number;
  /** The number of a table that was added. */
  readonly table?: number;
}

/** A record of the file MANIFEST. */
export function editOf(fields: EditFields): Uint8Array {
  const writer = new ByteWriter();
  if (fields.table !== undefined) {
    // Its level and size, and its first and last key.
    for (const value of [7, 0, fields.table, 100, 0, 0]) writer.varint(value);
  }
  for (const [tag, value] of [
    [2, fields.log],
    [4, fields.sequence],
  ] as const) {
    if (value === undefined) continue;
    writer.varint(tag);
    writer.varint(value);
  }
  return writer.finish();
}
