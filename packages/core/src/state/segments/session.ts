import { assert } from "../../assert.ts";
import type { Env } from "../../env/env.ts";
import { StateError } from "../../errors.ts";
import type {
  BackendSession,
  HeadStore,
  ManifestStore,
  RetainedEpoch,
  StateStore,
  StorageAudit,
  StoreOptions,
  StorePart,
  StateView,
  ViewOptions,
} from "../backend.ts";
import { KEY_GROUPS_MAX } from "../key-groups.ts";
import { decodeHandle } from "./handle-codec.ts";
import { type BasePart, loadBase } from "./load.ts";
import type { StoreScope } from "./scope.ts";
import { isSameScope } from "./scope.ts";
import type { SegmentIo } from "./segment-io.ts";
import { namesOf, SegmentStore } from "./store.ts";
import { scanTable } from "./slices.ts";
import { sweepable } from "./sweep.ts";

/** Names are deleted in slices of this many. */
const DELETES_MAX = 1_000;

/** Manifests that can also be deleted. */
export interface SweptManifestStore extends ManifestStore {
  /** A name that names nothing is no error. */
  delete(names: readonly string[]): Promise<void>;
}

/** What {@link segmentSession} is made of. */
export interface SegmentSessionOptions {
  readonly env: Env;
  readonly head: HeadStore;
  readonly manifests: SweptManifestStore;
  readonly segments: SegmentIo;
}

/** The session of a backend that keeps state in immutable segments. The medium below it only stores named bytes. */
export function segmentSession(options: SegmentSessionOptions): BackendSession {
  return new SegmentSession(options);
}

class SegmentSession implements BackendSession {
  readonly head: HeadStore;
  readonly manifests: ManifestStore;
  readonly #options: SegmentSessionOptions;
  #stores: readonly SegmentStore[] = [];
  #generation = 0;
  #restoredEpoch = 0;
  #isClosed = false;

  constructor(options: SegmentSessionOptions) {
    this.#options = options;
    this.head = options.head;
    this.manifests = options.manifests;
  }

  /** A restore starts from the handles of a checkpoint, so what was written later is invisible without being touched. */
  async rollback(epoch: number): Promise<void> {
    this.#assertOpen();
    assert(this.#openStores().length === 0, `a rollback to epoch ${epoch} while stores are open`);
    this.#restoredEpoch = epoch;
  }

  async openStore(options: StoreOptions): Promise<StateStore> {
    this.#assertOpen();
    const { env, segments: io } = this.#options;
    const { owner, generation, keyGroups, prefixes, parts } = options;
    this.#generation = Math.max(this.#generation, generation);
    const scope: StoreScope = { keyGroups, prefixes };
    const base = parts.map(basePart);
    const store = new SegmentStore({
      io,
      env,
      owner,
      generation,
      scope,
      restoredEpoch: this.#restoredEpoch,
      base,
      isForeign: parts.length > 0 && !isOwnChain(parts, scope),
      table: await loadBase(io, env, base, scope),
    });
    this.#stores = [...this.#openStores(), store];
    return store;
  }

  /** Every segment is on the medium when its seal resolves. */
  async flush(_epoch: number): Promise<void> {
    this.#assertOpen();
  }

  async openView({ parts }: ViewOptions): Promise<StateView> {
    this.#assertOpen();
    const { env, segments: io } = this.#options;
    const table = await loadBase(io, env, parts.map(basePart), EVERYTHING);
    return { scan: (range) => scanTable(table, range), close: async () => undefined };
  }

  async audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
    this.#assertOpen();
    const { segments, manifests } = this.#options;
    const needed = new Set(retained.map((checkpoint) => checkpoint.manifest));
    for (const name of segmentsOf(retained)) needed.add(name);
    const names = [...(await segments.list()), ...(await manifests.list())];
    const kept = new Set(needed);
    for (const store of this.#openStores()) for (const name of store.names()) kept.add(name);
    const position = { generation: this.#generation, restoredEpoch: this.#restoredEpoch };
    const orphaned = new Set(sweepable(names, kept, retained, position));
    const there = new Set(names);
    return {
      stored: names.length,
      referenced: names.filter((name) => needed.has(name)).length,
      pending: names.filter((name) => !needed.has(name) && !orphaned.has(name)),
      orphaned: [...orphaned],
      missing: await this.#missing([...needed].filter((name) => !there.has(name))),
    };
  }

  /** Those that really are not there: a list may lag behind. */
  async #missing(names: readonly string[]): Promise<readonly string[]> {
    const { segments, manifests } = this.#options;
    const missing: string[] = [];
    for (const name of names) {
      const bytes = (await segments.get(name)) ?? (await manifests.read(name));
      if (bytes === undefined) missing.push(name);
    }
    return missing;
  }

  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    this.#assertOpen();
    const { segments, manifests } = this.#options;
    const kept = new Set<string>(segmentsOf(retained));
    const position = { generation: this.#generation, restoredEpoch: this.#restoredEpoch };
    const found = await segments.list();
    // Only now: a seal that began while the names were listed may build upon what it found.
    for (const store of this.#openStores()) for (const name of store.names()) kept.add(name);
    await deleteInSlices(sweepable(found, kept, retained, position), (names) => segments.delete(names));

    const named = new Set(retained.map((checkpoint) => checkpoint.manifest));
    const old = sweepable(await manifests.list(), named, retained, position);
    await deleteInSlices(old, (names) => manifests.delete(names));

    const oldest = retained.reduce((epoch, checkpoint) => Math.min(epoch, checkpoint.epoch), Number.MAX_SAFE_INTEGER);
    if (retained.length > 0) for (const store of this.#openStores()) store.forget(oldest);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#openStores().map((store) => store.close()));
  }

  #openStores(): readonly SegmentStore[] {
    return this.#stores.filter((store) => !store.isClosed);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StateError("STATE_CLOSED", "Cannot use the state of the job: its session is closed");
  }
}

/** Any key of any stage. */
const EVERYTHING: StoreScope = { keyGroups: { first: 0, last: KEY_GROUPS_MAX - 1 }, prefixes: undefined };

function segmentsOf(retained: readonly RetainedEpoch[]): readonly string[] {
  return retained.flatMap(({ handles }) => handles.flatMap((handle) => namesOf(decodeHandle(handle).layers)));
}

function basePart(part: StorePart): BasePart {
  return { keyGroups: part.keyGroups, layers: decodeHandle(part.handle).layers };
}

/** Whether the only part is what a store of the very same keys has sealed: then its chain goes on. */
function isOwnChain(parts: readonly StorePart[], scope: StoreScope): boolean {
  const [part] = parts;
  if (part === undefined || parts.length > 1) return false;
  const sealed = decodeHandle(part.handle);
  return isSameScope(sealed.scope, scope) && isSameScope({ ...scope, keyGroups: part.keyGroups }, scope);
}

async function deleteInSlices(
  names: readonly string[],
  remove: (names: readonly string[]) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < names.length; start += DELETES_MAX) await remove(names.slice(start, start + DELETES_MAX));
}
