import type { Chain } from "./chain.ts";
import type { SegmentMedium } from "./medium.ts";
import type { Segment } from "./segment.ts";

/** Blocks that one request of a warm-up reads. */
const BLOCKS_AT_ONCE = 16;

/**
 * Reads a restored state into the cache in the background, the newest layers first, until it has read what it may or the
 * cache is full. What fails here fails again where it is needed, and is told there.
 */
export async function warmUp(medium: SegmentMedium, chain: Chain, isOver: () => boolean): Promise<void> {
  let left = Math.min(medium.tuning.warmUpBytes, medium.cache.roomBytes);
  if (left <= 0 || medium.io.resident !== undefined) return;
  const segments = chain.toReversed().flatMap((layer) => layer.segments);
  try {
    for (const segment of segments) left = await warm(medium, segment, { left, isOver });
  } catch {
    // The same read, made by somebody who waits for it, says what is wrong.
  }
}

/** @returns how much more may be read. */
async function warm(
  medium: SegmentMedium,
  segment: Segment,
  limits: { readonly left: number; readonly isOver: () => boolean },
): Promise<number> {
  let { left } = limits;
  if (left <= 0) return 0;
  const use = { isKept: true, pace: medium.slowPace };
  const { blocks } = await segment.index();
  for (let number = 0; number < blocks.length; number += BLOCKS_AT_ONCE) {
    if (limits.isOver() || left <= 0 || medium.cache.roomBytes === 0) return 0;
    if (segment.blockNow(number, false) !== undefined) continue;
    for (const block of await segment.blocks(number, BLOCKS_AT_ONCE, use)) left -= block.length;
    await medium.env.turn();
  }
  return left;
}
