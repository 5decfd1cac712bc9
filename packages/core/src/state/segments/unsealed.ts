import { assert } from "../../assert.ts";
import { lastly } from "../../lastly.ts";
import type { StateChanges } from "../backend.ts";
import { Delta } from "./delta.ts";
import { encodeDelta, type LayerWriter } from "./encode-layer.ts";
import { Fold } from "./fold.ts";
import { FoldLoop } from "./fold-loop.ts";
import { areMany, planMerge } from "./fold-plan.ts";
import type { FoldQueue } from "./fold-queue.ts";
import { namesOf } from "./handle-codec.ts";
import { Layer } from "./layer.ts";
import type { SegmentMedium } from "./medium.ts";
import type { Sources } from "./merge.ts";
import type { StoreScope } from "./scope.ts";

/** What {@link Unsealed} is made of. */
export interface UnsealedOptions {
  readonly medium: SegmentMedium;
  readonly merges: FoldQueue;
  readonly owner: string;
  readonly scope: StoreScope;
  /** Writes come after it. */
  readonly restoredEpoch: number;
  readonly writerOf: (delta: Delta) => LayerWriter;
}

/** Changes of one epoch: in memory, or encoded since they became too many. */
interface Item {
  readonly epoch: number;
  content: Delta | Layer;
  encoding: Promise<void> | undefined;
}

/**
 * What was written since the last seal: the newest changes in memory, and layers of what was spilled before. These are merged in
 * the background, and a write waits where there are too many, so that a read never passes more than `spilledMax`. It waits
 * for nothing but the medium: never for a seal that is still to come. No handle names anything of it, so that a crash leaves
 * orphans alone.
 */
export class Unsealed {
  readonly #options: UnsealedOptions;
  readonly #loop: FoldLoop;
  /** Of the layers that are being spilled. */
  readonly #spilling = new Set<LayerWriter>();
  #items: readonly Item[] = [];
  #endedEpoch: number;
  #settledEpoch: number;
  #merge: Fold | undefined = undefined;
  #taking: Promise<void> | undefined = undefined;
  #isWaiting = false;

  constructor(options: UnsealedOptions) {
    this.#options = options;
    this.#endedEpoch = options.restoredEpoch;
    this.#settledEpoch = options.restoredEpoch;
    const { medium, owner, merges: queue } = options;
    const isDue = (): boolean => this.#due().length > 0;
    this.#loop = new FoldLoop({ medium, owner, queue, isDue, fold: () => this.#mergeDue() });
  }

  /** From the oldest to the newest. */
  get contents(): Sources {
    return this.#items.map(({ content }) => content);
  }

