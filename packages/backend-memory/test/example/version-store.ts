import type { KeyRange, StateChanges, StateEntry, StateStore, StoreOptions } from "@tidemark/core";
import { encodeHandle, isIn, type Scope } from "./scope.ts";
import { textOf, type VersionSpace } from "./version-space.ts";

/** All keys there can be: they begin with their key group, which is below 0xffff. */
const ALL: KeyRange = { from: new Uint8Array(0), to: Uint8Array.of(0xff, 0xff) };

/** What one subtask owns of the space. */
export class VersionStore implements StateStore {
  readonly #space: VersionSpace;
  readonly #scope: Scope;
  readonly #assertNewest: () => void;

  constructor(space: VersionSpace, { keyGroups, prefixes }: StoreOptions, assertNewest: () => void) {
    this.#space = space;
    this.#scope = { keyGroups, prefixes: prefixes?.map(textOf) };
    this.#assertNewest = assertNewest;
  }

  readSync(key: Uint8Array): Uint8Array | undefined {
    this.#assertNewest();
    return this.#space.get(textOf(key));
  }

  async read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return keys.map((key) => this.readSync(key));
  }

  scan(range: KeyRange): AsyncIterable<readonly StateEntry[]> {
    return this.#space.slices(this.#keysIn(range));
  }

  async write(epoch: number, { puts, deletes, rangeDeletes }: StateChanges): Promise<void> {
    this.#assertNewest();
    for (const range of rangeDeletes) this.deleteAll(epoch, () => true, range);
    for (const key of deletes) this.#space.put(epoch, textOf(key), undefined);
    for (const { key, value } of puts) this.#space.put(epoch, textOf(key), value);
  }

  async seal(epoch: number): Promise<Uint8Array> {
    this.#assertNewest();
    this.#space.seal(epoch);
    return encodeHandle(epoch, this.#scope);
  }

  async *export(epoch: number): AsyncGenerator<readonly StateEntry[], void, undefined> {
    this.#space.assertHeld(epoch);
    yield* this.#space.slices(this.#keysIn(ALL), epoch);
  }

  async close(): Promise<void> {
    // Nothing is under way.
  }

  /** Goes back to an epoch: what the store owns, and nothing else. */
  goBack(epoch: number): void {
    this.#space.forget(epoch, (key) => isIn(this.#scope, key));
  }

  /** Deletes, in an epoch, what the store owns of a range. */
  deleteAll(epoch: number, isMeant: (key: string) => boolean, range: KeyRange = ALL): void {
    for (const key of this.#keysIn(range)) if (isMeant(key)) this.#space.put(epoch, key, undefined);
  }

  #keysIn(range: KeyRange): readonly string[] {
    return this.#space.keysIn(range).filter((key) => isIn(this.#scope, key));
  }
}
