import {
  CheckpointError,
  type KeyRange,
  type StateChanges,
  type StateEntry,
  StateError,
  type StateStore,
} from "@tidemark/core";
import { ALL_KEYS, assert, isInScope, type StoreScope } from "@tidemark/core/internal";
import type { MemorySpace } from "./memory-space.ts";
import { changed, type Packed, slicesOf, valueOf } from "./packed.ts";
import { encodeHandle } from "./snapshot.ts";

/** Sealed epochs that a store can export, if it is never told that older ones were released. */
const SEALED_EPOCHS_MAX = 1_024;

/** What a {@link MemoryStore} is made of. */
export interface MemoryStoreOptions {
  readonly space: MemorySpace;
  readonly owner: string;
  readonly generation: number;
  readonly scope: StoreScope;
  /** The epoch that was restored; 0 if none. Writes come after it. */
  readonly restoredEpoch: number;
  /** What the restored state holds. */
  readonly entries: Packed;
}

/** Entries as they were at the end of an epoch. */
interface Past {
  readonly epoch: number;
  readonly entries: Packed;
}

/** What one subtask owns: its entries, and what they were when epochs ended. */
export class MemoryStore implements StateStore {
  readonly #options: MemoryStoreOptions;
  #entries: Packed;
  /** The epoch that the newest changes belong to. */
  #epoch: number;
  /** What there was before the changes of a later epoch: from the last that was sealed on, oldest first. */
  #past: readonly Past[] = [];
  /** What can be exported, by epoch. */
  readonly #sealed = new Map<number, Packed>();
  #sealedEpoch: number;
  #isClosed = false;

  constructor(options: MemoryStoreOptions) {
    const { restoredEpoch, entries } = options;
    this.#options = options;
    this.#entries = entries;
    this.#epoch = restoredEpoch;
    this.#sealedEpoch = restoredEpoch;
    if (restoredEpoch > 0) this.#sealed.set(restoredEpoch, entries);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  readSync(key: Uint8Array): Uint8Array | undefined {
    return valueOf(this.#open(), key);
  }

  async read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    return keys.map((key) => this.readSync(key));
  }

  scan(range: KeyRange): AsyncIterable<readonly StateEntry[]> {
    return slicesOf(() => this.#open(), range);
  }

  async write(epoch: number, changes: StateChanges): Promise<void> {
    const entries = this.#open();
    this.#assertOwn(changes);
    assert(epoch > this.#sealedEpoch, `a write to epoch ${epoch} after epoch ${this.#sealedEpoch} was sealed`);
    assert(epoch >= this.#epoch, `a write to epoch ${epoch} after one to ${this.#epoch}`);
    if (epoch > this.#epoch) this.#past = [...this.#past, { epoch: this.#epoch, entries }];
    this.#epoch = epoch;
    this.#entries = changed(entries, changes);
  }

  async seal(epoch: number): Promise<Uint8Array> {
    const entries = this.#open();
    const { space, generation, owner, scope } = this.#options;
    assert(epoch >= this.#sealedEpoch, `a seal of epoch ${epoch} after epoch ${this.#sealedEpoch} was sealed`);
    this.#sealedEpoch = epoch;
    // Changes of later epochs may have come already. Of those before, only the last counts from now on.
    const at = this.#epoch <= epoch ? this.#past.length : this.#past.findLastIndex((past) => past.epoch <= epoch);
    const sealed = this.#past[at]?.entries ?? entries;
    this.#past = this.#past.slice(at);
    this.#sealed.set(epoch, sealed);
    for (const old of this.#sealed.keys()) if (this.#sealed.size > SEALED_EPOCHS_MAX) this.#sealed.delete(old);
    const name = `${generation}-${epoch}-${owner}-${++space.snapshotsTaken}`;
    space.snapshots.set(name, { scope, entries: sealed });
    return encodeHandle(name);
  }

  sealedBytes(epoch: number): number | undefined {
    return this.#sealed.get(epoch)?.reduce((sum, block) => sum + block.length, 0);
  }

  async *export(epoch: number): AsyncGenerator<readonly StateEntry[], void, undefined> {
    this.#open();
    const entries = this.#sealed.get(epoch);
    if (entries === undefined) {
      const message = `Cannot export epoch ${epoch}: it is not sealed, or was released`;
      throw new CheckpointError("CHECKPOINT_MISSING", message, { details: { epoch } });
    }
    yield* slicesOf(() => entries, ALL_KEYS);
  }

  /** Told which epochs are retained: of those up to the newest, no other will be exported or complete any more. */
  forget(retained: ReadonlySet<number>): void {
    const newest = Math.max(...retained);
    for (const epoch of this.#sealed.keys()) if (epoch <= newest && !retained.has(epoch)) this.#sealed.delete(epoch);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #open(): Packed {
    if (!this.#isClosed) return this.#entries;
    throw new StateError("STATE_CLOSED", `Cannot use the store of "${this.#options.owner}": it is closed`);
  }

  #assertOwn({ puts, deletes }: StateChanges): void {
    const { scope, owner } = this.#options;
    const isOwn = (key: Uint8Array): boolean => isInScope(scope, key);
    assert(deletes.every(isOwn), `a delete of a key that "${owner}" does not own`);
    assert(
      puts.every(({ key }) => isOwn(key)),
      `a put of a key that "${owner}" does not own`,
    );
  }
}
