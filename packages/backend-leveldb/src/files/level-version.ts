import { ByteReader } from "@tidemark/core/internal";

/** Of what LevelDB says that its database consists. */
export interface LevelVersion {
  /** The oldest log whose records are in no table; 0 for a database that was only just made. */
  readonly logNumber: number;
  /** The number of the newest change at the moment when this was written. */
  readonly lastSequence: number;
  /** Its tables by their numbers. */
  readonly tables: ReadonlyMap<number, TablePlace>;
}

/** Where a table stands among the others. */
export interface TablePlace {
  /** Tables of one level, but the first level, 0, hold different keys. */
  readonly level: number;
  /** Its first row's key. */
  readonly first: Uint8Array;
  /** Its last row's key. */
  readonly last: Uint8Array;
}

/** Behind each key in a table: the number of the change, and whether it was a put or a deletion. */
const CHANGE_BYTES = 8;

/** A key in a table without the number of its change. */
export function rowKeyOf(tableKey: Uint8Array): Uint8Array {
  return tableKey.subarray(0, Math.max(0, tableKey.length - CHANGE_BYTES));
}

const Tag = {
  comparator: 1,
  log: 2,
  nextFile: 3,
  sequence: 4,
  pointer: 5,
  deleted: 6,
  added: 7,
  previousLog: 9,
} as const;

/**
 * Puts the records of a MANIFEST together.
 *
 * @throws {Error} if they are not what LevelDB writes.
 */
export function readVersion(edits: readonly Uint8Array[]): LevelVersion {
  const tables = new Map<number, TablePlace>();
  const numbers = new Map<number, number>();
  for (const edit of edits) {
    for (const reader = new ByteReader(edit); reader.remaining > 0;) applyField(reader, tables, numbers);
  }
  const [logNumber, lastSequence] = [numbers.get(Tag.log), numbers.get(Tag.sequence)];
  if (logNumber === undefined || lastSequence === undefined) throw new Error("it ends too early");
  return { logNumber, lastSequence, tables };
}

function applyField(reader: ByteReader, tables: Map<number, TablePlace>, numbers: Map<number, number>): void {
  const tag = reader.varint();
  switch (tag) {
    case Tag.comparator:
      reader.bytes();
      return;
    case Tag.log:
    case Tag.nextFile:
    case Tag.sequence:
    case Tag.previousLog:
      numbers.set(tag, reader.varint());
      return;
    case Tag.pointer:
      reader.varint();
      reader.bytes();
      return;
    case Tag.deleted:
      reader.varint();
      tables.delete(reader.varint());
      return;
    case Tag.added: {
      const level = reader.varint();
      const number = reader.varint();
      reader.varint();
      const [first, last] = [rowKeyOf(reader.bytes()).slice(), rowKeyOf(reader.bytes()).slice()];
      tables.set(number, { level, first, last });
      return;
    }
    default:
      throw new Error(`it holds a field of the unknown kind ${tag}`);
  }
}
