import type { Manifest, StateShape } from "../checkpoint/manifest.ts";
import type { StateError } from "../errors.ts";
import type { Plan } from "../graph/plan.ts";
import type { DeclaredShape } from "../state/declared-shape.ts";
import { incompatibleState } from "../state/restored-entry.ts";

/**
 * Why the states of a checkpoint cannot be those that the plan declares: another kind, or a version that cannot be read.
 * Whether a state that is no longer declared holds anything is known when its entries are restored, and older versions
 * than the newest are looked at there too.
 */
export function stateProblems(manifest: Manifest, plan: Plan): readonly StateError[] {
  return manifest.operators.flatMap(({ operatorId, states = [] }) => {
    const declared = declaredBy(plan, operatorId);
    return states.flatMap((found) => {
      const now = declared.find(({ name }) => name === found.name);
      if (now === undefined || fits(found, now)) return [];
      const { name, kind, version } = now;
      return [incompatibleState(operatorId, found, { name, kind, version })];
    });
  });
}

function declaredBy(plan: Plan, operatorId: string): readonly DeclaredShape[] {
  for (const { nodes } of plan.stages) {
    for (const { node } of nodes) {
      if (node.id === operatorId && node.work.kind === "operator") return node.work.states ?? [];
    }
  }
  return [];
}

function fits({ kind, version }: StateShape, now: DeclaredShape): boolean {
  return kind === now.kind && now.readable.includes(version);
}
