import type { Head } from "../checkpoint/head.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import type { Plan } from "../graph/plan.ts";
import { checkParallelism } from "../graph/validate.ts";
import type { JobOrigin, SnapshotImage } from "../savepoints/image.ts";
import type { BackendSession } from "../state/backend.ts";
import { newestManifest } from "./recovery.ts";
import { checkRestorable } from "./restore-check.ts";
import type { HeadFloor } from "./takeover.ts";
import type { RestoreAllowances } from "./restore-options.ts";

/** What an attempt begins with. */
export interface Beginning {
  /** The plan, with the number of key groups that the state has. */
  readonly plan: Plan;
  /** What is restored; `undefined`: nothing. */
  readonly manifest: Manifest | undefined;
  /** The epoch that the stores go back to; 0 makes them empty. */
  readonly epoch: number;
  /** The savepoint whose entries have to be brought into the stores; `undefined` if they have them. */
  readonly image: SnapshotImage | undefined;
  /** Whether the job was drained before, and has nothing more to read. */
  readonly isDrained: boolean;
  /** The savepoint from which the checkpoints of this backend come, by its identity. */
  readonly origin: string | undefined;
}

/** Where an attempt may begin. */
export interface BeginningOptions extends RestoreAllowances {
  readonly plan: Plan;
  readonly from: JobOrigin | undefined;
}

/**
 * Opens the savepoint that a job without checkpoints begins with.
 *
 * @returns `undefined` if the head lists a checkpoint: that is what a job goes on from (RES-01).
 */
export async function openOrigin(head: Head, from: JobOrigin | undefined): Promise<SnapshotImage | undefined> {
  if (from === undefined || head.retained.length > 0) return undefined;
  return from.open();
}

/** Ids left free behind a savepoint: the job that it was taken of has drawn some of them since. */
const IDS_SKIPPED = 1_000_000;

/** What a job that begins with a savepoint must not use again. */
export function floorOf({ facts }: SnapshotImage): HeadFloor {
  return { generation: facts.generation, nextId: facts.checkpointId + IDS_SKIPPED };
}

/**
 * Finds what to begin with: the newest checkpoint that the head lists, otherwise the savepoint, otherwise nothing.
 *
 * @throws {CheckpointError} as `newestManifest`. @throws {StateError} if the plan cannot go on from it, or if the checkpoints
 * do not come from the savepoint that was asked for.
 */
export async function findBeginning(
  session: BackendSession,
  head: Head,
  image: SnapshotImage | undefined,
  options: BeginningOptions,
): Promise<Beginning> {
  const { plan, from } = options;
  const planned = new Set(plan.stages.flatMap((stage) => stage.nodes.map(({ node }) => node.id)));
  const manifest = image === undefined ? await newestManifest(session, head) : from?.manifestOf(image, planned);
  if (manifest === undefined) {
    return { plan, manifest, epoch: 0, image: undefined, isDrained: false, origin: undefined };
  }
  const name = image?.name ?? `checkpoint ${manifest.checkpointId}`;
  if (image === undefined) await from?.check(manifest);
  const isDrained = image === undefined && manifest.drained === true && options.allowDrained !== true;
  const foreign = image !== undefined && from?.foreign === true;
  checkRestorable({
    ...options,
    manifest,
    plan,
    name,
    foreign,
    allowDrained: isDrained || options.allowDrained === true,
  });
  return {
    plan: withKeyGroups(plan, manifest.keyGroups),
    manifest,
    epoch: image === undefined ? manifest.checkpointId : 0,
    image,
    isDrained,
    origin: image?.identity ?? manifest.origin,
  };
}

/** A number of key groups that nobody asked for gives way to that of the state (RSC-03). */
function withKeyGroups(plan: Plan, keyGroups: number): Plan {
  if (plan.keyGroups === keyGroups) return plan;
  for (const { name, parallelism } of plan.stages) checkParallelism(`"${name}"`, parallelism, keyGroups);
  return { ...plan, keyGroups };
}
