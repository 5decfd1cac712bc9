import { StateMemory } from "../state/paging/state-memory.ts";
import { TablePager } from "../state/paging/table-pager.ts";
import { TimerHorizon } from "../time/timer-horizon.ts";
import type { PagingParts } from "./paging-parts.ts";
import { StateGate } from "./state-gate.ts";
import { PagedFiring } from "./windows/paged-firing.ts";
import { storedSpans } from "./windows/stored-spans.ts";

/**
 * How state leaves memory and comes back. Backends on disk and in object stores bring it along; with another one it is said
 * to `run`.
 *
 * @example
 * ```ts
 * import { statePaging } from "@tidemark/core/state";
 *
 * const state = { limitBytes: 64 * 2 ** 20, paging: statePaging };
 * ```
 */
export const statePaging: PagingParts = {
  memory: (limits) => StateMemory.within(limits),
  pager: (rows, paging) => new TablePager(rows, paging),
  gate: (table, pager, requests) => new StateGate(table, pager, requests),
  horizon: (table, slot) => new TimerHorizon(table, slot),
  spans: storedSpans,
  fire: (firing, place) => new PagedFiring(place).fire(firing),
};
