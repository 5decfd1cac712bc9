import type { Slot, SlotShape } from "./layout.ts";
import { shapeOfSlot } from "./layout.ts";
import type { StandardSchema } from "./standard-schema.ts";

/** What a program declares of a state: enough to judge whether it can go on from what was stored. */
export interface DeclaredShape extends SlotShape {
  /** The versions that it can read, ascending; the last is the one it writes. */
  readonly readable: readonly number[];
  readonly schema: StandardSchema | undefined;
  /** Whether entries expire. */
  readonly expires: boolean;
}

/** What the states of an operator are declared as. */
export function declaredShapes(slots: readonly Slot[]): readonly DeclaredShape[] {
  return slots.map((slot) => ({
    ...shapeOfSlot(slot),
    readable: slot.evolution?.readable ?? [slot.version],
    schema: slot.evolution?.schema,
    expires: slot.ttl !== undefined,
  }));
}
