import type { Slot } from "../state/layout.ts";
import type { OperatorFactory } from "./operator.ts";

/** How a step is carried out whose kind the user brings along, as windows and joins. */
export interface StepPlan {
  /** What the step is called in plans. */
  readonly label: string;
  /** Why its results may depend on timing; `undefined`: they do not. */
  readonly timing?: string | undefined;
  /** The states that it keeps. */
  readonly slots: readonly Slot[];
  readonly create: OperatorFactory;
}
