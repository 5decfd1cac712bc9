import type { LevelDatabase, LevelIteratorOptions } from "@tidemark/backend-leveldb";
import type { KeyRange } from "@tidemark/core";
import { toHex } from "@tidemark/core/internal";
import { MemoryLevel } from "memory-level";

const BYTES = { keyEncoding: "view", valueEncoding: "view" } as const;

/** A database in memory that counts how often it is asked for rows by range. */
export class CountingLevel implements LevelDatabase {
  readonly #database = new MemoryLevel<Uint8Array, Uint8Array>(BYTES);
  /** How many iterators were opened so far. */
  iterators = 0;
  /** How many rows they gave. */
  rows = 0;

  readonly supports: object = this.#database.supports;
  readonly open: LevelDatabase["open"] = () => this.#database.open();
  readonly close: LevelDatabase["close"] = () => this.#database.close();
  readonly getMany: LevelDatabase["getMany"] = (keys, options) => this.#database.getMany(keys, options);
  readonly getSync: LevelDatabase["getSync"] = (key, options) => this.#database.getSync(key, options);
  readonly batch: LevelDatabase["batch"] = (operations, options) => this.#database.batch(operations, options);

  iterator(options: LevelIteratorOptions): ReturnType<LevelDatabase["iterator"]> {
    this.iterators++;
    const iterator = this.#database.iterator(options);
    return {
      nextv: async (size) => {
        const rows = await iterator.nextv(size);
        this.rows += rows.length;
        return rows;
      },
      close: () => iterator.close(),
    };
  }

  /** The newest rows of state within a range, as `"key value"` in hexadecimal, and without their checksums. */
  async rowsWithin({ from, to }: KeyRange): Promise<readonly string[]> {
    const range = { ...BYTES, gte: Uint8Array.of(0x64, ...from), lt: Uint8Array.of(0x64, ...to) };
    const rows = await this.#database.iterator(range).all();
    return rows.map(([key, value]) => `${toHex(key.subarray(1))} ${toHex(value.subarray(4))}`);
  }
}
