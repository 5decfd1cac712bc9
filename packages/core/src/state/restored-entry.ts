import { StateError } from "../errors.ts";
import type { EntryValue } from "./entry-codec.ts";
import { Stamped, Unread, UNSTAMPED } from "./held.ts";
import { shapeOfSlot, type Slot, type SlotShape, type TableLayout } from "./layout.ts";

/**
 * What a cell holds of a restored entry: the value where it can be used as it is, otherwise with what is to be done to it
 * when it is first read. Nothing is migrated here: that would be all at once.
 *
 * @param single Whether the entry has no subkey.
 */
export function heldOf(slot: Slot, single: boolean, { value, version, at }: EntryValue): unknown {
  // Which chunks a list has is the engine's own business, and as old as the newest of them.
  if (slot.kind === "list" && single) return value;
  if (version !== slot.version || slot.evolution?.checks === true) return new Unread(value, version, at);
  return slot.ttl === undefined ? value : new Stamped(value, at ?? UNSTAMPED);
}

/**
 * Refuses an entry that its declared state cannot read.
 *
 * @throws {StateError} STATE_INCOMPATIBLE with what was found and what is declared.
 */
export function checkFits(layout: TableLayout, index: number, single: boolean, { value, version }: EntryValue): void {
  const slot = layout.slots[index] as Slot;
  const isKind = slot.kind === "list" || (slot.kind === "value") === single;
  if (isKind && (version === slot.version || slot.evolution?.reads(version) === true)) return;
  const sample = slot.evolution === undefined ? "" : `, such as ${slot.evolution.describe(value)}`;
  const kind = isKind ? shapeOfSlot(slot).kind : single ? "value" : "map";
  throw incompatibleState(layout.operatorId, { name: slot.name, kind, version }, shapeOfSlot(slot), sample);
}

/**
 * The error of a state that cannot be read as what it is declared.
 *
 * @param sample What a stored value looks like, to be put behind what was found.
 */
export function incompatibleState(operator: string, found: SlotShape, declared: SlotShape, sample = ""): StateError {
  const hint =
    found.kind !== declared.kind
      ? "Declare it as it was, or give the new state another name"
      : found.version > declared.version
        ? "It was written by a newer program: run that one, or restore an older checkpoint"
        : `Give it a migration from each version on the way, from ${found.version} on`;
  return new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot restore state "${found.name}" of operator "${operator}": found ${found.kind} state of version ${found.version}${sample}, ` +
      `and it is declared as ${declared.kind} state of version ${declared.version}. ${hint}`,
    { details: { operator, state: found.name, found, declared } },
  );
}

/** The error of an entry whose state the operator does not declare. */
export function unmapped({ operatorId, slots }: TableLayout, state: string): StateError {
  return undeclaredState(operatorId, state, slots);
}

/** The error of a state that an operator has kept and does not declare. */
export function undeclaredState(
  operator: string,
  state: string,
  declared: readonly { readonly name: string }[],
): StateError {
  const names = declared.map(({ name }) => `"${name}"`).join(", ");
  return new StateError(
    "STATE_UNMAPPED",
    `Cannot restore state "${state}" of operator "${operator}": the operator declares ${names || "no state"}. ` +
      "Declare the state again, or restore with the program that wrote it",
    { details: { operator, state } },
  );
}
