import { assert } from "../../assert.ts";
import { type Chain, inlineTail } from "./chain.ts";
import { coveredBytes } from "./covered-bytes.ts";
import { Fold } from "./fold.ts";
import { FoldLoop } from "./fold-loop.ts";
import { type FoldPlan, planFold } from "./fold-plan.ts";
import type { FoldQueue } from "./fold-queue.ts";
import type { Layer } from "./layer.ts";
import type { SegmentMedium } from "./medium.ts";
import { isSameScope, type StoreScope } from "./scope.ts";

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
  readonly #loop: FoldLoop;
  readonly #covered = new WeakMap<Layer, number>();
  #chain: Chain;
  #fold: Fold | undefined = undefined;

  constructor(options: FolderOptions) {
    this.#options = options;
    this.#chain = options.chain;
    const { medium, owner, folds: queue } = options;
    const isDue = (): boolean => this.#due() !== undefined;
    this.#loop = new FoldLoop({ medium, owner, queue, isDue, fold: () => this.#foldDue() });
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
    return this.#fold?.names ?? [];
  }

  /** Folds what is due, and resolves when nothing is, or when it failed: the next seal tells. */
  wake(): Promise<void> {
    return this.#loop.wake();
  }

  /**
   * Waits until the chain has no more than its most layers.
   *
   * @throws what a fold failed with, if nothing can go on without it.
   */
  async catchUp(): Promise<void> {
    const { slowPace } = this.#options.medium;
    while (!this.#loop.isStopped && this.#isTooLong()) {
      await slowPace.hurried(() => this.wake());
      if (this.#isTooLong()) this.#loop.assertWell("any failure");
    }
    this.#loop.assertWell("lasting failures");
  }

  /** From now on nothing is folded. A fold that is under way ends with its next slice, without an effect. */
  stop(): void {
    this.#loop.stop();
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

  async #foldDue(): Promise<void> {
    const plan = this.#due();
    if (plan === undefined) return;
    const { medium, owner, scope } = this.#options;
    const run = this.#chain.slice(plan.start, plan.end);
    const isWhole = plan.start === 0;
    const fold = new Fold({ medium, owner, scope, run, isWhole, isOver: () => this.#loop.isStopped });
    this.#fold = fold;
    try {
      const folded = await fold.run();
      if (folded !== undefined) this.#replace(run, folded);
    } finally {
      this.#fold = undefined;
    }
  }

  #replace(run: Chain, folded: Chain): void {
    const start = this.#chain.indexOf(run[0] as Layer);
    const isThere = start >= 0 && run.every((layer, at) => this.#chain[start + at] === layer);
    assert(isThere, "a chain that changed where it was being folded");
    this.#chain = [...this.#chain.slice(0, start), ...folded, ...this.#chain.slice(start + run.length)];
  }
}
