import type { LevelIterator, LevelIteratorOptions, LevelOperation } from "../level-database.ts";
import { read, write } from "./transactions.ts";

/** Rows in an object store: keys are binary, and IndexedDB orders them as LevelDB does. */
export class IndexedRows {
  readonly #database: IDBDatabase;
  readonly #owner: number;

  constructor(database: IDBDatabase, owner: number) {
    this.#database = database;
    this.#owner = owner;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const requests = await read(this.#database, (rows) => keys.map((key) => rows.get(asKey(key))));
    return requests.map(({ result }) => result as Uint8Array | undefined);
  }

  async batch(operations: readonly LevelOperation[]): Promise<void> {
    await write(this.#database, this.#owner, (rows) => {
      for (const operation of operations) {
        if (operation.type === "put") rows.put(alone(operation.value), asKey(operation.key));
        else rows.delete(asKey(operation.key));
      }
    });
  }

  /** What comes with one call was there at one moment. */
  iterator(options: LevelIteratorOptions): LevelIterator {
    let { gt, limit } = options;
    const { gte, lt, values } = options;
    return {
      nextv: async (size) => {
        const count = Math.min(size, limit);
        const from = gt ?? gte;
        if (count === 0 || isEmpty(from, lt)) return [];
        const range = rangeOf(from, gt !== undefined, lt);
        const [keys, found] = await read(
          this.#database,
          (rows) => [rows.getAllKeys(range, count), values ? rows.getAll(range, count) : undefined] as const,
        );
        const rows = keys.result.map((key, index): [Uint8Array, Uint8Array] => [
          new Uint8Array(key as ArrayBuffer),
          (found?.result[index] ?? new Uint8Array(0)) as Uint8Array,
        ]);
        limit -= rows.length;
        gt = rows.at(-1)?.[0] ?? gt;
        return rows;
      },
      close: async () => undefined,
    };
  }

  close(): void {
    this.#database.close();
  }
}

/** IndexedDB refuses a range that ends before it begins. */
function isEmpty(from: Uint8Array | undefined, to: Uint8Array | undefined): boolean {
  return from !== undefined && to !== undefined && indexedDB.cmp(from, to) >= 0;
}

function rangeOf(from: Uint8Array | undefined, isAfter: boolean, to: Uint8Array | undefined): IDBKeyRange | undefined {
  if (from === undefined) return to === undefined ? undefined : IDBKeyRange.upperBound(to, true);
  return to === undefined ? IDBKeyRange.lowerBound(from, isAfter) : IDBKeyRange.bound(from, to, isAfter, true);
}

/** Any view of an unshared buffer is a key, of which the bytes are copied. */
function asKey(key: Uint8Array): Uint8Array<ArrayBuffer> {
  return key as Uint8Array<ArrayBuffer>;
}

/** Of a view into a buffer, IndexedDB would store the whole buffer. */
function alone(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
