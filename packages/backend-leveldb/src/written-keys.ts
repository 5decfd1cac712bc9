import { KeyFilter } from "@tidemark/core/internal";

/** Bytes that may be spent to remember the keys of one store: enough for 4.5 million. Beyond, more and more rows are read in vain. */
const FILTER_BYTES_MAX: number = 8 * 1024 * 1024;

/**
 * Which keys a store has written since it began with nothing: no other has a row. To read rows that are not there is dear beyond its own cost: LevelDB
 * merges the tables that a read passes in vain.
 */
export class WrittenKeys {
  readonly #keys: KeyFilter | undefined;

  /** @param beginsEmpty otherwise nobody knows which keys have rows. */
  constructor(beginsEmpty: boolean) {
    this.#keys = beginsEmpty ? new KeyFilter(() => FILTER_BYTES_MAX) : undefined;
  }

  /** False: no key with this hash has a row. */
  mayHave(hash: number): boolean {
    return this.#keys?.mayHave(hash) ?? true;
  }

  add(hash: number): void {
    this.#keys?.add(hash);
  }
}