  /** The objects that it is in, or is being put into. */
  names(): readonly string[] {
    const spilling = [...this.#spilling].flatMap((writer) => writer.names);
    return [...spilling, ...(this.#merge?.names ?? []), ...namesOf(this.contents.filter(isLayer))];
  }

  /**
   * Waits until changes of an epoch can be taken. Await it only if it returns a promise, and before anything else is written.
   *
   * @throws what the medium failed with, if there is no room without it.
   */
  room(epoch: number): Promise<void> | undefined {
    assert(!this.#isWaiting, "a write while the one before it waits for room");
    if (this.#hasRoom(epoch)) return undefined;
    this.#isWaiting = true;
    return lastly(this.#makeRoom(epoch), () => {
      this.#isWaiting = false;
    });
  }

  /** Adds later changes. Await it only if it returns a promise: so many were spilled that some have to be written first. */
  add(epoch: number, changes: StateChanges): Promise<void> | undefined {
    assert(epoch > this.#endedEpoch, `a write to epoch ${epoch} after epoch ${this.#endedEpoch} was sealed`);
    const newest = this.#items.at(-1);
    assert(newest === undefined || newest.epoch <= epoch, `a write to epoch ${epoch} after one to ${newest?.epoch}`);
    const item = this.#open(epoch) ?? this.#begin(epoch);
    const delta = item.content as Delta;
    delta.add(changes);
    if (delta.sizeBytes < this.#options.medium.tuning.spillBytes) return undefined;
    const before = this.#items.at(-2)?.encoding;
    this.#spill(item);
    void this.#loop.wake();
    return this.#written(before);
  }

  /** No more is written to an epoch, or to one before it. */
  endEpoch(epoch: number): void {
    assert(epoch >= this.#endedEpoch, `a seal of epoch ${epoch} after epoch ${this.#endedEpoch} was sealed`);
    this.#endedEpoch = epoch;
  }

  /** A seal of an epoch is over. If it has failed, whatever is there up to that epoch will be sealed together. */
  settleEpoch(epoch: number): void {
    this.#settledEpoch = epoch;
  }

  /**
   * Gives away what belongs to epochs up to `epoch`. It is not merged meanwhile, and stays if `seal` fails. What `seal` returns
   * is called in the moment in which it is gone.
   *
   * @throws what a merge failed with, if that will not mend.
   */
  take(epoch: number, seal: (contents: Sources) => Promise<() => void>): Promise<void> {
    const taking = this.#take(epoch, seal);
    this.#taking = lastly(taking, () => {
      this.#taking = undefined;
    }).catch(() => undefined);
    return taking;
  }

  /** From now on nothing is merged, and whoever waits for room goes on. */
  stop(): void {
    this.#loop.stop();
  }

  /** Waits for what is being spilled. */
  async spilled(): Promise<void> {
    await Promise.allSettled(this.#items.flatMap(({ encoding }) => encoding ?? []));
  }

  /** What takes changes of an epoch: the newest, unless it belongs to an older one or is being encoded. */
  #open(epoch: number): Item | undefined {
    const newest = this.#items.at(-1);
    return newest?.epoch === epoch && newest.encoding === undefined && !isLayer(newest.content) ? newest : undefined;
  }

  #begin(epoch: number): Item {
    const item = { epoch, content: new Delta(epoch), encoding: undefined };
    this.#items = [...this.#items, item];
    return item;
  }

  #hasRoom(epoch: number): boolean {
    return this.#open(epoch) !== undefined || !(this.#options.medium.packs.isBehind || this.#isFull());
  }

  /** Where nothing can be merged there are only the changes of some epochs whose checkpoints are pending. */
  #isFull(): boolean {
    return this.#items.length >= this.#options.medium.tuning.spilledMax && this.#mergeable().length > 1;
  }

  async #makeRoom(epoch: number): Promise<void> {
    const { slowPace, packs } = this.#options.medium;
    while (!this.#loop.isStopped && !this.#hasRoom(epoch)) {
      if (packs.isBehind) await packs.catchUp();
      else if (this.#taking !== undefined) await this.#taking;
      else {
        await slowPace.hurried(() => this.#loop.wake());
        if (this.#isFull()) this.#loop.assertWell("any failure");
      }
    }
  }

  async #written(before: Promise<void> | undefined): Promise<void> {
    if (before !== undefined) await before;
    await this.#options.medium.packs.room();
  }

  #spill(item: Item): void {
    const { medium, writerOf } = this.#options;
    const writer = writerOf(item.content as Delta);
    this.#spilling.add(writer);
    const encoded = encodeDelta(item.content as Delta, writer).then((layer) => {
      if (layer !== undefined) item.content = new Layer(medium, layer);
    });
    const encoding = lastly(encoded, () => this.#spilling.delete(writer));
    item.encoding = encoding;
    encoding.catch(() => undefined);
  }

  async #take(epoch: number, seal: (contents: Sources) => Promise<() => void>): Promise<void> {
    const { slowPace } = this.#options.medium;
    const merging = this.#loop.running;
    if (merging !== undefined) await slowPace.hurried(() => merging);
    this.#loop.assertWell("lasting failures");
    const items = this.#items.filter((item) => item.epoch <= epoch);
    for (const { encoding } of items) await encoding;
    const sealed = await seal(items.map(({ content }) => content));
    sealed();
    this.#items = this.#items.slice(items.length);
  }

  /** What is to be merged now: nothing while a seal takes it. */
  #due(): readonly Item[] {
    const { spilledMax } = this.#options.medium.tuning;
    if (this.#taking !== undefined || !areMany(this.#items.length, spilledMax)) return [];
    const items = this.#mergeable();
    const plan = planMerge(items.map(({ content }) => content.sizeBytes));
    return plan === undefined ? [] : items.slice(plan.start, plan.end);
  }

  /** The most that follow one another and will be sealed together: of one epoch, or of epochs whose seals have failed. */
  #mergeable(): readonly Item[] {
    let most: Item[] = [];
    let run: Item[] = [];
    for (const item of this.#items) {
      const isOfRun = run.at(-1)?.epoch === item.epoch || item.epoch <= this.#settledEpoch;
      if (isOfRun) run.push(item);
      else run = [item];
      if (run.length > most.length) most = run;
    }
    return most;
  }

  async #mergeDue(): Promise<void> {
    const items = this.#due();
    if (items.length === 0) return;
    for (const item of items) if (!isLayer(item.content) && item.encoding === undefined) this.#spill(item);
    for (const { encoding } of items) await encoding;
    const run = items.map(({ content }) => content).filter(isLayer);
    if (run.length < 2) return this.#replace(items, run);
    const { medium, owner, scope } = this.#options;
    const isOver = (): boolean => this.#loop.isStopped;
    this.#merge = new Fold({ medium, owner, scope, run, isWhole: false, isOver });
    try {
      const merged = await this.#merge.run();
      // In one moment: what was written belongs to the merge or to what is here.
      if (merged !== undefined) this.#replace(items, merged);
    } finally {
      this.#merge = undefined;
    }
  }

  #replace(items: readonly Item[], layers: readonly Layer[]): void {
    const newest = items.at(-1) as Item;
    const at = this.#items.indexOf(items[0] as Item);
    assert(at >= 0 && this.#items[at + items.length - 1] === newest, "changes that were sealed while they were merged");
    const { epoch, encoding } = newest;
    const made = layers.map((content) => ({ epoch, content, encoding }));
    this.#items = [...this.#items.slice(0, at), ...made, ...this.#items.slice(at + items.length)];
  }
}

function isLayer(content: Delta | Layer): content is Layer {
  return content instanceof Layer;
}
