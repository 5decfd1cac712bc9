import type { Manifest } from "../checkpoint/manifest.ts";
import type { AnySink } from "../connect/sink.ts";
import { StateError } from "../errors.ts";
import type { NodeWork } from "../graph/logical.ts";
import type { Plan } from "../graph/plan.ts";
import { KEY_HASH_VERSION } from "../state/key-groups.ts";

/**
 * Refuses a checkpoint that the plan cannot go on from without losing something.
 *
 * @throws {StateError} STATE_FOREIGN_JOB, STATE_INCOMPATIBLE or STATE_UNMAPPED, saying what was found and what to do.
 */
export function checkRestorable(manifest: Manifest, plan: Plan): void {
  if (manifest.job !== plan.name) {
    throw new StateError(
      "STATE_FOREIGN_JOB",
      `Cannot restore checkpoint ${manifest.checkpointId}: it belongs to job "${manifest.job}", not to "${plan.name}"`,
      { details: { expected: plan.name, found: manifest.job } },
    );
  }
  if (manifest.keyGroups !== plan.keyGroups || manifest.keyHashVersion !== KEY_HASH_VERSION) {
    throw new StateError(
      "STATE_INCOMPATIBLE",
      `Cannot restore checkpoint ${manifest.checkpointId}: it has ${manifest.keyGroups} key groups by hash ${manifest.keyHashVersion}, ` +
        `the job asks for ${plan.keyGroups} by hash ${KEY_HASH_VERSION}. The number is fixed for the life of a job: set keyGroups to ${manifest.keyGroups}`,
      { details: { found: manifest.keyGroups, expected: plan.keyGroups } },
    );
  }
  checkMapped(manifest, plan);
  for (const { sinkId, committables } of manifest.sinks) {
    const sink = sinkOf(plan, sinkId);
    if (committables.length === 0 || sink === undefined || sink.createCommitter !== undefined) continue;
    throw new StateError(
      "STATE_INCOMPATIBLE",
      `Cannot restore checkpoint ${manifest.checkpointId}: it holds what sink "${sinkId}" has still to commit, and ${sink.name} commits ` +
        "nothing. Run the job to its end with the old sink first, or give the new one another id",
      { details: { sinkId, sink: sink.name } },
    );
  }
}

/** Everything that a checkpoint holds something of has to be there, as the same kind of step. */
function checkMapped(manifest: Manifest, plan: Plan): void {
  const unmapped = [
    ...unknownOf(
      plan,
      (work) => work.kind === "source",
      manifest.sources.map((source) => source.sourceId),
    ),
    ...unknownOf(
      plan,
      (work) => work.kind === "operator" && work.stateful,
      manifest.operators.map((operator) => operator.operatorId),
    ),
    ...unknownOf(
      plan,
      (work) => work.kind === "sink",
      manifest.sinks.filter((sink) => sink.committables.length > 0).map((sink) => sink.sinkId),
    ),
  ];
  if (unmapped.length === 0) return;
  throw new StateError(
    "STATE_UNMAPPED",
    `Cannot restore checkpoint ${manifest.checkpointId}: the pipeline has no step ${unmapped.map((id) => `"${id}"`).join(", ")} of the ` +
      "kind whose state it holds. Give the step its old id back, or start on an empty place",
    { details: { unmapped } },
  );
}

function unknownOf(plan: Plan, isKind: (work: NodeWork) => boolean, ids: readonly string[]): readonly string[] {
  const known = new Set(
    plan.stages.flatMap((stage) => stage.nodes.filter(({ node }) => isKind(node.work)).map(({ node }) => node.id)),
  );
  return ids.filter((id) => !known.has(id));
}

function sinkOf(plan: Plan, sinkId: string): AnySink<unknown> | undefined {
  for (const stage of plan.stages) {
    for (const { node } of stage.nodes) if (node.id === sinkId && node.work.kind === "sink") return node.work.sink;
  }
  return undefined;
}
