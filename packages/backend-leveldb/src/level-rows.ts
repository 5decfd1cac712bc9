import type { TidemarkError } from "@tidemark/core";
import type { BatchOrder } from "./batch-order.ts";
import type { LevelDatabase, LevelEncodings, LevelOperation } from "./level-database.ts";
import type { TableCheck } from "./files/table-check.ts";
import { brokenDatabase, damagedRow, levelError } from "./level-errors.ts";
import { openRow, sealRow } from "./row-values.ts";

const BYTES: LevelEncodings = { keyEncoding: "view", valueEncoding: "view" };

/** Behind every key there is: the first byte of a key is a letter. */
const LAST_KEY: Uint8Array = Uint8Array.of(0xff);

/** A page holds no more rows than this. */
export const PAGE_ROWS_MAX = 1_000;

/** So many rows are deleted at once: what comes meanwhile waits for no more. */
const DELETED_ROWS_MAX = 8_192;

/** A page ends with the row that takes it to this size. */
const PAGE_BYTES_MAX: number = 256 * 1024;

/** A row, its checksum checked and taken off. */
export interface Row {
  readonly key: Uint8Array;
  readonly payload: Uint8Array;
}

/** Rows between two keys. */
export interface RowRange {
  readonly from: Uint8Array;
  /** Whether `from` itself is left out. Default: `false`. */
  readonly after?: boolean;
  /** Exclusive. Default: the end. */
  readonly to?: Uint8Array | undefined;
}

/** The next rows of a range. */
export interface RowPage {
  readonly rows: readonly Row[];
  /** Whether the range holds no more. */
  readonly isEnd: boolean;
}

/** What a batch does: a payload to put, or `undefined` to delete. */
export interface RowChange {
  readonly key: Uint8Array;
  readonly payload: Uint8Array | undefined;
}

/** What stands behind the rows. */
export interface LevelRowsOptions {
  readonly database: LevelDatabase;
  /** What messages call it. */
  readonly name: string;
  /** What a power failure leaves of batches that were not synced. */
  readonly order: BatchOrder;
  /** Who checks what is read; `undefined` where there are no files. */
  readonly tables?: TableCheck | undefined;
}

/** The rows of an open database: bytes with checksums, errors of ours. */
export class LevelRows {
  readonly name: string;
  readonly hasSyncReads: boolean;
  readonly #database: LevelDatabase;
  readonly #order: BatchOrder;
  readonly #tables: TableCheck | undefined;
  #failure: TidemarkError | undefined = undefined;

  constructor({ database, name, order, tables }: LevelRowsOptions) {
    this.#tables = tables;
    this.#database = database;
    this.#order = order;
    this.name = name;
    this.hasSyncReads = (database.supports as { readonly getSync?: unknown }).getSync === true;
  }

  /**
   * Whether a batch has failed. Until the database was opened anew nobody knows how it ended, not even a read: LevelDB
   * does not show what its log may hold. So nothing is read either.
   */
  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const [payload] = await this.getMany([key]);
    return payload;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (keys.length === 0) return [];
    this.#assertSound();
    await this.#tables?.check(keys.map((key) => ({ first: key, last: key })));
    const values = await this.#try("read", () => this.#database.getMany([...keys], BYTES));
    return values.map((value, index) => this.#open(keys[index] as Uint8Array, value));
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#assertSound();
    this.#tables?.checkSync(key);
    let value: Uint8Array | undefined;
    try {
      value = this.#database.getSync(key, BYTES);
    } catch (error) {
      throw levelError("read", this.name, error);
    }
    return this.#open(key, value);
  }

