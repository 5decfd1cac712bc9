import type { Head } from "../checkpoint/head.ts";
import type { Manifest } from "../checkpoint/manifest.ts";
import { isTidemarkError, StateError } from "../errors.ts";
import type { Plan } from "../graph/plan.ts";
import { checkParallelism } from "../graph/validate.ts";
import type { SnapshotImage } from "../savepoints/image.ts";
import type { BackendSession } from "../state/backend.ts";
import { newestManifest } from "./recovery.ts";
import { checkRestorable } from "./restore-check.ts";
import type { RestoreAllowances, RestoreFrom } from "./restore-options.ts";

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
  /** The savepoint from which the checkpoints of this backend come, by its identity. */
  readonly origin: string | undefined;
}

/** Where an attempt may begin. */
export interface BeginningOptions extends RestoreAllowances {
  readonly plan: Plan;
  readonly from: RestoreFrom | undefined;
}

/**
 * Opens the savepoint that a job without checkpoints begins with.
 *
 * @returns `undefined` if the head lists a checkpoint: that is what a job goes on from (RES-01).
 */
export async function openOrigin(head: Head, from: RestoreFrom | undefined): Promise<SnapshotImage | undefined> {
  if (from === undefined || head.retained.length > 0) return undefined;
  return from.savepoint.open({ rename: from.rename ?? {} });
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
  const manifest = image === undefined ? await newestManifest(session, head) : manifestOf(image, from, plan);
  if (manifest === undefined) return { plan, manifest, epoch: 0, image: undefined, origin: undefined };
  const name = image?.name ?? `checkpoint ${manifest.checkpointId}`;
  if (image === undefined && from !== undefined) await checkOrigin(manifest, from);
  checkRestorable({ ...options, manifest, plan, name, foreign: image !== undefined && from?.claim === false });
  return {
    plan: withKeyGroups(plan, manifest.keyGroups),
    manifest,
    epoch: image === undefined ? manifest.checkpointId : 0,
    image,
    origin: image?.identity ?? manifest.origin,
  };
}

/** A number of key groups that nobody asked for gives way to that of the state (RSC-03). */
function withKeyGroups(plan: Plan, keyGroups: number): Plan {
  if (plan.keyGroups === keyGroups) return plan;
  for (const { name, parallelism } of plan.stages) checkParallelism(`"${name}"`, parallelism, keyGroups);
  return { ...plan, keyGroups };
}

/** A savepoint as the manifest of a checkpoint without stores. Operators without entries hold nothing that could be lost. */
export function manifestOf(
  { facts }: Pick<SnapshotImage, "facts">,
  from: RestoreFrom | undefined,
  plan: Pick<Plan, "stages">,
): Manifest {
  const { job, checkpointId, generation, keyGroups, keyHashVersion, sources, drained } = facts;
  const planned = new Set(plan.stages.flatMap((stage) => stage.nodes.map(({ node }) => node.id)));
  const operators = facts.operators.filter(
    ({ operatorId, states }) => planned.has(operatorId) || states.some(({ entries }) => entries !== 0),
  );
  const isDropped = from?.claim === false && from.committables === "drop";
  const sinks = isDropped ? facts.sinks.map(({ sinkId }) => ({ sinkId, committables: [] })) : facts.sinks;
  return { job, checkpointId, generation, keyGroups, keyHashVersion, sources, operators, sinks, stores: [], drained };
}

/** The checkpoints of the backend must come from the savepoint: otherwise one of the two would be ignored in silence. */
async function checkOrigin(manifest: Manifest, { savepoint }: RestoreFrom): Promise<void> {
  let identity: string | undefined;
  try {
    const image = await savepoint.open();
    identity = image.identity;
    await image.close();
  } catch (error) {
    if (!isTidemarkError(error) || error.code !== "CHECKPOINT_MISSING") throw error;
    // It was deleted after the job had begun with one: there is nothing to confuse it with.
    if (manifest.origin !== undefined) return;
  }
  if (identity !== undefined && identity === manifest.origin) return;
  const origin = manifest.origin === undefined ? "from no savepoint" : `from savepoint ${manifest.origin}`;
  throw new StateError(
    "STATE_FOREIGN_JOB",
    `Cannot begin with ${savepoint.name}: the backend already holds checkpoint ${manifest.checkpointId} of job "${manifest.job}", which comes ` +
      `${origin}. Give the job an empty place to begin with the savepoint, or leave "from" out to go on from the checkpoint`,
    { details: { checkpointId: manifest.checkpointId, origin: manifest.origin, savepoint: identity } },
  );
}
