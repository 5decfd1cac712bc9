import type { LogicalNode, NodeWork } from "../graph/logical.ts";
import type { StepPlan } from "../operators/step-plan.ts";
import { declaredShapes } from "../state/declared-shape.ts";
import { isTimerState } from "../state/entry-codec.ts";
import { addNode, type AnyStepOptions, type GraphDraft, type StreamEnd } from "./graph-draft.ts";

/** A step that is planned already, and its place. */
export interface PlannedStep extends StepPlan {
  /** As `idIn` makes it. */
  readonly id: string;
  /** Whether its records have a key. Default: if it keeps state by key. */
  readonly keyed?: boolean;
  readonly options: AnyStepOptions | undefined;
}

/** Adds a step that is planned already. */
export function addPlanned(
  draft: GraphDraft,
  { id, label, timing, order, slots, operatorStates, sides, late, create, keyed, options }: PlannedStep,
  ...inputs: readonly (readonly StreamEnd[])[]
): LogicalNode {
  const stateful = slots !== undefined;
  const states = slots && declaredShapes(slots.filter(({ name }) => !isTimerState(name)));
  const work: NodeWork = {
    kind: "operator",
    create,
    keyed: keyed ?? stateful,
    stateful,
    timing,
    order,
    states,
    operatorStates,
    sides,
    late,
  };
  return addNode(draft, { id, label, work: () => work, options }, ...inputs);
}
