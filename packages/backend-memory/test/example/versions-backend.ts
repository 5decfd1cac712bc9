import {
  type BackendJob,
  type BackendSession,
  type HeadVersion,
  type RetainedEpoch,
  type StateBackend,
} from "@tidemark/core";
import {
  StateError,
  type StateStore,
  type StateView,
  type StorageAudit,
  type StoreOptions,
  type ViewOptions,
} from "@tidemark/core";
import { decodeHandle, isIn } from "./scope.ts";
import { VersionStore } from "./version-store.ts";
import { textOf, type VersionSpace } from "./version-space.ts";

/** A backend that keeps every version of a value which a retained checkpoint may ask for. */
export function versions(space: VersionSpace): StateBackend {
  return {
    name: "versions",
    capabilities: { durable: false, largerThanMemory: false, syncReads: true, sharedAccess: false },
    open: async (job) => new VersionSession(space, job),
  };
}

class VersionSession implements BackendSession {
  readonly #space: VersionSpace;
  readonly #job: string;
  readonly #opening: number;
  #generation = 0;
  #restoredEpoch = Infinity;

  constructor(space: VersionSpace, job: BackendJob) {
    if (space.job !== undefined && space.job !== job.name) {
      throw new StateError("STATE_FOREIGN_JOB", `Cannot open versions for job "${job.name}": it is of "${space.job}"`);
    }
    this.#space = space;
    this.#job = job.name;
    this.#opening = ++space.openings;
  }

  readonly head = {
    read: async (): Promise<HeadVersion | undefined> => this.#space.head,
    compareAndSet: async (expected: string | undefined, bytes: Uint8Array): Promise<string | undefined> => {
      this.#assertNewest();
      if (this.#space.head?.tag !== expected) return undefined;
      const tag = String(Number(expected ?? 0) + 1);
      this.#space.job = this.#job;
      this.#space.head = { tag, bytes };
      return tag;
    },
  };

  readonly manifests = {
    write: async (name: string, bytes: Uint8Array): Promise<void> => {
      this.#assertNewest();
      const found = this.#space.manifests.get(name);
      if (found !== undefined && textOf(found) !== textOf(bytes)) {
        throw new StateError("STATE_IO", `Cannot write manifest "${name}": there is another one of that name`);
      }
      this.#space.manifests.set(name, bytes);
    },
    read: async (name: string): Promise<Uint8Array | undefined> => this.#space.manifests.get(name),
    list: async (): Promise<readonly string[]> => [...this.#space.manifests.keys()],
  };

  async rollback(epoch: number): Promise<void> {
    this.#assertNewest();
    this.#space.rollback(epoch);
    this.#restoredEpoch = epoch;
  }

  async openStore(options: StoreOptions): Promise<StateStore> {
    this.#assertNewest();
    this.#generation = Math.max(this.#generation, options.generation);
    const { parts, epoch = this.#restoredEpoch } = options;
    const restored = parts.map(({ handle }) => decodeHandle(handle, epoch));
    const store = new VersionStore(this.#space, options, () => this.#assertNewest());
    store.goBack(epoch);
    // What no part holds starts empty: an operator that comes back finds nothing of what it once had.
    store.deleteAll(epoch + 1, (key) => !restored.some((scope) => isIn(scope, key)));
    return store;
  }

  async flush(epoch: number): Promise<void> {
    this.#assertNewest();
    // On a disk: one sync for all stores. A job that keeps no state has none, and goes back to its checkpoints too.
    this.#space.seal(epoch);
  }

  async openView({ epoch, parts }: ViewOptions): Promise<StateView> {
    const space = this.#space;
    space.assertHeld(epoch);
    const scopes = parts.map(({ keyGroups, handle }) => ({ keyGroups, sealed: decodeHandle(handle, epoch) }));
    const isHeld = (key: string): boolean =>
      scopes.some(({ keyGroups, sealed }) => isIn({ keyGroups }, key) && isIn(sealed, key));
    return {
      scan: (range) => space.slices(space.keysIn(range).filter(isHeld), epoch),
      close: async () => undefined,
    };
  }

  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    this.#assertNewest();
    for (const name of this.#orphans(retained)) this.#space.manifests.delete(name);
    if (retained.length > 0) this.#space.release(Math.min(...retained.map(({ epoch }) => epoch)));
  }

  async audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
    const stored = await this.manifests.list();
    const needed = retained.map(({ manifest }) => manifest);
    const orphaned = this.#orphans(retained);
    return {
      stored: stored.length,
      referenced: stored.filter((name) => needed.includes(name)).length,
      pending: stored.filter((name) => !needed.includes(name) && !orphaned.includes(name)),
      orphaned,
      missing: needed.filter((name) => !stored.includes(name)),
    };
  }

  async close(): Promise<void> {
    // Nothing is under way, and nothing may depend on its being called.
  }

  /** Of manifests `<generation>-<epoch>`: not retained, and up to the newest epoch, or of a generation that was rolled back. */
  #orphans(retained: readonly RetainedEpoch[]): readonly string[] {
    const newest = Math.max(0, ...retained.map(({ epoch }) => epoch));
    return [...this.#space.manifests.keys()].filter((name) => {
      const [, generation, epoch] = /^(\d+)-(\d+)/.exec(name)?.map(Number) ?? [];
      if (generation === undefined || epoch === undefined) return false;
      if (retained.some(({ manifest }) => manifest === name)) return false;
      return epoch <= newest || (generation < this.#generation && epoch > this.#restoredEpoch);
    });
  }

  #assertNewest(): void {
    if (this.#opening === this.#space.openings) return;
    throw new StateError("STATE_CLOSED", "Cannot use this session of versions: a newer one was opened");
  }
}
