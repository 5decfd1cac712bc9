import { ALL_KEYS } from "../key-range.ts";
import type { Chain } from "./chain.ts";
import { LayerWriter } from "./encode-layer.ts";
import { Layer } from "./layer.ts";
import type { SegmentMedium } from "./medium.ts";
import { Merge } from "./merge.ts";
import { RangeSet } from "./range-set.ts";
import type { StoreScope } from "./scope.ts";

/** Blocks that one request of a fold reads. */
const AHEAD = 16;

/** What is folded, and how. */
export interface FoldOptions {
  readonly medium: SegmentMedium;
  readonly owner: string;
  readonly scope: StoreScope;
  /** Layers that follow one another. */
  readonly run: Chain;
  /** Whether nothing lies below them: then what they delete is gone. */
  readonly isWhole: boolean;
  /** Asked after each slice: whether it shall end without an effect. */
  readonly isOver: () => boolean;
}

/** Puts some layers that follow one another into one, a slice at a time. Until somebody names that, a crash leaves nothing behind. */
export class Fold {
  readonly #options: FoldOptions;
  #writer: LayerWriter | undefined = undefined;

  constructor(options: FoldOptions) {
    this.#options = options;
  }

  /** The objects that it has written, or is writing. */
  get names(): readonly string[] {
    return this.#writer?.names ?? [];
  }

  /** What is to be put in the place of the layers: one, or none if nothing is left; `undefined` if it was over before. */
  async run(): Promise<Chain | undefined> {
    const { medium, owner, scope, run, isWhole } = this.#options;
    const writer = new LayerWriter({
      medium,
      scope,
      epoch: run.at(-1)?.epoch ?? 0,
      ranges: isWhole ? [] : await rangesOf(run),
      inlineBytes: 0,
      pace: medium.slowPace,
      isFiltered: !isWhole,
      isAlone: true,
    });
    this.#writer = writer;
    medium.env.point("fold.starting", { owner });
    const layer = (await this.#copy(writer)) ? await writer.finish() : undefined;
    medium.env.point("fold.done", { owner });
    if (this.#options.isOver()) return undefined;
    for (const old of run) for (const segment of old.segments) segment.forget();
    return layer === undefined ? [] : [new Layer(medium, layer)];
  }

  /** Whether it came to the end. */
  async #copy(writer: LayerWriter): Promise<boolean> {
    const { medium, run, isWhole, isOver } = this.#options;
    const { env, slowPace: pace } = medium;
    const deletes = isWhole ? "hidden" : "shown";
    const reading = { ...ALL_KEYS, after: false, ahead: AHEAD, aheadBytes: medium.tuning.segmentBytes, isKept: false };
    const merge = await Merge.open(run, { ...reading, deletes, pace });
    try {
      for (let next: Uint8Array | undefined = ALL_KEYS.from; next !== undefined;) {
        const slice = await merge.slice();
        for (const { key, value } of slice.entries) {
          const full = writer.add(key, value);
          if (full !== undefined) await full;
        }
        await env.turn();
        if (isOver()) return false;
        next = slice.next;
      }
      return true;
    } finally {
      await merge.end();
    }
  }
}

async function rangesOf(run: Chain): Promise<RangeSet["list"]> {
  const ranges = new RangeSet();
  for (const of of await Promise.all(run.map((layer) => layer.ranges()))) {
    for (const range of of?.list ?? []) ranges.add(range);
  }
  return ranges.list;
}
