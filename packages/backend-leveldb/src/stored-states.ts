import type { KeyRange, StateEntry } from "@tidemark/core";
import { mayHaveWithin, NamesSeen, type StateNames, type StoreScope } from "@tidemark/core/internal";

/** What is known of the states of a store that was sealed. */
export interface SealedStates {
  /** `undefined`: it may have rows of any. */
  readonly states: StateNames;
}

/**
 * Of which states a store may have rows: those of the stores that it began with, and all that were put since. A state stays one of
 * them when its last row goes, so nothing that is deleted, undone or written twice can make it forget one that has rows.
 */
export class StoredStates {
  readonly #seen = new NamesSeen();

  constructor(scope: StoreScope, parts: readonly SealedStates[]) {
    // Without prefixes there may be rows of other stages among its keys.
    if (scope.prefixes === undefined) this.#seen.addAll(undefined);
    for (const { states } of parts) this.#seen.addAll(states);
  }

  /** To be called before any of them is written: what fails half-way has rows too. */
  add(puts: readonly StateEntry[]): void {
    for (const { key } of puts) this.#seen.add(key);
  }

  /** What is sealed may have rows of these, and of no others. */
  get names(): StateNames {
    return this.#seen.names;
  }

  /** False: there is no row within the range. */
  mayHaveWithin(range: KeyRange): boolean {
    return mayHaveWithin(this.#seen.names, range);
  }
}
