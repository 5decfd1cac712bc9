/**
 * Which layers of a chain are folded into one, and when. Size-tiered, as in the log-structured merge tree of O'Neil et al.
 * (1996) and the logarithmic method of Bentley and Saxe (1980): pure arithmetic upon the layers' weights.
 *
 * @module
 */

/** The oldest layer is rewritten when the newer ones together weigh as much: it bounds what is dead in it. */
const BASE_RATIO = 1;

/** A newer layer is rewritten when those after it weigh this many times as much: its bytes are rewritten log4(n) times. */
const TIER_RATIO = 3;

/** A layer, as far as the plan is concerned. Sizes in bytes. */
export interface LayerWeight {
  readonly sizeBytes: number;
  readonly entries: number;
  /** What its range deletes take out of older layers. */
  readonly coveredBytes: number;
}

/** The layers to fold: from `start` up to, but without, `end`. */
export interface FoldPlan {
  readonly start: number;
  readonly end: number;
}

/**
 * What to fold next; `undefined` if nothing is due.
 *
 * @param layers from the oldest to the newest, those left out that stand in the handle.
 * @param chainMax With more layers than this something is folded in any case.
 */
export function planFold(layers: readonly LayerWeight[], chainMax: number): FoldPlan | undefined {
  const end = layers.length;
  if (end < 2) return undefined;
  const weights = weigh(layers);
  let newer = weights.reduce((sum, weight) => sum + weight, 0);
  for (let start = 0; start < end - 1; start++) {
    const weight = weights[start] as number;
    newer -= weight;
    if (newer >= weight * (start === 0 ? BASE_RATIO : TIER_RATIO)) return { start, end };
  }
  // One layer alone would only be written again.
  return end > chainMax ? { start: Math.min(end >> 1, end - 2), end } : undefined;
}

/** A small change of a large entry makes as much garbage as a large one: no entry weighs less than those of the base. */
function weigh(layers: readonly LayerWeight[]): readonly number[] {
  const base = layers[0];
  const average = base === undefined || base.entries === 0 ? 0 : base.sizeBytes / base.entries;
  return layers.map(({ sizeBytes, entries, coveredBytes }) => Math.max(sizeBytes, entries * average) + coveredBytes);
}

/** Spilled layers are merged once they are so large a part of what there may be: the rest is room for what comes meanwhile. */
const MERGED_SHARE = 3 / 4;

/** Whether so many layers that no checkpoint has sealed yet shall become fewer. */
export function areMany(layers: number, spilledMax: number): boolean {
  return layers >= Math.max(2, spilledMax * MERGED_SHARE);
}

/**
 * Which of the layers that no checkpoint has sealed yet are merged, once they are many: all from that one on which weighs least
 * beside those after it. So bytes are rewritten a logarithmic number of times, without a limit that layers could be stuck at.
 * `undefined` if there are less than two.
 *
 * @param sizes in bytes, from the oldest to the newest.
 */
export function planMerge(sizes: readonly number[]): FoldPlan | undefined {
  const end = sizes.length;
  if (end < 2) return undefined;
  let newer = sizes.reduce((sum, size) => sum + size, 0);
  let most = { start: 0, ratio: -1 };
  for (let start = 0; start < end - 1; start++) {
    const size = sizes[start] as number;
    newer -= size;
    const ratio = newer / Math.max(1, size);
    if (ratio > most.ratio) most = { start, ratio };
  }
  return { start: most.start, end };
}
