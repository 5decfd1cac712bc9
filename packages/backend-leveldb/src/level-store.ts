import { type KeyRange, type ScanOptions, type StateChanges, type StateEntry, type StateStore } from "@tidemark/core";
import { assert, isInScope, type StoreScope } from "@tidemark/core/internal";
import type { Bounds } from "./bounds.ts";
import { exportRows } from "./export.ts";
import { encodeHandle, type SealedStore } from "./level-handle.ts";
import type { LevelRows } from "./level-rows.ts";
import type { InTurn } from "./rollback.ts";
import { dataKey, groupKey } from "./row-keys.ts";
import { StateTally } from "./state-tally.ts";
import { StoredStates } from "./stored-states.ts";
import { type Resized, UndoWriter } from "./undo-writer.ts";

/** What a {@link LevelStore} is made of. */
export interface LevelStoreOptions {
  readonly rows: LevelRows;
  readonly bounds: Bounds;
  readonly owner: string;
  readonly scope: StoreScope;
  readonly database: number;
  readonly restoredEpoch: number;
  /** The newest epoch that any store of the session has written. */
  readonly newestEpoch: number;
  /** What it begins with. */
  readonly sealed: readonly SealedStore[];
  readonly inTurn: InTurn;
  /** @throws {StateError} STATE_CLOSED if the session is over. */
  readonly assertCurrent: () => void;
  /** Told the epoch of each write. */
  readonly onWrite: (epoch: number) => void;
}

/** The rows that one subtask owns, in place: the newest values, with the images of what they were beside them. */
export class LevelStore implements StateStore {
  readonly #options: LevelStoreOptions;
  readonly #writer: UndoWriter;
  readonly #tally: StateTally;
  readonly #states: StoredStates;
  #sealedEpoch: number;
  #writtenEpoch = 0;
  #isClosed = false;
  /** Present where the database can. */
  readonly readSync?: (key: Uint8Array) => Uint8Array | undefined;

  constructor(options: LevelStoreOptions) {
    const { rows, scope, assertCurrent, newestEpoch, sealed } = options;
    this.#options = options;
    this.#sealedEpoch = options.restoredEpoch;
    this.#tally = new StateTally(scope, sealed, options.restoredEpoch);
    this.#states = new StoredStates(scope, sealed);
    // Epoch 0 is nothing, and what nobody has written to is still that.
    const beginsEmpty = newestEpoch === 0;
    this.#writer = new UndoWriter({ rows, scope, assertCurrent, foreignEpoch: newestEpoch, beginsEmpty });
    if (rows.hasSyncReads) {
      this.readSync = (key) => {
        this.#assertOpen();
        return rows.getSync(dataKey(key));
      };
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    this.#assertOpen();
    return this.#options.rows.getMany(keys.map(dataKey));
  }

  async *scan(range: KeyRange, { enough }: ScanOptions = {}): AsyncGenerator<readonly StateEntry[], void, undefined> {
    this.#assertOpen();
    if (!this.#states.mayHaveWithin(range)) return;
    const to = dataKey(range.to);
    let from: Uint8Array = dataKey(range.from);
    for (let after = false, isEnd = false; !isEnd; after = true) {
      this.#assertOpen();
      const page = await this.#options.rows.page({ from, after, to }, enough);
      from = page.rows.at(-1)?.key ?? from;
      isEnd = page.isEnd;
      const entries = page.rows.map(({ key, payload }) => ({ key: key.subarray(1), value: payload }));
      if (entries.length > 0) yield entries;
    }
  }

  async write(epoch: number, changes: StateChanges): Promise<void> {
    this.#assertOwn(changes);
    this.#states.add(changes.puts);
    await this.#write(epoch, changes, (key, bytes) => this.#tally.add(epoch, key, bytes));
  }

  /** Deletes rows that nothing it began with holds: they count as none of its own. */
  async deleteForeign(epoch: number, rangeDeletes: readonly KeyRange[]): Promise<void> {
    await this.#write(epoch, { puts: [], deletes: [], rangeDeletes }, () => undefined);
  }

  async #write(epoch: number, changes: StateChanges, resized: Resized): Promise<void> {
    this.#assertOpen();
    assert(epoch > this.#sealedEpoch, `a write to epoch ${epoch} after epoch ${this.#sealedEpoch} was sealed`);
    assert(epoch >= this.#writtenEpoch, `a write to epoch ${epoch} after one to ${this.#writtenEpoch}`);
    this.#writtenEpoch = epoch;
    this.#options.onWrite(epoch);
    await this.#options.inTurn(async () => {
      for (const { from, to } of changes.rangeDeletes) await this.#writer.deleteRange(epoch, from, to, resized);
      const deletes = changes.deletes.map((key) => ({ key, value: undefined }));
      await this.#writer.apply(epoch, [...deletes, ...changes.puts], resized);
    });
  }

  async seal(epoch: number): Promise<Uint8Array> {
    this.#assertOpen();
    assert(epoch >= this.#sealedEpoch, `a seal of epoch ${epoch} after epoch ${this.#sealedEpoch} was sealed`);
    this.#sealedEpoch = epoch;
    const { inTurn, bounds, database, scope } = this.#options;
    // The turn comes after those of all writes before: the batch that flushes the ceiling is behind theirs.
    await inTurn(async () => bounds.raiseCeiling(epoch));
    return encodeHandle({ database, epoch, scope, sizes: this.#tally.seal(epoch), states: this.#states.names });
  }

  sealedBytes(epoch: number): number | undefined {
    return this.#tally.at(epoch);
  }

  async *export(epoch: number): AsyncGenerator<readonly StateEntry[], void, undefined> {
    this.#assertOpen();
    const { rows, bounds, scope, inTurn } = this.#options;
    const range = { from: groupKey(scope.keyGroups.first), to: groupKey(scope.keyGroups.last + 1) };
    const whileHeld: InTurn = (slice) =>
      inTurn(async () => {
        bounds.assertHolds(epoch, "export");
        return slice();
      });
    for await (const slice of exportRows(rows, epoch, range, whileHeld)) {
      const entries = slice.filter((entry) => isInScope(scope, entry.key));
      if (entries.length > 0) yield entries;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#options.inTurn(async () => undefined).catch(() => undefined);
  }

  #assertOpen(): void {
    this.#options.assertCurrent();
    assert(!this.#isClosed, `the store of "${this.#options.owner}" is used after it was closed`);
  }

  #assertOwn(changes: StateChanges): void {
    const { scope, owner } = this.#options;
    const isOwn = (key: Uint8Array): boolean => isInScope(scope, key);
    assert(changes.deletes.every(isOwn), `a delete of a key that "${owner}" does not own`);
    assert(
      changes.puts.every((entry) => isOwn(entry.key)),
      `a put of a key that "${owner}" does not own`,
    );
  }
}
