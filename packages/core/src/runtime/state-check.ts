import type { Manifest, StateShape } from "../checkpoint/manifest.ts";
import { StateError } from "../errors.ts";
import type { Plan } from "../graph/plan.ts";
import type { DeclaredShape } from "../state/declared-shape.ts";

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
      return now === undefined || fits(found, now) ? [] : [incompatible(operatorId, found, now)];
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

function incompatible(operator: string, found: StateShape, now: DeclaredShape): StateError {
  const hint =
    found.kind !== now.kind
      ? "Declare it as it was, or give the new state another name"
      : found.version > now.version
        ? "It was written by a newer program: run that one, or restore an older checkpoint"
        : `Give it a migration from each version on the way, from ${found.version} on`;
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore state "${found.name}" of operator "${operator}": found ${found.kind} state of version ${found.version}, and it is ` +
      `declared as ${now.kind} state of version ${now.version}. ${hint}`,
    {
      details: {
        operator,
        state: found.name,
        found: { kind: found.kind, version: found.version },
        declared: { kind: now.kind, version: now.version },
      },
    },
  );
}
