import type { LevelClearOptions, LevelDatabase } from "@tidemark/backend-leveldb";

/** How a batch fails: nothing of it happened, or all of it did and only the answer was lost. */
export type BatchFault = "lost" | "unacknowledged";

/** A database whose batch number `failAt`, counted from 1, fails; every later one is lost. */
export class FaultyDatabase implements LevelDatabase {
  readonly supports: object;
  readonly #database: LevelDatabase;
  readonly #failAt: number;
  readonly #fault: BatchFault;
  #batches = 0;

  constructor(database: LevelDatabase, failAt: number, fault: BatchFault) {
    this.supports = database.supports;
    this.#database = database;
    this.#failAt = failAt;
    this.#fault = fault;
  }

  get hasFailed(): boolean {
    return this.#batches >= this.#failAt;
  }

  readonly open: LevelDatabase["open"] = () => this.#database.open();
  readonly close: LevelDatabase["close"] = () => this.#database.close();
  readonly getMany: LevelDatabase["getMany"] = (keys, options) => this.#database.getMany(keys, options);
  readonly getSync: LevelDatabase["getSync"] = (key, options) => this.#database.getSync(key, options);
  readonly iterator: LevelDatabase["iterator"] = (options) => this.#database.iterator(options);

  readonly batch: LevelDatabase["batch"] = (operations, options) =>
    this.#change(() => this.#database.batch(operations, options));

  clear(options: LevelClearOptions): Promise<void> {
    return this.#change(async () => this.#database.clear?.(options));
  }

  async #change(change: () => Promise<void>): Promise<void> {
    this.#batches++;
    if (this.#batches < this.#failAt) return change();
    if (this.#batches === this.#failAt && this.#fault === "unacknowledged") await change();
    throw Object.assign(new Error("the disk is gone"), { code: "LEVEL_IO_ERROR" });
  }
}
