import {
  type BackendSession,
  type HeadStore,
  type KeyRange,
  type RetainedEpoch,
  StateError,
  type StateStore,
  type StateView,
  type StorageAudit,
  type StoreOptions,
  type ViewOptions,
} from "@tidemark/core";
import { assert, concatBytes, prefixRange, type StoreScope, sweepable } from "@tidemark/core/internal";
import type { Bounds } from "./bounds.ts";
import { Cleanup } from "./cleanup.ts";
import { leftFiles } from "./files/stray-files.ts";
import { headRow } from "./head-row.ts";
import { isSealedIn, openHandle, type SealedStore } from "./level-handle.ts";
import type { LevelRows } from "./level-rows.ts";
import type { LevelFiles } from "./open-level.ts";
import { LevelStore } from "./level-store.ts";
import { ManifestRows } from "./manifest-rows.ts";
import { dropImages, emptyRows, type InTurn, undoAbove } from "./rollback.ts";
import { auditRows } from "./audit.ts";
import { levelView } from "./level-view.ts";
import { groupKey } from "./row-keys.ts";
import type { SerialQueue } from "./serial-queue.ts";

/** What a {@link LevelSession} is made of. */
export interface LevelSessionOptions {
  readonly rows: LevelRows;
  readonly bounds: Bounds;
  /** `undefined` for a database that was given. */
  readonly files: LevelFiles | undefined;
  /** The number of the database, from its job row. */
  readonly database: number;
  /** One for all sessions of the database. */
  readonly queue: SerialQueue;
  readonly onClose: () => Promise<void>;
}

/** One opening of a job's database. A newer one in the same process ends it: see {@link supersede}. */
export class LevelSession implements BackendSession {
  readonly head: HeadStore;
  readonly manifests: ManifestRows;
  readonly #options: LevelSessionOptions;
  #stores: readonly LevelStore[] = [];
  #generation = 0;
  #restoredEpoch: number | undefined = undefined;
  #newestEpoch = 0;
  readonly #cleanup = new Cleanup();
  #hasSweptFiles = false;
  #end: string | undefined = undefined;

