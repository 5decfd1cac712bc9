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
  StateView,
  ViewOptions,
} from "../backend.ts";
import { type Chain, chainOf } from "./chain.ts";
import { FoldQueue } from "./fold-queue.ts";
import { decodeHandle, namesOf } from "./handle-codec.ts";
import { SegmentMedium } from "./medium.ts";
import { ReadPins, scanSources } from "./read-pins.ts";
import { EVERYTHING, type StoreScope } from "./scope.ts";
import type { SegmentIo } from "./segment-io.ts";
import { SegmentStore } from "./store.ts";
import { sweepable } from "./sweep.ts";
import { DEFAULT_TUNING, type SegmentTuning } from "./tuning.ts";
import { warmUp } from "./warm-up.ts";

/** Names are deleted in slices of this many. */
const DELETES_MAX = 1_000;

/** Manifests that can also be deleted. */
export interface SweptManifestStore extends ManifestStore {
  /** A name that names nothing is no error. */
  delete(names: readonly string[]): Promise<void>;
}

/** What {@link segmentSession} is made of. */
export interface SegmentSessionOptions {
  /** For clocks, chance and turns. */
  readonly env: Env;
  /** The one record that decides. */
  readonly head: HeadStore;
  /** Where manifests lie. */
  readonly manifests: SweptManifestStore;
  /** Where segments lie. */
  readonly segments: SegmentIo;
  /** Limits, where they are not those of {@link DEFAULT_TUNING}. */
  readonly tuning?: Partial<SegmentTuning>;
  /** Asked before anything is deleted. */
  readonly mayDelete?: () => Promise<void>;
}

/** The session of a backend that keeps state in immutable segments. The medium below it only stores named bytes. */
export function segmentSession(options: SegmentSessionOptions): BackendSession {
  return new SegmentSession(options);
}

class SegmentSession implements BackendSession {
  readonly head: HeadStore;
  readonly manifests: ManifestStore;
  readonly #options: SegmentSessionOptions;
  readonly #medium: SegmentMedium;
  readonly #folds = new FoldQueue();
  readonly #merges = new FoldQueue();
  readonly #pins = new ReadPins();
  readonly #views = new Set<Chain>();
  #stores: readonly SegmentStore[] = [];
  #generation = 0;
  #restoredEpoch = 0;
  /** The newest epoch at which a store took the place of a closed one. */
  #reopenedAt = 0;
  #releases = 0;
  #isClosed = false;

  constructor(options: SegmentSessionOptions) {
    this.#options = options;
    this.#medium = new SegmentMedium(options.segments, options.env, { ...DEFAULT_TUNING, ...options.tuning });
    this.head = options.head;
    this.manifests = options.manifests;
  }

