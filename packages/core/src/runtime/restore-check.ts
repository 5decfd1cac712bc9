import type { Manifest } from "../checkpoint/manifest.ts";
import { StateError } from "../errors.ts";
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
  const known = new Set(plan.stages.flatMap((stage) => stage.nodes.map(({ node }) => node.id)));
  const held = [
    ...manifest.sources.map((source) => source.sourceId),
    ...manifest.operators.map((operator) => operator.operatorId),
    ...manifest.sinks.filter((sink) => sink.committables.length > 0).map((sink) => sink.sinkId),
  ];
  const unmapped = [...new Set(held.filter((id) => !known.has(id)))];
  if (unmapped.length === 0) return;
  throw new StateError(
    "STATE_UNMAPPED",
    `Cannot restore checkpoint ${manifest.checkpointId}: the pipeline has no step ${unmapped.map((id) => `"${id}"`).join(", ")}, ` +
      "whose state it holds. Give the step its old id back, or start on an empty place",
    { details: { unmapped } },
  );
}
