import type { Manifest, StateShape } from "../checkpoint/manifest.ts";
import type { StateError } from "../errors.ts";
import type { NodeWork } from "../graph/logical.ts";
import type { Plan } from "../graph/plan.ts";
import type { DeclaredShape } from "../state/declared-shape.ts";
import type { StoredState } from "../state/operator-state/stored.ts";
import { incompatibleState, undeclaredState } from "../state/restored-entry.ts";

/**
 * Why the states of a checkpoint cannot be those that the plan declares: another kind, or a version that cannot be read.
 * Whether a keyed state that is no longer declared holds anything is known when its entries are restored, and older versions
 * than the newest are looked at there too. Of operator state all is known here.
 */
export function stateProblems(manifest: Manifest, plan: Plan): readonly StateError[] {
  const keyed = manifest.operators.flatMap(({ operatorId, states = [] }) => {
    const declared = workOf(plan, operatorId)?.states ?? [];
    return states.flatMap((found) => problemsOf(operatorId, found, declared));
  });
  const others = (manifest.operatorStates ?? []).flatMap(({ operatorId, states }) => {
    const work = workOf(plan, operatorId);
    if (work === undefined) return [];
    const declared = work.operatorStates ?? [];
    return states.flatMap((found) => {
      if (declared.some(({ name }) => name === found.name)) return problemsOf(operatorId, found, declared);
      return isKept(found) ? [undeclaredState(operatorId, found.name, [...(work.states ?? []), ...declared])] : [];
    });
  });
  return [...keyed, ...others];
}

/** Whether there is anything in an operator state. */
export function isKept({ parts }: StoredState): boolean {
  return parts.length > 0;
}

function problemsOf(operatorId: string, found: StateShape, declared: readonly DeclaredShape[]): readonly StateError[] {
  const now = declared.find(({ name }) => name === found.name);
  if (now === undefined || (found.kind === now.kind && now.readable.includes(found.version))) return [];
  const { name, kind, version } = now;
  return [incompatibleState(operatorId, found, { name, kind, version })];
}

function workOf(plan: Plan, operatorId: string): Extract<NodeWork, { readonly kind: "operator" }> | undefined {
  for (const { nodes } of plan.stages) {
    for (const { node } of nodes) if (node.id === operatorId && node.work.kind === "operator") return node.work;
  }
  return undefined;
}
