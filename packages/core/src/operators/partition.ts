import { atomicFlatMap } from "./atomic-flat-map.ts";
import type { OperatorFactory } from "./operator.ts";

/** What messages and dead letters call the function that chooses a subtask. */
export const PARTITIONER = "the partitioner";

/** Chooses the subtask that gets a record, from 0 to one less than their number. */
export type Partitioner = (value: unknown, subtasks: number) => number;

/** Asks a partitioner before records are dealt out, so that those it has no answer for can be set aside. */
export function partitionOperator(id: string, choose: Partitioner): OperatorFactory {
  return (context) => {
    const { readers = [] } = context;
    const expand = (value: unknown): readonly unknown[] => {
      for (const subtasks of readers) {
        const chosen = choose(value, subtasks);
        if (!isSubtask(chosen, subtasks)) throw new RangeError(`it ${choseNone(chosen, subtasks)}`);
      }
      return [value];
    };
    return atomicFlatMap({ id, call: PARTITIONER, expand }, context);
  };
}

/** Whether a partitioner has chosen a subtask that there is. */
export function isSubtask(chosen: number, subtasks: number): boolean {
  return Number.isInteger(chosen) && chosen >= 0 && chosen < subtasks;
}

/** What it has done otherwise. */
export function choseNone(chosen: number, subtasks: number): string {
  return `chose subtask ${String(chosen)}: it must be a whole number from 0 to ${subtasks - 1}`;
}
