import { assert } from "../../assert.ts";
import type { KeyRange, ScanOptions, StateEntry, StateStore } from "../backend.ts";

/** How a subtask reads what its store holds and memory does not. */
export interface StateAccess {
  /** The values of these keys, `undefined` where there is none. */
  read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** The first entries of a range, in the order of keys, as many as the store gives at once. None: it is empty. */
  slice(range: KeyRange, options?: ScanOptions): Promise<readonly StateEntry[]>;
  /** As {@link read}, for one key, at once; `undefined` where the store cannot. */
  readonly readSync: ((key: Uint8Array) => Uint8Array | undefined) | undefined;
}

/** Reads from a store that is opened later. */
export class StoreAccess implements StateAccess {
  #store: StateStore | undefined;
  #readSync: ((key: Uint8Array) => Uint8Array | undefined) | undefined;

  attach(store: StateStore): void {
    this.#store = store;
    this.#readSync = store.readSync?.bind(store);
  }

  get readSync(): ((key: Uint8Array) => Uint8Array | undefined) | undefined {
    return this.#readSync;
  }

  read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#opened.read(keys);
  }

  async slice(range: KeyRange, options?: ScanOptions): Promise<readonly StateEntry[]> {
    for await (const entries of this.#opened.scan(range, options)) return entries;
    return [];
  }

  get #opened(): StateStore {
    assert(this.#store !== undefined, "state is read before its store was opened");
    return this.#store;
  }
}
