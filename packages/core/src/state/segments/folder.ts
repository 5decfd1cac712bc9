import { assert } from "../../assert.ts";
import { isTidemarkError, messageOf } from "../../errors.ts";
import { ALL_KEYS } from "../key-range.ts";
import { type Chain, inlineTail } from "./chain.ts";
import { coveredBytes } from "./covered-bytes.ts";
import { LayerWriter } from "./encode-layer.ts";
import { type FoldPlan, planFold } from "./fold-plan.ts";
import type { FoldQueue } from "./fold-queue.ts";
import type { LayerRef } from "./handle-codec.ts";
import { Layer } from "./layer.ts";
import type { SegmentMedium } from "./medium.ts";
import { Merge } from "./merge.ts";
import { RangeSet } from "./range-set.ts";
import { isSameScope, type StoreScope } from "./scope.ts";
import { lastly } from "../../lastly.ts";

/** What a {@link Folder} is made of. */
export interface FolderOptions {
  readonly medium: SegmentMedium;
  readonly folds: FoldQueue;
  readonly owner: string;
  readonly scope: StoreScope;
  /** What the chain is at first. */
  readonly chain: Chain;
}

/**
 * Holds the chain of one store, and keeps it short in the background: it folds layers into one, a slice at a time, and puts
 * the result in their place. A handle that was sealed before goes on naming the old ones. Whatever a crash interrupts was
 * named by nothing.
 */
export class Folder {
  readonly #options: FolderOptions;
  readonly #covered = new WeakMap<Layer, number>();
  #chain: Chain;
  #running: Promise<void> | undefined = undefined;
  #writer: LayerWriter | undefined = undefined;
  #failure: { readonly error: unknown } | undefined = undefined;
  #isStopped = false;

  constructor(options: FolderOptions) {
    this.#options = options;
    this.#chain = options.chain;
  }

  /** The layers, from the oldest to the newest. */
  get chain(): Chain {
    return this.#chain;
  }

  /** Puts layers at the end, in the place of the last `replaced` ones. */
  append(layers: Chain, replaced: number): void {
    this.#chain = [...this.#chain.slice(0, this.#chain.length - replaced), ...layers];
  }

  /** The objects that a fold is writing. */
  names(): readonly string[] {
    return this.#writer?.names ?? [];
  }

  /** Folds what is due, and resolves when nothing is, or when it failed: the next seal tells. */
  wake(): Promise<void> {
    this.#running ??= lastly(this.#run(), () => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Waits until the chain has no more than its most layers.
   *
   * @throws what a fold failed with, if nothing can go on without it.
   */
  async catchUp(): Promise<void> {
    const { slowPace } = this.#options.medium;
    while (!this.#isStopped && this.#isTooLong()) {
      await slowPace.hurried(() => this.wake());
      if (this.#failure !== undefined && this.#isTooLong()) throw this.#failure.error;
    }
    const { error } = this.#failure ?? {};
    if (error !== undefined && !(isTidemarkError(error) && error.retryable)) throw error;
  }

  /** From now on nothing is folded. A fold that is under way ends with its next slice, without an effect. */
  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    const { folds, medium, owner } = this.#options;
    this.#failure = undefined;
    try {
      while (!this.#isStopped && this.#due() !== undefined) await folds.run(() => this.#fold());
    } catch (error) {
      this.#failure = { error };
      if (this.#isStopped) return;
      medium.env.log({ level: "warn", message: `The state of "${owner}" could not be folded: ${messageOf(error)}` });
    }
  }

  #isTooLong(): boolean {
    return this.#chain.length > this.#options.medium.tuning.chainMax && this.#due() !== undefined;
  }

  /** What comes from other stores is rewritten first of all: until then nothing of it can be deleted. */
  #due(): FoldPlan | undefined {
    const { scope, medium } = this.#options;
    const foreign = this.#chain.findLastIndex((layer) => !isSameScope(layer.scope, scope)) + 1;
    if (foreign > 0) return { start: 0, end: foreign };
    const layers = this.#chain.slice(0, this.#chain.length - inlineTail(this.#chain, scope).length);
    return planFold(
      layers.map((layer, at) => ({
        sizeBytes: layer.sizeBytes,
        entries: layer.entries,
        coveredBytes: this.#coveredBy(layer, at),
      })),
      medium.tuning.chainMax,
    );
  }

  #coveredBy(layer: Layer, at: number): number {
    if (!layer.hasRanges) return 0;
    let covered = this.#covered.get(layer);
    if (covered === undefined) {
      covered = coveredBytes(layer, this.#chain.slice(0, at));
      this.#covered.set(layer, covered);
    }
    return covered;
  }

  async #fold(): Promise<void> {
    const plan = this.#isStopped ? undefined : this.#due();
    if (plan === undefined) return;
    const run = this.#chain.slice(plan.start, plan.end);
    const newest = run.at(-1);
    assert(newest !== undefined, "a fold of no layers");
    const { medium, scope } = this.#options;
    const isWhole = plan.start === 0;
    const writer = new LayerWriter({
      medium,
      scope,
      epoch: newest.epoch,
      ranges: isWhole ? [] : await rangesOf(run),
      inlineBytes: 0,
      pace: medium.slowPace,
      isFiltered: !isWhole,
      isAlone: true,
    });
    this.#writer = writer;
    medium.env.point("fold.starting", { owner: this.#options.owner });
    try {
      if (await this.#copy(run, isWhole, writer)) this.#replace(run, await writer.finish());
      medium.env.point("fold.done", { owner: this.#options.owner });
    } finally {
      this.#writer = undefined;
    }
  }

  /** Whether it came to the end. */
  async #copy(run: Chain, isWhole: boolean, writer: LayerWriter): Promise<boolean> {
    const { env, slowPace: pace } = this.#options.medium;
    const deletes = isWhole ? "hidden" : "shown";
    const merge = await Merge.open(run, { ...ALL_KEYS, after: false, ahead: AHEAD, isKept: false, deletes, pace });
    for (let next: Uint8Array | undefined = ALL_KEYS.from; next !== undefined;) {
      const slice = await merge.slice();
      for (const { key, value } of slice.entries) {
        const full = writer.add(key, value);
        if (full !== undefined) await full;
      }
      await env.turn();
      if (this.#isStopped) return false;
      next = slice.next;
    }
    return true;
  }

  #replace(run: Chain, folded: LayerRef | undefined): void {
    const start = this.#chain.indexOf(run[0] as Layer);
    const isThere = start >= 0 && run.every((layer, at) => this.#chain[start + at] === layer);
    assert(isThere, "a chain that changed where it was being folded");
    const layers = folded === undefined ? [] : [new Layer(this.#options.medium, folded)];
    this.#chain = [...this.#chain.slice(0, start), ...layers, ...this.#chain.slice(start + run.length)];
    for (const layer of run) for (const segment of layer.segments) segment.forget();
  }
}

/** Blocks that one request of a fold reads. */
const AHEAD = 16;

async function rangesOf(run: Chain): Promise<RangeSet["list"]> {
  const ranges = new RangeSet();
  for (const layer of run) for (const range of (await layer.ranges())?.list ?? []) ranges.add(range);
  return ranges.list;
}
