import { assert } from "../../assert.ts";
import { invalidOption } from "../../invalid-option.ts";
import type { WindowPlan, WindowSpec } from "./window-spec.ts";
import type { WindowKind } from "./window-kind.ts";

/** Plans a step whose windows may have a trigger, an evictor, lateness, a process, or follow the clock. */
export type GeneralPlanner = (spec: WindowSpec, label: string, kind: Omit<WindowKind, "contents">) => WindowPlan;

/**
 * What a window is given that the operator of plain windows cannot do. It brings the general operator along, so that a
 * program whose windows are all plain does not contain it.
 */
export interface BringsGeneral {
  /** For the engine: plans the step. It is there if the value was made by a function of `@tidemark/core/windows`. */
  readonly general: GeneralPlanner;
}

/** The planner for a step that is no plain one. What asks for it has brought it along. */
export function generalOf({ id }: WindowSpec, general: GeneralPlanner | undefined): GeneralPlanner {
  assert(general !== undefined, `the windows of "${id}" are no plain ones, and nothing has brought their operator`);
  return general;
}

/**
 * Looks at what a window step is given besides a plain aggregate.
 *
 * @param made what of `@tidemark/core/windows` it has to be.
 * @returns what was found.
 * @throws {ConfigurationError} OPTION_INVALID if it was not made by one of them.
 */
export function checkMade<B extends BringsGeneral>(name: string, found: unknown, made: string): B | undefined {
  if (found === undefined || typeof (found as Partial<B> | null)?.general === "function") return found as B | undefined;
  throw invalidOption(name, found, `it has to be ${made} of "@tidemark/core/windows"`);
}
