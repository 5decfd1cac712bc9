import type { KeyGroupRange } from "../state/key-groups.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import type { TableLayout } from "../state/layout.ts";
import type { StateAccess } from "../state/paging/state-access.ts";
import type { StateLimits } from "../state/paging/state-limits.ts";
import type { StateMemory } from "../state/paging/state-memory.ts";
import type { StatePaging } from "../state/paging/state-paging.ts";
import type { PagedRows, TablePager, TablePaging } from "../state/paging/table-pager.ts";
import type { TimerHorizon } from "../time/timer-horizon.ts";
import type { Requests } from "./requests.ts";
import type { StateGate } from "./state-gate.ts";
import type { FiredSpans, FiringPause } from "./windows/fired-spans.ts";
import type { StoredSpan } from "./windows/stored-spans.ts";

/** All that operators need where their state leaves memory. They reach it here alone, so that it can be left out. */
export interface PagingParts extends StatePaging {
  /** The memory of a run; `undefined` if it is not limited. */
  memory(limits: StateLimits): StateMemory | undefined;
  /** What keeps a table within it. */
  pager(rows: PagedRows, paging: TablePaging): TablePager;
  /** Keeps an operator from its records while what they need is not there. */
  gate(table: KeyedTable, pager: TablePager, requests: Requests): StateGate;
  /** Which timers are in memory. */
  horizon(table: KeyedTable, slot: number): TimerHorizon;
  /** The spans of windows that the store has entries of. */
  spans(access: StateAccess, layout: TableLayout, range: KeyGroupRange): Promise<readonly StoredSpan[]>;
  /** Fires a window of which something has left memory. */
  fire(firing: FiredSpans, place: FiringPlace): Generator<FiringPause, void>;
}

/** What the state of a run may take in memory, and how it leaves it; without that all of it stays. */
export interface PagedState extends StateLimits {
  readonly paging: PagingParts | undefined;
}

/** Where a window is fired. */
export interface FiringPlace {
  readonly table: KeyedTable;
  readonly gate: StateGate;
  readonly range: KeyGroupRange;
  readonly keyGroups: number;
}
