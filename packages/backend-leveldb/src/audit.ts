import type { RetainedEpoch, StorageAudit } from "@tidemark/core";
import { sweepable, type SweepPosition } from "@tidemark/core/internal";
import { epochsAbove } from "./export.ts";
import type { LevelRows } from "./level-rows.ts";

/**
 * Holds manifests and images against what retained checkpoints need. The images of one epoch count as one piece. The rows
 * themselves are the newest state, and always needed.
 */
export async function auditRows(
  rows: LevelRows,
  manifests: readonly string[],
  retained: readonly RetainedEpoch[],
  position: SweepPosition,
): Promise<StorageAudit> {
  const needed = new Set(retained.map((checkpoint) => checkpoint.manifest));
  const there = new Set(manifests);
  const epochs = retained.map((checkpoint) => checkpoint.epoch);
  const [oldest, newest] = [Math.min(...epochs), Math.max(0, ...epochs)];
  const imaged = await epochsAbove(rows, 0);
  const idle = imaged.filter((epoch) => epoch <= oldest && retained.length > 0);
  const swept = sweepable(manifests, needed, retained, position);
  const isPending = (name: string): boolean => !needed.has(name) && !swept.includes(name);
  return {
    stored: manifests.length + imaged.length,
    referenced: manifests.filter((name) => needed.has(name)).length + imaged.filter(isBetween(oldest, newest)).length,
    pending: [...manifests.filter(isPending), ...imaged.filter((epoch) => epoch > newest).map(imagesOf)],
    orphaned: [...swept, ...idle.map(imagesOf)],
    missing: [...needed].filter((name) => !there.has(name)),
  };
}

/** The images of an epoch show what an older checkpoint had. */
function isBetween(oldest: number, newest: number): (epoch: number) => boolean {
  return (epoch) => epoch > oldest && epoch <= newest;
}

function imagesOf(epoch: number): string {
  return `images of epoch ${epoch}`;
}
