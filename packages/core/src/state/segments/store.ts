import { assert } from "../../assert.ts";
import { CheckpointError, StateError } from "../../errors.ts";
import type { KeyRange, ScanOptions, StateChanges, StateEntry, StateStore } from "../backend.ts";
import { ALL_KEYS } from "../key-range.ts";
import { type Chain, findNowIn, inlineTail, onTopOf, readAll } from "./chain.ts";
import { Delta } from "./delta.ts";
import { encodeDelta, LayerWriter } from "./encode-layer.ts";
import { Folder } from "./folder.ts";
import type { FoldQueue } from "./fold-queue.ts";
import { encodeHandle, namesOf } from "./handle-codec.ts";
import { Layer } from "./layer.ts";
import type { SegmentMedium } from "./medium.ts";
import { type ReadPins, type Scanning, scanSources } from "./read-pins.ts";
import { isInScope, type StoreScope } from "./scope.ts";
import { lastly } from "../../lastly.ts";

/** Sealed epochs that a store can export, if it is never told that older ones were released. */
const SEALED_EPOCHS_MAX = 1_024;

/** Layers that stand in the handle at its end. */
const INLINE_LAYERS_MAX = 8;

/** What a {@link SegmentStore} is made of. */
export interface SegmentStoreOptions {
  readonly medium: SegmentMedium;
  readonly folds: FoldQueue;
  readonly pins: ReadPins;
  readonly owner: string;
  readonly generation: number;
  readonly scope: StoreScope;
  /** The epoch that was restored; 0 if none. Writes come after it. */
  readonly restoredEpoch: number;
  /** What the restored state is put together from. */
  readonly chain: Chain;
}

/** Changes that are not sealed yet: in memory, or encoded since they became too many. */
interface Unsealed {
  readonly epoch: number;
  content: Delta | Layer;
  encoding: Promise<void> | undefined;
}

/**
 * A store over immutable segments: changes of unsealed epochs in memory, and below them the chain of layers that holds
 * everything sealed, read by range.
 */
export class SegmentStore implements StateStore {
  /** As the contract says, of a medium that holds everything in memory. */
  readonly readSync?: (key: Uint8Array) => Uint8Array | undefined;
  readonly #options: SegmentStoreOptions;
  readonly #folder: Folder;
  readonly #sealed = new Map<number, Chain>();
  /** Of the layers that a spill, and a seal, are making and that nothing names yet. */
  readonly #spilling = new Set<LayerWriter>();
  readonly #sealing = new Set<LayerWriter>();
  #unsealed: Unsealed[] = [];
  #closedEpoch: number;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    const { medium, restoredEpoch, chain } = options;
    this.#folder = new Folder(options);
    this.#closedEpoch = restoredEpoch;
    if (restoredEpoch > 0) this.#sealed.set(restoredEpoch, chain);
    if (medium.io.resident !== undefined) {
      this.readSync = (key) => {
        this.#assertOpen();
        return findNowIn(this.#sources(), key)?.slice();
      };
    }
  }

  get owner(): string {
    return this.#options.owner;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async read(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    this.#assertOpen();
    const sources = this.#sources();
    const { pins, medium } = this.#options;
    return pins.hold(sources, () => readAll(sources, keys, medium.pace));
  }

