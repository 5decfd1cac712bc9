import type { Slot, SlotKind } from "../../state/layout.ts";

/** The slots of an operator's table while its parts ask for theirs. */
export class SlotPlan {
  readonly slots: Slot[];

  /** @param slots Those that are taken already, from the first on. */
  constructor(slots: readonly Slot[]) {
    this.slots = [...slots];
  }

  /** Takes the next slot and returns its place. */
  add(name: string, kind: SlotKind): number {
    return this.slots.push({ name, kind, version: 0 }) - 1;
  }
}
