import { ConfigurationError, StateError } from "@tidemark/core";
import { noDatabase } from "../level-errors.ts";
import type {
  LevelDatabase,
  LevelEncodings,
  LevelIterator,
  LevelIteratorOptions,
  LevelOperation,
} from "../level-database.ts";
import { IndexedRows } from "./indexed-rows.ts";
import { becomeOwner, openDatabase, OwnershipLost } from "./transactions.ts";
import { takeLock, type WebLock } from "./web-lock.ts";

/** What an {@link IndexedLevel} is made of. */
export interface IndexedLevelOptions {
  /** The name of the database. */
  readonly location: string;
  /** What messages call it. */
  readonly name: string;
  /** Whether nothing may be made where no database is. */
  readonly mustExist: boolean;
  /** `navigator.locks`; a page that was not served securely has none. */
  readonly locks: LockManager | undefined;
}

/** What the databases and the locks of this package are called, before their own names. */
const PREFIX = "tidemark-leveldb/";

/**
 * IndexedDB in the place of LevelDB, with what it lacks: one owner at a time, and batches that wait for the disk. A Web Lock tells
 * the second owner at once; that nothing of an earlier one arrives late, each transaction sees to by itself.
 */
export class IndexedLevel implements LevelDatabase {
  readonly supports: object = { getSync: false };
  readonly #options: IndexedLevelOptions;
  #lock: WebLock | undefined = undefined;
  #rows: IndexedRows | undefined = undefined;
  #isLost = false;

  constructor(options: IndexedLevelOptions) {
    this.#options = options;
  }

  /**
   * @throws {StateError} STATE_LOCKED if it is open elsewhere in this browser.
   * @throws {CheckpointError} CHECKPOINT_MISSING if there has to be a database, and is none.
   * @throws {ConfigurationError} PLATFORM_UNSUPPORTED without Web Locks.
   */
  async open(): Promise<void> {
    const { location, locks, name, mustExist } = this.#options;
    if (locks === undefined) {
      throw new ConfigurationError(
        "PLATFORM_UNSUPPORTED",
        `Cannot open ${name}: there is no disk here, and no Web Locks, without which two owners could write to one database. In a ` +
          "browser, serve the page over HTTPS or from localhost",
        { details: { backend: name } },
      );
    }
    const lock = await takeLock(locks, PREFIX + location, () => this.#lose());
    if (lock === undefined) {
      throw this.#locked("open", "another page or worker, or another backend of this one, has it open");
    }
    this.#lock = lock;
    try {
      this.#rows = await openRows(PREFIX + location, mustExist);
      if (this.#rows === undefined) throw noDatabase(name, `IndexedDB under "${PREFIX + location}"`);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The lock goes last, and a database closes when what is under way there has ended. */
  async close(): Promise<void> {
    const [rows, lock] = [this.#rows, this.#lock];
    this.#rows = undefined;
    this.#lock = undefined;
    rows?.close();
    await lock?.release();
  }

  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#held("read").getMany(keys);
  }

  /** IndexedDB has no such thing, as {@link supports} says. */
  getSync(_key: Uint8Array, _options: LevelEncodings): never {
    throw new ConfigurationError("PLATFORM_UNSUPPORTED", `Cannot read ${this.#options.name} at once`);
  }

  async batch(operations: LevelOperation[]): Promise<void> {
    try {
      await this.#held("write to").batch(operations);
    } catch (error) {
      throw error instanceof OwnershipLost ? this.#locked("write to", error.message) : error;
    }
  }

  iterator(options: LevelIteratorOptions): LevelIterator {
    return this.#held("read").iterator(options);
  }

  #held(act: string): IndexedRows {
    if (this.#isLost) throw this.#locked(act, "its Web Lock was taken away");
    if (this.#rows !== undefined) return this.#rows;
    throw new StateError("STATE_CLOSED", `Cannot ${act} ${this.#options.name}: it is not open`);
  }

  /** Whoever took the lock may open the database at once. */
  #lose(): void {
    this.#isLost = true;
    this.#rows?.close();
    this.#rows = undefined;
    this.#lock = undefined;
  }

  #locked(act: string, found: string): StateError {
    const { name } = this.#options;
    return new StateError("STATE_LOCKED", `Cannot ${act} ${name}: ${found}. Stop that one first`, {
      details: { backend: name },
    });
  }
}

async function openRows(databaseName: string, mustExist: boolean): Promise<IndexedRows | undefined> {
  const database = await openDatabase(databaseName, mustExist);
  if (database === undefined) return undefined;
  try {
    return new IndexedRows(database, await becomeOwner(database));
  } catch (error) {
    database.close();
    throw error;
  }
}
