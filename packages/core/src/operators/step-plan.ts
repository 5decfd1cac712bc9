import type { DeclaredShape } from "../state/declared-shape.ts";
import type { Slot } from "../state/layout.ts";
import type { OperatorFactory } from "./operator.ts";

/** How a step is carried out whose kind the user brings along, as windows, joins and processes with operator state. */
export interface StepPlan {
  /** What the step is called in plans. */
  readonly label: string;
  /** Why its results may depend on timing; `undefined`: they do not. */
  readonly timing?: string | undefined;
  /**
   * `any`: nothing that comes of it is known to depend on the order in which records reach it, beyond what `timing` tells.
   * Default: what it keeps may depend on that.
   */
  readonly order?: "any" | undefined;
  /** The states that it keeps by key; `undefined`: it has no keys. */
  readonly slots: readonly Slot[] | undefined;
  /** What its subtasks keep besides keys. Default: nothing. */
  readonly operatorStates?: readonly DeclaredShape[];
  /** The names of all side outputs it may have, dead letters apart. Default: any, as user code says. */
  readonly sides?: readonly (string | undefined)[] | undefined;
  /** The names of the side outputs for records that come too late. Default: none. */
  readonly late?: readonly (string | undefined)[] | undefined;
  /** Makes the operator of each subtask. */
  readonly create: OperatorFactory;
}