  constructor(options: LevelSessionOptions) {
    this.#options = options;
    this.head = headRow(options.rows, this.#inTurn, options.files?.witness);
    this.manifests = new ManifestRows(options.rows, this.#inTurn);
  }

  /** Ends the session: from now on it changes nothing, not even with a write that is under way. */
  supersede(): void {
    this.#end ??= "a newer session has the database";
  }

  async rollback(epoch: number): Promise<void> {
    this.#assertCurrent();
    assert(this.#openStores().length === 0, `a rollback to epoch ${epoch} while stores are open`);
    const { rows, bounds } = this.#options;
    await this.#inTurn(async () => {
      if (epoch > 0) bounds.assertHolds(epoch, "roll back to");
      await bounds.lowerCeiling(epoch);
    });
    if (epoch === 0) await emptyRows(rows, this.#inTurn);
    else await undoAbove(rows, epoch, this.#inTurn);
    this.#restoredEpoch = epoch;
    this.#newestEpoch = epoch;
  }

  async openStore(options: StoreOptions): Promise<StateStore> {
    this.#assertCurrent();
    const { rows, bounds, database } = this.#options;
    const { owner, generation, keyGroups, prefixes, parts, epoch } = options;
    assert(this.#restoredEpoch !== undefined, `the store of "${owner}" is opened before a rollback`);
    const restoredEpoch = epoch ?? this.#restoredEpoch;
    if (epoch !== undefined) await this.#undoOwn({ keyGroups, prefixes }, epoch);
    const sealed = parts.map((part) => ({
      ...openHandle(part.handle, { database, epoch: restoredEpoch }, rows.name),
      counts: part.keyGroups,
    }));
    this.#generation = Math.max(this.#generation, generation);
    const store = new LevelStore({
      rows,
      bounds,
      owner,
      scope: { keyGroups, prefixes },
      database,
      restoredEpoch,
      newestEpoch: this.#newestEpoch,
      inTurn: this.#inTurn,
      sealed,
      assertCurrent: this.#assertCurrent,
      onWrite: this.#noteWrite,
    });
    if (restoredEpoch > 0) await deleteUnsealed(store, options, sealed, restoredEpoch + 1);
    this.#stores = [...this.#openStores(), store];
    return store;
  }

  /** Other stores go on meanwhile: each slice has its turn between their writes, and touches none of their rows. */
  async #undoOwn(scope: StoreScope, epoch: number): Promise<void> {
    const { rows, bounds } = this.#options;
    if (epoch > 0) await this.#inTurn(async () => bounds.assertHolds(epoch, "take a store back to"));
    await undoAbove(rows, epoch, this.#inTurn, scope);
  }

  /**
   * One batch behind those of all stores, synced: it takes them along to the disk. Before the first one all tables are
   * checked that were there at the opening: no checkpoint rests upon a damaged one. A job that keeps no state has no store
   * that would have sealed the epoch.
   */
  async flush(epoch: number): Promise<void> {
    this.#assertCurrent();
    const { bounds, files } = this.#options;
    await files?.tables.finished();
    await this.#inTurn(() => {
      bounds.raiseCeiling(epoch);
      return bounds.flush();
    });
  }

  async openView(options: ViewOptions): Promise<StateView> {
    this.#assertCurrent();
    const { rows, bounds, database } = this.#options;
    return levelView({ rows, bounds, database, inTurn: this.#inTurn }, options);
  }

  async audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
    this.#assertCurrent();
    await this.#cleanup.settled();
    const manifests = await this.manifests.list();
    const restoredEpoch = this.#restoredEpoch ?? Number.MAX_SAFE_INTEGER;
    const position = { generation: this.#generation, restoredEpoch };
    return auditRows({ ...this.#options, manifests, position }, retained);
  }

  /**
   * Images go behind its back, slice by slice, each when its turn comes between the writes. If those of the checkpoint
   * before are still going, it waits for them: TRG-06, RET-05.
   */
  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    this.#assertCurrent();
    await this.#cleanup.settled();
    const [first, ...others] = retained;
    if (first !== undefined) {
      const oldest = others.reduce((epoch, checkpoint) => Math.min(epoch, checkpoint.epoch), first.epoch);
      await this.#inTurn(() => this.#options.bounds.raiseFloor(oldest));
      this.#cleanup.begin(() => this.#dropImagesUpTo(oldest));
    }
    const kept = new Set(retained.map((checkpoint) => checkpoint.manifest));
    const position = { generation: this.#generation, restoredEpoch: this.#restoredEpoch ?? Number.MAX_SAFE_INTEGER };
    await this.manifests.delete(sweepable(await this.manifests.list(), kept, retained, position));
    await this.#inTurn(() => this.#sweepFiles());
  }

  async close(): Promise<void> {
    // Whoever starts, takes one checkpoint and closes, again and again, would otherwise leave more each time.
    await this.#cleanup.settled().catch(() => undefined);
    if (this.#end !== undefined) return;
    this.#end = "it was closed";
    await this.#options.queue.idle();
    await this.#options.onClose();
  }

  /** What an earlier process left of its own files. In a turn of its own: the witness is not being written then. */
  async #sweepFiles(): Promise<void> {
    const { files } = this.#options;
    if (files === undefined || this.#hasSweptFiles || !files.tables.isFinished) return;
    for (const file of (await leftFiles(files)).orphaned) await files.directory.remove(file);
    this.#hasSweptFiles = true;
  }

  async #dropImagesUpTo(epoch: number): Promise<void> {
    try {
      const { rows, bounds } = this.#options;
      await dropImages(rows, { above: bounds.cleanEpoch, upTo: epoch }, this.#inTurn);
      bounds.noteClean(epoch);
    } catch (error) {
      // A newer session has the rows, and cleans them up itself.
      if (this.#end === undefined) throw error;
    }
  }

  /** Runs one slice of work when its turn comes, if the session is still the newest then. */
  readonly #inTurn: InTurn = (slice) =>
    this.#options.queue.run(async () => {
      this.#assertCurrent();
      return slice();
    });

  readonly #assertCurrent = (): void => {
    if (this.#end === undefined) return;
    throw new StateError("STATE_CLOSED", `Cannot use this session of ${this.#options.rows.name}: ${this.#end}`);
  };

  readonly #noteWrite = (epoch: number): void => {
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch);
  };

  #openStores(): readonly LevelStore[] {
    return this.#stores.filter((store) => !store.isClosed);
  }
}

/**
 * What no part holds starts empty. Where an operator comes back that an older version of the job had, its rows may still
 * be there: they are deleted in the first epoch, so that the old checkpoint still has them. Without prefixes the rows may
 * be another stage's, and nothing is deleted.
 */
async function deleteUnsealed(
  store: LevelStore,
  { keyGroups, prefixes = [] }: StoreOptions,
  sealed: readonly SealedStore[],
  epoch: number,
): Promise<void> {
  const rangeDeletes: KeyRange[] = [];
  for (let group = keyGroups.first; group <= keyGroups.last; group++) {
    for (const prefix of prefixes) {
      if (sealed.some(({ scope }) => isSealedIn(scope, group, prefix))) continue;
      rangeDeletes.push(prefixRange(concatBytes([groupKey(group), prefix])));
    }
  }
  if (rangeDeletes.length > 0) await store.deleteForeign(epoch, rangeDeletes);
}
