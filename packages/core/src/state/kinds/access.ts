import type { StateDescriptor } from "../descriptors.ts";
import type { KeyContext } from "../key-context.ts";
import type { KeyedTable } from "../keyed-table.ts";
import type { SlotKind } from "../layout.ts";

/** Where a handle stands: the slot of its operator's table, and the key that is current there. */
export interface StatePlace {
  readonly table: KeyedTable;
  readonly context: KeyContext;
  readonly slot: number;
}

/** A descriptor as the engine sees it: how its entries lie in a row, and how its handle is made. */
export interface BoundDescriptor<H = unknown> extends StateDescriptor<H> {
  readonly storage: SlotKind;
  bind(place: StatePlace): H;
}