  /** A restore starts from the handles of a checkpoint, so what was written later is invisible without being touched. */
  async rollback(epoch: number): Promise<void> {
    this.#assertOpen();
    assert(this.#openStores().length === 0, `a rollback to epoch ${epoch} while stores are open`);
    this.#stores = [];
    this.#restoredEpoch = epoch;
  }

  async openStore(options: StoreOptions): Promise<StateStore> {
    this.#assertOpen();
    const { owner, generation, keyGroups, prefixes, parts, epoch: restoredEpoch = this.#restoredEpoch } = options;
    this.#generation = Math.max(this.#generation, generation);
    this.#medium.advance(generation, restoredEpoch);
    const scope: StoreScope = { keyGroups, prefixes };
    const medium = this.#medium;
    const chain = chainOf(medium, parts, scope);
    await this.#pins.hold(chain, () => Promise.all(chain.map((layer) => layer.open())));
    const shared = { medium, folds: this.#folds, merges: this.#merges, pins: this.#pins };
    const store = new SegmentStore({ ...shared, owner, generation, scope, restoredEpoch, chain });
    const others = this.#stores.filter((before) => !before.isClosed || before.owner !== owner);
    if (others.length < this.#stores.length) this.#reopenedAt = Math.max(this.#reopenedAt, restoredEpoch);
    this.#stores = [...others, store];
    void warmUp(this.#medium, chain, () => store.isClosed);
    return store;
  }

  async flush(epoch: number): Promise<void> {
    this.#assertOpen();
    await this.#medium.packs.flush(new Set(this.#openStores().flatMap((store) => store.namesAt(epoch))));
  }

  async openView({ parts }: ViewOptions): Promise<StateView> {
    this.#assertOpen();
    const chain = chainOf(this.#medium, parts, EVERYTHING);
    this.#views.add(chain);
    const scanning = { pins: this.#pins, pace: this.#medium.pace, isOnce: true };
    return {
      scan: (range) => scanSources(scanning, range, () => chain),
      close: async () => void this.#views.delete(chain),
    };
  }

  async audit(retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
    this.#assertOpen();
    const { segments, manifests } = this.#options;
    const needed = new Set(retained.map((checkpoint) => checkpoint.manifest));
    for (const name of segmentsOf(retained)) needed.add(name);
    const names = [...(await segments.list()), ...(await manifests.list())];
    const kept = new Set(needed);
    for (const name of this.#inUse()) kept.add(name);
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
      const isThere =
        (await segments.get(name, { offset: 0, length: 1 })) !== undefined ||
        (await manifests.read(name)) !== undefined;
      if (!isThere) missing.push(name);
    }
    return missing;
  }

  async release(retained: readonly RetainedEpoch[]): Promise<void> {
    this.#assertOpen();
    const epochs = new Set(retained.map(({ epoch }) => epoch));
    if (epochs.size > 0) for (const store of this.#openStores()) store.forget(epochs);
    this.#medium.packs.keep(new Set(this.#inUse()));
    // The first one takes what a crash left; from then on garbage is gathered, so that deleting costs few requests.
    const isDue = this.#releases++ % this.#medium.tuning.cleanUpEvery === 0;
    if (isDue) await this.#cleanUp(retained);
  }

  async #cleanUp(retained: readonly RetainedEpoch[]): Promise<void> {
    const { segments, manifests, mayDelete } = this.#options;
    await mayDelete?.();
    const kept = new Set<string>(segmentsOf(retained));
    const position = { generation: this.#generation, restoredEpoch: this.#restoredEpoch };
    const found = await segments.list();
    // Only now: a seal that began while the names were listed may build upon what it found.
    if (!this.#knowsWhatIsBehind(retained)) return;
    for (const name of this.#inUse()) kept.add(name);
    await deleteInSlices(sweepable(found, kept, retained, position), (names) => segments.delete(names));
    const named = new Set(retained.map((checkpoint) => checkpoint.manifest));
    const old = sweepable(await manifests.list(), named, retained, position);
    await deleteInSlices(old, (names) => manifests.delete(names));
  }

  /**
   * Whether somebody knows what checkpoints build upon that completed since the clean-up was asked for: nobody does when stores
   * have been closed, and one that took the place of a closed store knows of what it was opened at. A later clean-up takes what is
   * left.
   */
  #knowsWhatIsBehind(retained: readonly RetainedEpoch[]): boolean {
    const newest = Math.max(0, ...retained.map(({ epoch }) => epoch));
    return !this.#isClosed && newest >= this.#reopenedAt && !this.#stores.some((store) => store.isClosed);
  }

  /** The objects that open stores, views, readers and folds of this session may still read or name. */
  #inUse(): readonly string[] {
    return [
      ...this.#openStores().flatMap((store) => store.names()),
      ...[...this.#views].flatMap(namesOf),
      ...this.#pins.names(),
    ];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#openStores().map((store) => store.close()));
    await Promise.all([this.#folds.idle(), this.#merges.idle()]);
  }

  #openStores(): readonly SegmentStore[] {
    return this.#stores.filter((store) => !store.isClosed);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StateError("STATE_CLOSED", "Cannot use the state of the job: its session is closed");
  }
}

function segmentsOf(retained: readonly RetainedEpoch[]): readonly string[] {
  return retained.flatMap(({ handles }) => handles.flatMap((handle) => namesOf(decodeHandle(handle).layers)));
}

async function deleteInSlices(
  names: readonly string[],
  remove: (names: readonly string[]) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < names.length; start += DELETES_MAX) await remove(names.slice(start, start + DELETES_MAX));
}
