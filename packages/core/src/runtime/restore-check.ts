import type { Manifest } from "../checkpoint/manifest.ts";
import type { AnySink } from "../connect/sink.ts";
import { StateError } from "../errors.ts";
import type { NodeWork } from "../graph/logical.ts";
import type { Plan } from "../graph/plan.ts";
import { KEY_HASH_VERSION } from "../state/key-groups.ts";
import type { RestoreAllowances } from "./restore-options.ts";
import { isKept, stateProblems } from "./state-check.ts";

/** What is checked before a restore. */
export interface RestoreCheck extends RestoreAllowances {
  readonly manifest: Manifest;
  readonly plan: Plan;
  /** What messages call it, such as `checkpoint 7`. */
  readonly name: string;
  /** Whether it may be another job's. */
  readonly foreign: boolean;
}

/**
 * Refuses a checkpoint that the plan cannot go on from without losing something.
 *
 * @throws {StateError} STATE_FOREIGN_JOB, STATE_INCOMPATIBLE or STATE_UNMAPPED, saying what was found and what to do.
 */
export function checkRestorable(check: RestoreCheck): void {
  const [first] = restoreProblems(check);
  if (first !== undefined) throw first;
}

/** Everything for which a restore would be refused; empty if it would not. */
export function restoreProblems(check: RestoreCheck): readonly StateError[] {
  const { manifest, plan } = check;
  const problems: StateError[] = [];
  if (manifest.job !== plan.name && !check.foreign) problems.push(foreignJob(check));
  if (manifest.keyHashVersion !== KEY_HASH_VERSION || isOtherKeyGroups(check)) problems.push(otherKeyGroups(check));
  if (manifest.drained === true && check.allowDrained !== true) problems.push(drained(check));
  const unmapped = unmappedSteps(manifest, plan).filter((id) => check.allowUnmapped?.includes(id) !== true);
  if (unmapped.length > 0) problems.push(unmappedState(check, unmapped));
  problems.push(...stateProblems(manifest, plan));
  for (const { sinkId, committables } of manifest.sinks) {
    const sink = sinkOf(plan, sinkId);
    if (committables.length === 0 || sink === undefined || sink.createCommitter !== undefined) continue;
    problems.push(uncommittable(check, sinkId, sink));
  }
  return problems;
}

/** The steps of a checkpoint that the plan has no place for: everything it holds something of has to be there. */
export function unmappedSteps(manifest: Manifest, plan: Plan): readonly string[] {
  const { sources, operators, operatorStates = [], sinks } = manifest;
  const pending = sinks.filter((sink) => sink.committables.length > 0);
  const unknown = [
    ...unknownOf(
      plan,
      (work) => work.kind === "source",
      sources,
      (source) => source.sourceId,
    ),
    ...unknownOf(
      plan,
      (work) => work.kind === "operator" && work.stateful,
      operators,
      (each) => each.operatorId,
    ),
    ...unknownOf(
      plan,
      (work) => work.kind === "operator" && (work.stateful || work.operatorStates !== undefined),
      operatorStates.filter(({ states }) => states.some(isKept)),
      (each) => each.operatorId,
    ),
    ...unknownOf(
      plan,
      (work) => work.kind === "sink",
      pending,
      (sink) => sink.sinkId,
    ),
  ];
  return [...new Set(unknown)];
}

function unknownOf<T>(
  plan: Plan,
  isKind: (work: NodeWork) => boolean,
  states: readonly T[],
  idOf: (state: T) => string,
): readonly string[] {
  const known = new Set(
    plan.stages.flatMap((stage) => stage.nodes.filter(({ node }) => isKind(node.work)).map(({ node }) => node.id)),
  );
  return states.map(idOf).filter((id) => !known.has(id));
}

/** A number that nobody asked for gives way to the one that the state has. */
function isOtherKeyGroups({ manifest, plan }: RestoreCheck): boolean {
  return manifest.keyGroups !== plan.keyGroups && plan.keyGroupsDerived !== true;
}

function foreignJob({ manifest, plan, name }: RestoreCheck): StateError {
  return new StateError(
    "STATE_FOREIGN_JOB",
    `Cannot restore ${name}: it belongs to job "${manifest.job}", not to "${plan.name}"`,
    { details: { expected: plan.name, found: manifest.job } },
  );
}

function otherKeyGroups({ manifest, plan, name }: RestoreCheck): StateError {
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore ${name}: it has ${manifest.keyGroups} key groups by hash ${manifest.keyHashVersion}, the job asks for ` +
      `${plan.keyGroups} by hash ${KEY_HASH_VERSION}. The number is fixed for the life of a job: set keyGroups to ${manifest.keyGroups}, ` +
      "or leave it out",
    { details: { found: manifest.keyGroups, expected: plan.keyGroups } },
  );
}

function drained({ name }: RestoreCheck): StateError {
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore ${name}: the job was drained, so event time is at its end there, and every record that is still to come would ` +
      "be late. Restore a snapshot that was taken without draining, or say allowDrained if records after it do not matter",
    { details: { drained: true } },
  );
}

function unmappedState({ name }: RestoreCheck, unmapped: readonly string[]): StateError {
  return new StateError(
    "STATE_UNMAPPED",
    `Cannot restore ${name}: the pipeline has no step ${unmapped.map((id) => `"${id}"`).join(", ")} of the ` +
      "kind whose state it holds. Give the step its old id back, begin with a savepoint and rename it there, name it in allowUnmapped to " +
      "leave its state behind, or start on an empty place",
    { details: { unmapped } },
  );
}

function uncommittable({ name }: RestoreCheck, sinkId: string, sink: AnySink<unknown>): StateError {
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore ${name}: it holds what sink "${sinkId}" has still to commit, and ${sink.name} commits ` +
      "nothing. Run the job to its end with the old sink first, or give the new one another id",
    { details: { sinkId, sink: sink.name } },
  );
}

function sinkOf(plan: Plan, sinkId: string): AnySink<unknown> | undefined {
  for (const stage of plan.stages) {
    for (const { node } of stage.nodes) if (node.id === sinkId && node.work.kind === "sink") return node.work.sink;
  }
  return undefined;
}