  scan(range: KeyRange, { once = false }: ScanOptions = {}): AsyncIterable<readonly StateEntry[]> {
    this.#assertOpen();
    return scanSources(this.#scanning(once), range, () => this.#sources());
  }

  async write(epoch: number, changes: StateChanges): Promise<void> {
    this.#assertOpen();
    this.#assertOwn(changes);
    assert(epoch > this.#closedEpoch, `a write to epoch ${epoch} after epoch ${this.#closedEpoch} was sealed`);
    const newest = this.#unsealed.at(-1);
    assert(newest === undefined || newest.epoch <= epoch, `a write to epoch ${epoch} after one to ${newest?.epoch}`);
    const delta = this.#openDelta(epoch);
    delta.add(changes);
    if (delta.sizeBytes < this.#options.medium.tuning.spillBytes) return;
    const before = this.#unsealed.at(-2)?.encoding;
    this.#spill(this.#unsealed.at(-1) as Unsealed);
    if (before !== undefined) await before;
    await this.#options.medium.packs.room();
  }

  async seal(epoch: number): Promise<Uint8Array> {
    this.#assertOpen();
    assert(epoch >= this.#closedEpoch, `a seal of epoch ${epoch} after epoch ${this.#closedEpoch} was sealed`);
    this.#closedEpoch = epoch;
    const sealed = this.#last.then(() => this.#seal(epoch));
    const sealing = lastly(sealed, () => this.#sealing.clear());
    this.#last = sealing.catch(() => undefined);
    return sealing;
  }

  sealedBytes(epoch: number): number | undefined {
    return this.#sealed.get(epoch)?.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  }

  async *export(epoch: number): AsyncGenerator<readonly StateEntry[], void, undefined> {
    this.#assertOpen();
    const chain = this.#sealed.get(epoch);
    if (chain === undefined) {
      const message = `Cannot export epoch ${epoch}: it is not sealed, or was released`;
      throw new CheckpointError("CHECKPOINT_MISSING", message, { details: { epoch } });
    }
    yield* scanSources(this.#scanning(true), ALL_KEYS, () => chain);
  }

  /** The names of all objects that this store builds upon or that a pending checkpoint of it names. */
  names(): readonly string[] {
    const encoded = this.#unsealed.flatMap(({ content }) => (content instanceof Layer ? [content] : []));
    const pending = [...this.#sealed.values()].flat();
    const begun = [...this.#spilling, ...this.#sealing].flatMap((writer) => writer.names);
    return [...begun, ...this.#folder.names(), ...namesOf([...this.#folder.chain, ...encoded, ...pending])];
  }

  /** The objects that the handle of an epoch names. */
  namesAt(epoch: number): readonly string[] {
    return namesOf(this.#sealed.get(epoch) ?? []);
  }

  /** Told which epochs are retained: of those up to the newest, no other will be exported or complete any more. */
  forget(retained: ReadonlySet<number>): void {
    const newest = Math.max(...retained);
    for (const epoch of this.#sealed.keys()) if (epoch <= newest && !retained.has(epoch)) this.#sealed.delete(epoch);
  }

  /** Waits for the fold that is due, if one is. */
  async folded(): Promise<void> {
    await this.#folder.wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#folder.stop();
    await this.#last;
    await Promise.allSettled(this.#unsealed.flatMap(({ encoding }) => encoding ?? []));
  }

  #scanning(isOnce: boolean): Scanning {
    const { pins, medium } = this.#options;
    return { pins, pace: medium.pace, isOnce };
  }

  #sources(): readonly (Delta | Layer)[] {
    return [...this.#folder.chain, ...this.#unsealed.map(({ content }) => content)];
  }

  /** What takes changes of an epoch: the newest delta, unless it belongs to an older one or is being encoded. */
  #openDelta(epoch: number): Delta {
    const newest = this.#unsealed.at(-1);
    const { content, encoding } = newest ?? {};
    if (content instanceof Delta && newest?.epoch === epoch && encoding === undefined) return content;
    const delta = new Delta(epoch);
    this.#unsealed.push({ epoch, content: delta, encoding: undefined });
    return delta;
  }

  #spill(item: Unsealed): void {
    const { medium } = this.#options;
    const delta = item.content as Delta;
    const writer = this.#writerOf(delta, 0);
    this.#spilling.add(writer);
    const encoded = encodeDelta(delta, writer).then((layer) => {
      if (layer !== undefined) item.content = new Layer(medium, layer);
    });
    const encoding = lastly(encoded, () => this.#spilling.delete(writer));
    item.encoding = encoding;
    encoding.catch(() => undefined);
  }

  #writerOf({ epoch, ranges }: Delta, inlineBytes: number): LayerWriter {
    const { medium, scope } = this.#options;
    // The first one has all keys that there are.
    const isFiltered = this.#folder.chain.length > 0;
    return new LayerWriter({ medium, pace: medium.pace, scope, epoch, ranges: ranges.list, inlineBytes, isFiltered });
  }

  async #seal(epoch: number): Promise<Uint8Array> {
    const { medium, generation, scope } = this.#options;
    await this.#folder.catchUp();
    medium.advance(generation, epoch);
    const items = this.#unsealed.filter((item) => item.epoch <= epoch);
    for (const { encoding } of items) await encoding;
    const tail = inlineTail(this.#folder.chain, scope);
    const { layers, isOnTail } = await this.#layersOf(items, tail, epoch);
    this.#folder.append(layers, isOnTail ? tail.length : 0);
    this.#unsealed = this.#unsealed.slice(items.length);
    const chain = this.#folder.chain;
    this.#sealed.set(epoch, chain);
    for (const old of this.#sealed.keys()) if (this.#sealed.size > SEALED_EPOCHS_MAX) this.#sealed.delete(old);
    void this.#folder.wake();
    return encodeHandle({ epoch, scope, layers: chain });
  }

  /** What is to be sealed as layers: changes that are still in memory as one, wherever they follow one another. */
  async #layersOf(
    items: readonly Unsealed[],
    tail: Chain,
    epoch: number,
  ): Promise<{ readonly layers: Chain; readonly isOnTail: boolean }> {
    const { medium } = this.#options;
    const { pace } = medium;
    const { inlineBytes, inlineTotalBytes } = medium.tuning;
    const layers: Layer[] = [];
    let isOnTail = false;
    for (let at = 0; at < items.length; at++) {
      const { content } = items[at] as Unsealed;
      if (content instanceof Layer) {
        layers.push(content);
        continue;
      }
      const deltas = [content];
      for (let next = items[at + 1]; next?.content instanceof Delta; next = items[at + 1]) {
        deltas.push(next.content);
        at++;
      }
      let delta = deltas.length === 1 ? content : await onTopOf([], deltas, { epoch, pace });
      // The small layers at the end are few: what would be one too many, or is large itself, takes them in.
      const tailBytes = tail.reduce((sum, { sizeBytes }) => sum + sizeBytes, delta.sizeBytes);
      const isSmall =
        delta.sizeBytes <= inlineBytes && tailBytes <= inlineTotalBytes && tail.length < INLINE_LAYERS_MAX;
      if (layers.length === 0 && tail.length > 0 && !delta.isEmpty && !isSmall) {
        delta = await onTopOf(tail, [delta], { epoch, pace });
        isOnTail = true;
      }
      const writer = this.#writerOf(delta, inlineBytes);
      this.#sealing.add(writer);
      const layer = await encodeDelta(delta, writer);
      if (layer !== undefined) layers.push(new Layer(medium, layer));
    }
    return { layers, isOnTail };
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
