import { assert } from "../../assert.ts";
import type { Env } from "../../env/env.ts";
import { CheckpointError, StateError } from "../../errors.ts";
import type { KeyRange, StateChanges, StateEntry, StateStore } from "../backend.ts";
import { ALL_KEYS } from "../key-range.ts";
import { addChanges, applyChanges, type Change, type Delta, emptyDelta, isEmptyDelta } from "./delta.ts";
import { encodeHandle, type Layer } from "./handle-codec.ts";
import { type BasePart, loadBase } from "./load.ts";
import type { SegmentIo } from "./segment-io.ts";
import { isInScope, type StoreScope } from "./scope.ts";
import { scanTable, sliceOf } from "./slices.ts";
import type { SortedTable } from "./sorted-table.ts";
import { type LayerContent, writeLayer } from "./write-layer.ts";

/** A seal that would make the chain longer than this writes the whole state as one layer instead. */
export const LAYERS_MAX = 8;

/** Sealed epochs that a store can export, if it is never told that older ones were released. */
const SEALED_EPOCHS_MAX = 1_024;

/** What a {@link SegmentStore} is made of. */
export interface SegmentStoreOptions {
  readonly io: SegmentIo;
  readonly env: Env;
  readonly owner: string;
  readonly generation: number;
  readonly scope: StoreScope;
  /** The epoch that was restored; 0 if none. Writes come after it. */
  readonly restoredEpoch: number;
  /** What the restored state is put together from. */
  readonly base: readonly BasePart[];
  /** Whether the first seal must write everything, since `base` is not this store's own chain. */
  readonly isForeign: boolean;
  readonly table: SortedTable<Uint8Array>;
}

/**
 * A store over immutable segments: the newest state in a sorted table, the changes of unsealed epochs beside it, and the
 * chain of layers that holds everything sealed.
 */
export class SegmentStore implements StateStore {
  readonly #options: SegmentStoreOptions;
  readonly #table: SortedTable<Uint8Array>;
  readonly #sealed = new Map<number, readonly BasePart[]>();
  readonly #writing = new Set<string>();
  /** Changes that no layer holds yet, oldest epoch first. */
  #unsealed: Delta[] = [];
  #base: readonly BasePart[];
  #isForeign: boolean;
  #closedEpoch: number;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#base = options.base;
    this.#isForeign = options.isForeign;
    this.#closedEpoch = options.restoredEpoch;
    if (options.restoredEpoch > 0) this.#sealed.set(options.restoredEpoch, options.base);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    this.#assertOpen();
    return keys.map((key) => this.#table.get(key));
  }

  readSync(key: Uint8Array): Uint8Array | undefined {
    this.#assertOpen();
    return this.#table.get(key);
  }

