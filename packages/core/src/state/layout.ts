import { assert } from "../assert.ts";
import { ByteWriter } from "../bytes/writer.ts";
import type { Evolution } from "./evolution.ts";
import { writeKey } from "./key-codec.ts";
import type { TimeToLive } from "./ttl.ts";

/**
 * What a slot of a row holds: one value; a map of entries; a list (a value that says which chunks there are, and a map of
 * chunks by number); or timers (a map from time to nothing, stored in the order of time).
 */
export type SlotKind = "value" | "map" | "list" | "timers";

/** One named state of an operator. */
export interface Slot {
  readonly name: string;
  readonly kind: SlotKind;
  /** The version of the values; it stands before each of them. */
  readonly version: number;
  /** How values of other versions are read, and all are checked. Default: no others are, and nothing is checked. */
  readonly evolution?: Evolution | undefined;
  /** When entries expire. Default: never. */
  readonly ttl?: TimeToLive | undefined;
  /** The kind of state that it is declared as, where several kinds lie in a row alike. Default: `kind`. */
  readonly stateKind?: string | undefined;
}

/** What checkpoints, plans and messages say of a state. */
export interface SlotShape {
  readonly name: string;
  /** `"value"`, `"reducing"`, `"timers"` and so on. */
  readonly kind: string;
  /** The version of the values that are written. */
  readonly version: number;
}

/** What can be told of a slot without knowing the program. */
export function shapeOfSlot({ name, kind, stateKind = kind, version }: Slot): SlotShape {
  return { name, kind: stateKind, version };
}

/** The states of an operator, each with the bytes that its entries' keys carry after their key group. */
export class TableLayout {
  readonly operatorId: string;
  readonly slots: readonly Slot[];
  readonly shapes: readonly SlotShape[];
  readonly prefixes: readonly Uint8Array[];

  constructor(operatorId: string, slots: readonly Slot[]) {
    this.operatorId = operatorId;
    this.slots = slots;
    this.shapes = slots.map(shapeOfSlot);
    this.prefixes = slots.map((slot) => statePrefix(operatorId, slot.name));
    slots.forEach(({ name }, index) => {
      const first = slots.findIndex((slot) => slot.name === name);
      assert(first === index, `operator "${operatorId}" has two states named "${name}"`);
    });
  }
}

/** The bytes after the key group that all entries of one state of an operator share. */
export function statePrefix(operatorId: string, state: string): Uint8Array {
  const writer = new ByteWriter();
  writeKey(writer, operatorId);
  writeKey(writer, state);
  return writer.finish();
}

/** The bytes after the key group that all entries of an operator share. */
export function operatorBytes(operatorId: string): Uint8Array {
  const writer = new ByteWriter();
  writeKey(writer, operatorId);
  return writer.finish();
}

/** The bytes with which all entries of an operator, or of one of its states, in one key group begin. */
export function operatorPrefix(keyGroup: number, operatorId: string, state?: string): Uint8Array {
  const writer = new ByteWriter();
  writer.u16(keyGroup);
  writeKey(writer, operatorId);
  if (state !== undefined) writeKey(writer, state);
  return writer.finish();
}
