import type { StoredOperatorState, StoredState } from "../state/operator-state/stored.ts";
import { compareText, type ImageOperator, type ImageState } from "./image.ts";

/** Operators with the number of items and bytes of their operator states besides: what a restore has to find a place for. */
export function withOperatorStates(
  operators: readonly ImageOperator[],
  stored: readonly StoredOperatorState[],
): readonly ImageOperator[] {
  const counted = operators.map((operator): ImageOperator => {
    const found = stored.find(({ operatorId }) => operatorId === operator.operatorId);
    if (found === undefined) return operator;
    return {
      ...operator,
      parallelism: Math.max(operator.parallelism, found.parallelism),
      states: [...operator.states, ...found.states.map(count)],
    };
  });
  const others = stored
    .filter(({ operatorId }) => operators.every((operator) => operator.operatorId !== operatorId))
    .map(({ operatorId, parallelism, states }): ImageOperator => {
      return { operatorId, parallelism, watermarks: [], states: states.map(count) };
    });
  return [...counted, ...others].toSorted((a, b) => compareText(a.operatorId, b.operatorId));
}

function count({ name, kind, version, parts }: StoredState): ImageState {
  const items = parts.flatMap((part) => part.items);
  const bytes = items.reduce((sum, { key, value }) => sum + value.length + (key?.length ?? 0), 0);
  return { name, kind, version, entries: items.length, bytes, versions: items.length === 0 ? [] : [version] };
}
