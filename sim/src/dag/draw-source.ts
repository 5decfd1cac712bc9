import type { SimRandom } from "@tidemark/core/testing";

import { KEYS, type Rec, type StepOf } from "./spec.ts";

/**
 * Draws a source with its records.
 *
 * @param timing `"late"`: records may come later than `outOfOrderMs` says, and a split that gives nothing may be passed over.
 */
export function drawSource(random: SimRandom, id: string, timing: "timed" | "untimed" | "late"): StepOf<"source"> {
  const outOfOrderMs = [0, 80, 300][random.below(3)]!;
  const stepMs = [5, 60, 400][random.below(3)]!;
  const scatterMs = outOfOrderMs + (timing === "late" ? 500 : 0);
  const splits = Array.from({ length: 1 + random.below(4) }, (_, split) => {
    const length = random.below(random.chance(0.15) ? 40 : 12);
    const records = Array.from({ length }, (__, index): Rec => ({
      // Half of the records have the same key: subtasks have unequal shares.
      k: `k${random.chance(0.5) ? 0 : random.below(KEYS)}`,
      n: random.below(20),
      at: 1000 + index * stepMs + random.below(scatterMs + 1),
    }));
    return [`split-${split}`, records] as const;
  });
  const idleAfterMs = timing === "late" && random.chance(0.5) ? 2 ** random.below(10) : undefined;
  return {
    kind: "source",
    id,
    splits: Object.fromEntries(splits),
    outOfOrderMs,
    idleAfterMs,
    timed: timing !== "untimed",
  };
}
