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
import type { Sources } from "./merge.ts";
import { type ReadPins, type Scanning, scanSources } from "./read-pins.ts";
import { isInScope, type StoreScope } from "./scope.ts";
import { Unsealed } from "./unsealed.ts";
import { lastly } from "../../lastly.ts";

/** Sealed epochs that a store can export, if it is never told that older ones were released. */
const SEALED_EPOCHS_MAX = 1_024;

/** Layers that stand in the handle at its end. */
const INLINE_LAYERS_MAX = 8;

/** What a {@link SegmentStore} is made of. */
export interface SegmentStoreOptions {
  readonly medium: SegmentMedium;
  /** Of what is sealed. */
  readonly folds: FoldQueue;
  /** Of what is not: it does not wait behind a fold of all that there is. */
  readonly merges: FoldQueue;
  readonly pins: ReadPins;
  readonly owner: string;
  readonly generation: number;
  readonly scope: StoreScope;
  /** The epoch that was restored; 0 if none. Writes come after it. */
  readonly restoredEpoch: number;
  /** What the restored state is put together from. */
  readonly chain: Chain;
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
  readonly #unsealed: Unsealed;
  /** Of the layers that a seal is making and that nothing names yet. */
  readonly #sealing = new Set<LayerWriter>();
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    const { medium, restoredEpoch, chain } = options;
    this.#folder = new Folder(options);
    this.#unsealed = new Unsealed({ ...options, writerOf: (delta) => this.#writerOf(delta, 0) });
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

  /** How many layers a read may have to pass at this moment, with what is in memory. */
  get depth(): number {
    return this.#sources().length;
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
    const room = this.#unsealed.room(epoch);
    if (room !== undefined) {
      await room;
      this.#assertOpen();
    }
    await this.#unsealed.add(epoch, changes);
  }

  async seal(epoch: number): Promise<Uint8Array> {
    this.#assertOpen();
    this.#unsealed.endEpoch(epoch);
    const sealed = this.#last.then(() => this.#seal(epoch));
    const sealing = lastly(sealed, () => {
      this.#sealing.clear();
      this.#unsealed.settleEpoch(epoch);
    });
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
    const pending = [...this.#sealed.values()].flat();
    const begun = [...this.#sealing].flatMap((writer) => writer.names);
    const unsealed = this.#unsealed.names();
    return [...begun, ...unsealed, ...this.#folder.names(), ...namesOf([...this.#folder.chain, ...pending])];
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
    this.#unsealed.stop();
    await this.#last;
    await this.#unsealed.spilled();
  }

  #scanning(isOnce: boolean): Scanning {
    const { pins, medium } = this.#options;
    return { pins, pace: medium.pace, isOnce };
  }

  #sources(): Sources {
    return [...this.#folder.chain, ...this.#unsealed.contents];
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
    await this.#unsealed.take(epoch, async (contents) => {
      const tail = inlineTail(this.#folder.chain, scope);
      const { layers, isOnTail } = await this.#layersOf(contents, tail, epoch);
      return () => this.#folder.append(layers, isOnTail ? tail.length : 0);
    });
    const chain = this.#folder.chain;
    this.#sealed.set(epoch, chain);
    for (const old of this.#sealed.keys()) if (this.#sealed.size > SEALED_EPOCHS_MAX) this.#sealed.delete(old);
    void this.#folder.wake();
    return encodeHandle({ epoch, scope, layers: chain });
  }

  /** What is to be sealed as layers: changes that are still in memory as one, wherever they follow one another. */
  async #layersOf(
    contents: Sources,
    tail: Chain,
    epoch: number,
  ): Promise<{ readonly layers: Chain; readonly isOnTail: boolean }> {
    const { medium } = this.#options;
    const { pace } = medium;
    const { inlineBytes, inlineTotalBytes } = medium.tuning;
    const layers: Layer[] = [];
    let isOnTail = false;
    for (let at = 0; at < contents.length; at++) {
      const content = contents[at] as Delta | Layer;
      if (content instanceof Layer) {
        layers.push(content);
        continue;
      }
      const deltas = [content];
      for (let next = contents[at + 1]; next instanceof Delta; next = contents[at + 1]) {
        deltas.push(next);
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
