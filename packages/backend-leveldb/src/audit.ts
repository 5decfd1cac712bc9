import type { RetainedEpoch, StorageAudit } from "@tidemark/core";
import { sweepable, type SweepPosition } from "@tidemark/core/internal";
import type { Bounds } from "./bounds.ts";
import { foreignFiles, leftFiles } from "./files/stray-files.ts";
import { epochsAbove } from "./imaged-epochs.ts";
import type { LevelRows } from "./level-rows.ts";
import type { LevelFiles } from "./open-level.ts";
import { RowKind, rowLabel } from "./row-keys.ts";

/** What is looked at. */
export interface AuditOptions {
  readonly rows: LevelRows;
  readonly bounds: Bounds;
  readonly files: LevelFiles | undefined;
  /** The names of all manifests. */
  readonly manifests: readonly string[];
  readonly position: SweepPosition;
}

/**
 * Holds manifests, images and files against what retained checkpoints need. The images of one epoch count as one piece. The
 * data rows themselves are the newest state, and LevelDB's files what it makes of all rows: they are always needed, and not counted.
 */
export async function auditRows(options: AuditOptions, retained: readonly RetainedEpoch[]): Promise<StorageAudit> {
  const { rows, bounds, files, manifests, position } = options;
  const needed = new Set(retained.map((checkpoint) => checkpoint.manifest));
  const there = new Set(manifests);
  const epochs = retained.map((checkpoint) => checkpoint.epoch);
  const [oldest, newest] = [Math.min(...epochs), Math.max(0, ...epochs)];
  const imaged = await epochsAbove(rows, bounds.cleanEpoch);
  const idle = imaged.filter((epoch) => epoch <= oldest && retained.length > 0);
  const swept = sweepable(manifests, needed, retained, position);
  const left = files === undefined ? { orphaned: [], pending: [] } : await leftFiles(files);
  const isPending = (name: string): boolean => !needed.has(name) && !swept.includes(name);
  return {
    stored: manifests.length + imaged.length + left.orphaned.length + left.pending.length,
    referenced: manifests.filter((name) => needed.has(name)).length + imaged.filter(isBetween(oldest, newest)).length,
    pending: [
      ...manifests.filter(isPending),
      ...imaged.filter((epoch) => epoch > newest).map(imagesOf),
      ...left.pending,
    ],
    orphaned: [...swept, ...idle.map(imagesOf), ...left.orphaned],
    missing: [...needed].filter((name) => !there.has(name)),
    foreign: [...(await foreignRows(rows)), ...(files === undefined ? [] : await foreignFiles(files.directory))],
  };
}

/** The images of an epoch show what an older checkpoint had. */
function isBetween(oldest: number, newest: number): (epoch: number) => boolean {
  return (epoch) => epoch > oldest && epoch <= newest;
}

function imagesOf(epoch: number): string {
  return `images of epoch ${epoch}`;
}

/** Of each stretch of keys that belong to no kind of row, the first row that is there. */
async function foreignRows(rows: LevelRows): Promise<readonly string[]> {
  const found: string[] = [];
  let from = 0;
  for (const kind of [...Object.values(RowKind).toSorted((a, b) => a - b), 0x100]) {
    const range = { from: Uint8Array.of(from), to: kind > 0xff ? undefined : Uint8Array.of(kind) };
    const key = from > 0xff ? undefined : await rows.firstKey(range);
    if (key !== undefined) found.push(rowLabel(key));
    from = kind + 1;
  }
  return found;
}