  /** The next rows of a range, in bounded number and size. @param enough rows that will do. */
  async page(range: RowRange, enough: number = PAGE_ROWS_MAX): Promise<RowPage> {
    const found = await this.#page(range, true, Math.min(enough, PAGE_ROWS_MAX));
    return { rows: found.rows.map(([key, value]) => ({ key, payload: this.#opened(key, value) })), isEnd: found.isEnd };
  }

  /** As {@link page}, the keys alone. */
  async keys(range: RowRange): Promise<{ readonly keys: readonly Uint8Array[]; readonly isEnd: boolean }> {
    const found = await this.#page(range, false);
    return { keys: found.rows.map(([key]) => key), isEnd: found.isEnd };
  }

  /** The first key of a range. */
  async firstKey(range: RowRange): Promise<Uint8Array | undefined> {
    const { rows } = await this.#page(range, false, 1);
    return rows[0]?.[0];
  }

  /**
   * Makes all changes or none. Batches are kept in their order: whatever a crash or a power failure takes, it takes the
   * last ones. What must outlive a power failure is committed with {@link commitDurably}, or has one such batch behind it.
   */
  async commit(changes: readonly RowChange[]): Promise<void> {
    if (changes.length > 0) await this.#write(changes, !this.#order.isKept);
  }

  /** As {@link commit}. This batch and all before it are on the disk when it resolves. */
  async commitDurably(changes: readonly [RowChange, ...RowChange[]]): Promise<void> {
    await this.#write(changes, true);
  }

  /**
   * Deletes the first rows of a range, in bounded number, in the order of their keys and as {@link commit} does. A crash may leave
   * the last of them.
   *
   * @returns where the rows begin that are left; `undefined` if none is.
   */
  async deleteFirst(from: Uint8Array, to: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#clears) {
      await this.#change(() =>
        this.#database.clear?.({ keyEncoding: "view", gte: from, lt: to, limit: DELETED_ROWS_MAX }),
      );
      // It begins at what is known to be gone: LevelDB passes one by one over what was deleted.
      return this.firstKey({ from, to });
    }
    const { keys, isEnd } = await this.keys({ from, to });
    await this.commit(keys.map((key) => ({ key, payload: undefined })));
    return isEnd ? undefined : keys.at(-1);
  }

  /** Whether the database can delete a range by itself. What it reads for that is not checked. */
  get #clears(): boolean {
    return this.#order.isKept && this.#database.clear !== undefined && this.#tables?.isFinished !== false;
  }

  async #write(changes: readonly RowChange[], sync: boolean): Promise<void> {
    const operations = changes.map(({ key, payload }): LevelOperation =>
      payload === undefined ? { type: "del", key } : { type: "put", key, value: sealRow(key, payload) },
    );
    await this.#change(async () => {
      await this.#database.batch(operations, { ...BYTES, sync });
      if (sync && this.#order.isKept) await this.#order.syncOlder();
    });
  }

  async #change(act: () => Promise<void> | undefined): Promise<void> {
    this.#assertSound();
    try {
      await act();
    } catch (error) {
      this.#failure = brokenDatabase(this.name, error);
      throw this.#failure;
    }
  }

  async close(): Promise<void> {
    await this.#tables?.stop();
    await this.#try("close", () => this.#database.close());
  }

  async #page(
    range: RowRange,
    values: boolean,
    limit: number = PAGE_ROWS_MAX,
  ): Promise<{ readonly rows: readonly (readonly [Uint8Array, Uint8Array])[]; readonly isEnd: boolean }> {
    this.#assertSound();
    await this.#tables?.checkFrames({ first: range.from, last: range.to ?? LAST_KEY });
    const page = await this.#readPage(range, values, limit);
    const last = (page.isEnd ? range.to : page.rows.at(-1)?.[0]) ?? LAST_KEY;
    await this.#tables?.check([{ first: range.from, last }]);
    return page;
  }

  async #readPage(
    range: RowRange,
    values: boolean,
    limit: number,
  ): Promise<{ readonly rows: readonly (readonly [Uint8Array, Uint8Array])[]; readonly isEnd: boolean }> {
    return this.#try("read", async () => {
      const iterator = this.#database.iterator({
        ...BYTES,
        ...(range.after === true ? { gt: range.from } : { gte: range.from }),
        ...(range.to === undefined ? {} : { lt: range.to }),
        reverse: false,
        values,
        limit,
        highWaterMarkBytes: PAGE_BYTES_MAX,
      });
      try {
        const rows: (readonly [Uint8Array, Uint8Array])[] = [];
        for (let sizeBytes = 0; ;) {
          const next = await iterator.nextv(limit - rows.length);
          rows.push(...next);
          if (next.length === 0) return { rows, isEnd: true };
          for (const [key, value] of next) sizeBytes += key.length + (values ? value.length : 0);
          if (rows.length >= limit || sizeBytes >= PAGE_BYTES_MAX) return { rows, isEnd: false };
        }
      } finally {
        await iterator.close();
      }
    });
  }

  #open(key: Uint8Array, value: Uint8Array | undefined): Uint8Array | undefined {
    return value === undefined ? undefined : this.#opened(key, value);
  }

  #opened(key: Uint8Array, value: Uint8Array): Uint8Array {
    const payload = openRow(key, value);
    if (payload === undefined) throw damagedRow(key, this.name);
    return payload;
  }

  #assertSound(): void {
    this.#tables?.assertSound();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #try<T>(act: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      throw levelError(act, this.name, error);
    }
  }
}
