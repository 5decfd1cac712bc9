import {
  type BackendSession,
  type HeadStore,
  type ManifestStore,
  type RetainedEpoch,
  StateError,
  type StateStore,
  type StateView,
  type StorageAudit,
  type StoreOptions,
  type ViewOptions,
} from "@tidemark/core";
import { assert, EVERYTHING, sweepable, type StoreScope } from "@tidemark/core/internal";
import { memoryHead, memoryManifests } from "./memory-records.ts";
import type { MemorySpace } from "./memory-space.ts";
import { MemoryStore } from "./memory-store.ts";
import { slicesOf } from "./packed.ts";
import { decodeHandle, entriesOf } from "./snapshot.ts";

/** A session on a space. What a session of an older generation still does reaches nothing that a newer one sees. */
export class MemorySession implements BackendSession {
  readonly head: HeadStore;
  readonly manifests: ManifestStore;
  readonly #space: MemorySpace;
  #stores: readonly MemoryStore[] = [];
  #generation = 0;
  #restoredEpoch = 0;
  #isClosed = false;

  constructor(space: MemorySpace, jobName: string) {
    this.#space = space;
    this.head = memoryHead(space, jobName);
    this.manifests = memoryManifests(space);
  }

  /** A restore starts from the snapshots of a checkpoint, so what was written later is invisible without being touched. */
  async rollback(epoch: number): Promise<void> {
    this.#assertOpen();
    assert(
      this.#stores.every(({ isClosed }) => isClosed),
      `a rollback to epoch ${epoch} while stores are open`,
    );
    this.#restoredEpoch = epoch;
  }

  /** As after a rollback: the parts are snapshots, so what was written to these keys since is invisible. */
  async openStore(options: StoreOptions): Promise<StateStore> {
    this.#assertOpen();
    const { owner, generation, keyGroups, prefixes, parts, epoch: restoredEpoch = this.#restoredEpoch } = options;
    this.#generation = Math.max(this.#generation, generation);
    const scope: StoreScope = { keyGroups, prefixes };
    const entries = await entriesOf(this.#space.snapshots, parts, scope);
    const store = new MemoryStore({ space: this.#space, owner, generation, scope, restoredEpoch, entries });
    this.#stores = [...this.#stores.filter(({ isClosed }) => !isClosed), store];
    return store;
  }

  async flush(): Promise<void> {
    this.#assertOpen();
  }

  async openView({ parts }: ViewOptions): Promise<StateView> {
    this.#assertOpen();
    const entries = await entriesOf(this.#space.snapshots, parts, EVERYTHING);
    return { scan: (range) => slicesOf(() => entries, range), close: async () => undefined };
  }

  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    this.#assertOpen();
    const epochs = new Set(retained.map(({ epoch }) => epoch));
    if (epochs.size > 0) for (const store of this.#stores) store.forget(epochs);
    for (const name of this.#orphans(retained)) {
      this.#space.snapshots.delete(name);
      this.#space.manifests.delete(name);
    }
  }

  async audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
    this.#assertOpen();
    const stored = this.#names();
    const needed = neededBy(retained);
    const orphaned = this.#orphans(retained);
    const others = new Set([...needed, ...orphaned]);
    return {
      stored: stored.length,
      referenced: stored.filter((name) => needed.has(name)).length,
      pending: stored.filter((name) => !others.has(name)),
      orphaned,
      missing: [...needed].filter((name) => !stored.includes(name)),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#stores.map((store) => store.close()));
  }

  #names(): readonly string[] {
    return [...this.#space.snapshots.keys(), ...this.#space.manifests.keys()];
  }

  #orphans(retained: readonly RetainedEpoch[]): readonly string[] {
    const position = { generation: this.#generation, restoredEpoch: this.#restoredEpoch };
    return sweepable(this.#names(), neededBy(retained), retained, position);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StateError("STATE_CLOSED", "Cannot use the state of the job: its session is closed");
  }
}

/** The names of what checkpoints are made of. */
function neededBy(retained: readonly RetainedEpoch[]): ReadonlySet<string> {
  return new Set(retained.flatMap(({ manifest, handles }) => [manifest, ...handles.map(decodeHandle)]));
}
