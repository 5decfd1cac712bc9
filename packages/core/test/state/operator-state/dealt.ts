import type { OperatorStateDescriptors } from "../../../src/state/operator-state/descriptors.ts";
import { OperatorStates } from "../../../src/state/operator-state/operator-states.ts";
import { gatherParts, type StoredOperatorState } from "../../../src/state/operator-state/stored.ts";

/** The operator states of every subtask. */
export function open<S extends OperatorStateDescriptors>(
  descriptors: S,
  parallelism: number,
  stored?: StoredOperatorState,
): readonly OperatorStates<S>[] {
  return Array.from({ length: parallelism }, (_, subtask) => {
    const states = new OperatorStates("op", descriptors, { strict: true });
    if (stored !== undefined) states.restore(stored, subtask, parallelism);
    return states;
  });
}

/** What a checkpoint has of all subtasks. They acknowledge in no order to rely on: here, the last one first. */
export function save(subtasks: readonly Pick<OperatorStates, "freeze">[]): StoredOperatorState {
  const kept = subtasks.map((states, subtask) => ({ subtask, states: states.freeze()() }));
  return gatherParts("op", subtasks.length, kept.toReversed());
}
