/** Keys and values are bytes, whatever the database was made with. */
export interface LevelEncodings {
  /** Keys are `Uint8Array`. */
  readonly keyEncoding: "view";
  /** Values are `Uint8Array`. */
  readonly valueEncoding: "view";
}

/** How a batch is written. */
export interface LevelWriteOptions extends LevelEncodings {
  /** Whether the batch must be on the disk before the promise resolves. A database without a disk ignores it. */
  readonly sync: boolean;
}

/** One row of a batch. */
export type LevelOperation =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: Uint8Array };

/** A range of rows. */
export interface LevelIteratorOptions extends LevelEncodings {
  /** From this key on. */
  readonly gte?: Uint8Array;
  /** After this key. */
  readonly gt?: Uint8Array;
  /** Before this key. */
  readonly lt?: Uint8Array;
  /** From the first key to the last. */
  readonly reverse: false;
  /** Whether values are read, or keys alone. */
  readonly values: boolean;
  /** Rows, at most. */
  readonly limit: number;
  /** How much to read at a time; LevelDB takes it as a hint, others ignore it. */
  readonly highWaterMarkBytes: number;
}

/** Which rows are cleared: the first of a range. */
export interface LevelClearOptions {
  /** Keys are `Uint8Array`. */
  readonly keyEncoding: "view";
  /** From this key on. */
  readonly gte: Uint8Array;
  /** Before this key. */
  readonly lt: Uint8Array;
  /** Rows, at most. */
  readonly limit: number;
}

/** An iterator of abstract-level. */
export interface LevelIterator {
  /** The next rows, `size` at most; an empty array at the end. */
  nextv(size: number): Promise<(readonly [Uint8Array, Uint8Array])[]>;
  /** Frees what it holds. */
  close(): Promise<void>;
}

/** What is needed of a database: a part of the class `AbstractLevel` of abstract-level 3. */
export interface LevelDatabase {
  /** What it says that it can do; `getSync: true` among it gives synchronous reads. */
  readonly supports: object;
  /** Opens it, if it is not open. */
  open(): Promise<void>;
  /** Waits for what is under way, and closes it. */
  close(): Promise<void>;
  /** The values of keys, `undefined` where there is none. */
  getMany(keys: Uint8Array[], options: LevelEncodings): Promise<(Uint8Array | undefined)[]>;
  /** One value, at once. Called only if `supports` says so. */
  getSync(key: Uint8Array, options: LevelEncodings): Uint8Array | undefined;
  /** All operations in order, or none. */
  batch(operations: LevelOperation[], options: LevelWriteOptions): Promise<void>;
  /**
   * Deletes rows in batches of its own, in the order of keys and unsynced, without handing out their keys. Called only of a database
   * that loses the newest batches alone: where it is left out, rows are read and deleted.
   */
  clear?(options: LevelClearOptions): Promise<void>;
  /** Walks through a range. */
  iterator(options: LevelIteratorOptions): LevelIterator;
}