  scan(range: KeyRange): AsyncIterable<readonly StateEntry[]> {
    this.#assertOpen();
    return scanTable(this.#table, range);
  }

  async write(epoch: number, changes: StateChanges): Promise<void> {
    this.#assertOpen();
    this.#assertOwn(changes);
    assert(epoch > this.#closedEpoch, `a write to epoch ${epoch} after epoch ${this.#closedEpoch} was sealed`);
    const newest = this.#unsealed.at(-1);
    assert(newest === undefined || newest.epoch <= epoch, `a write to epoch ${epoch} after one to ${newest?.epoch}`);
    let delta = newest;
    if (delta === undefined || delta.epoch !== epoch) {
      delta = emptyDelta(epoch);
      this.#unsealed.push(delta);
    }
    addChanges(delta, changes);
    applyChanges(this.#table, changes);
  }

  async seal(epoch: number): Promise<Uint8Array> {
    this.#assertOpen();
    assert(epoch >= this.#closedEpoch, `a seal of epoch ${epoch} after epoch ${this.#closedEpoch} was sealed`);
    this.#closedEpoch = epoch;
    const sealing = this.#last.then(() => this.#seal(epoch));
    this.#last = sealing.catch(() => undefined);
    return sealing;
  }

  async *export(epoch: number): AsyncGenerator<readonly StateEntry[], void, undefined> {
    this.#assertOpen();
    const { io, env, scope } = this.#options;
    const base = this.#sealed.get(epoch);
    if (base === undefined) {
      throw new CheckpointError(
        "CHECKPOINT_MISSING",
        `Cannot export epoch ${epoch}: it is not sealed, or was released`,
        {
          details: { epoch },
        },
      );
    }
    yield* scanTable(await loadBase(io, env, base, scope), ALL_KEYS);
  }

  /** The names of all segments that this store builds upon or is writing: no sweep may touch them. */
  names(): readonly string[] {
    const names = [...this.#writing];
    for (const part of this.#base) names.push(...namesOf(part.layers));
    return names;
  }

  /** Told that no epoch before `oldest` will be exported any more. */
  forget(oldest: number): void {
    for (const epoch of this.#sealed.keys()) if (epoch < oldest) this.#sealed.delete(epoch);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #seal(epoch: number): Promise<Uint8Array> {
    const { scope } = this.#options;
    const count = this.#unsealed.filter((delta) => delta.epoch <= epoch).length;
    const delta = await this.#merged(epoch, count);
    if (this.#isForeign) {
      this.#base = await this.#fold(delta);
      this.#isForeign = false;
    } else if (!isEmptyDelta(delta)) {
      const layers = this.#layers();
      this.#base =
        layers.length < LAYERS_MAX
          ? [{ keyGroups: scope.keyGroups, layers: [...layers, await this.#write(epoch, delta)] }]
          : await this.#fold(delta);
    }
    this.#unsealed.splice(0, count);
    this.#sealed.set(epoch, this.#base);
    for (const old of this.#sealed.keys()) if (this.#sealed.size > SEALED_EPOCHS_MAX) this.#sealed.delete(old);
    return encodeHandle({ epoch, scope, layers: this.#layers() });
  }

  /** The unsealed changes up to `epoch` as one delta. They stay where they are until a layer holds them. */
  async #merged(epoch: number, count: number): Promise<Delta> {
    const [first] = this.#unsealed;
    if (first !== undefined && count === 1) return first;
    const merged = emptyDelta(epoch);
    for (const delta of this.#unsealed.slice(0, count)) await overlay(merged, delta, this.#options.env);
    return merged;
  }

  /** Writes the whole state as of `delta` as one layer that needs no other. */
  async #fold(delta: Delta): Promise<readonly BasePart[]> {
    const { io, env, scope } = this.#options;
    const table: SortedTable<Change> = await loadBase(io, env, this.#base, scope);
    await overlay({ epoch: delta.epoch, ranges: [], entries: table }, delta, env, "drop");
    const layer = await this.#write(delta.epoch, { ranges: [], entries: table });
    return [{ keyGroups: scope.keyGroups, layers: layer.pieces.length === 0 ? [] : [layer] }];
  }

  async #write(epoch: number, content: LayerContent): Promise<Layer> {
    const { io, env, owner, generation } = this.#options;
    this.#writing.clear();
    const onName = (name: string): unknown => this.#writing.add(name);
    return writeLayer({ io, env, owner, generation, epoch, onName }, content);
  }

  #layers(): readonly Layer[] {
    assert(this.#base.length <= 1, "a chain of layers that was not folded");
    return this.#base[0]?.layers ?? [];
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    throw new StateError("STATE_CLOSED", `Cannot use the store of "${this.#options.owner}": it is closed`);
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

/** All segments of a chain. */
export function namesOf(layers: readonly Layer[]): readonly string[] {
  return layers.flatMap((layer) => layer.pieces.map((piece) => piece.name));
}

/** Puts `delta` on top of `under`. Deletes are kept as such, or drop the entry where nothing lies below. */
async function overlay(under: Delta, delta: Delta, env: Env, deletes: "keep" | "drop" = "keep"): Promise<void> {
  for (const range of delta.ranges) {
    under.entries.deleteRange(range.from, range.to);
    under.ranges.push(range);
  }
  let from: Uint8Array = new Uint8Array(0);
  for (let after = false; ; after = true) {
    const slice = sliceOf<Change>(delta.entries, from, after);
    const last = slice.at(-1);
    if (last === undefined) return;
    from = last.key;
    for (const { key, value } of slice) {
      if (value === null && deletes === "drop") under.entries.delete(key);
      else under.entries.set(key, value);
    }
    await env.turn();
  }
}
