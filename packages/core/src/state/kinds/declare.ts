import { ConfigurationError } from "../../errors.ts";
import type { StateDescriptor, StateKind } from "../descriptors.ts";
import type { KeyedTable } from "../keyed-table.ts";
import type { Slot } from "../layout.ts";
import type { Reads } from "../paging/stored-sweep.ts";
import type { TtlSweep } from "../ttl-sweep.ts";
import { CellAccess, type StatePlace } from "./access.ts";

/** A descriptor as the engine sees it. */
export interface DeclaredState<H = unknown> extends StateDescriptor<H> {
  /** How its entries lie in a row, and how they are read; all but the name, which the operator gives. */
  readonly slot: Omit<Slot, "name">;
  /** Makes the handle. */
  bind(place: StatePlace): H;
  /** Makes what removes expired entries, of all states of a table, if this one has a time to live. */
  readonly sweep: MakeSweep | undefined;
}

/** Makes a sweep over a table. `now` gives processing time, `reads` lets it read what is in the store alone. */
export type MakeSweep = (table: KeyedTable, now: () => number, reads: Reads) => TtlSweep;

/** How a state lays out its entries, and what it was given besides. */
export interface Declaration extends Omit<Slot, "name" | "version"> {
  readonly version?: number;
  /** How its handle reaches cells. Default: as they are. */
  readonly access?: (place: StatePlace) => CellAccess;
  /** What removes its expired entries. */
  readonly sweep?: MakeSweep | undefined;
}

/** Makes a descriptor. */
export function declare<H, K extends StateKind>(
  kind: K,
  { version = 0, access = (place) => new CellAccess(place), sweep, ...slot }: Declaration,
  handle: (access: CellAccess) => H,
): DeclaredState<H> & { readonly kind: K } {
  return { kind, version, slot: { ...slot, stateKind: kind, version }, sweep, bind: (place) => handle(access(place)) };
}

/** What is given to a function that takes no options would be lost without a word. */
export function refuseOptions(name: string, options: readonly unknown[]): void {
  if (options.length === 0) return;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `Cannot declare this state: the ${name} of @tidemark/core takes no options. Import the one of @tidemark/core/state`,
  );
}
