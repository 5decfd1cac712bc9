import type { KeyedTable } from "../state/keyed-table.ts";
import type { NeededEntry, Needs } from "../state/paging/state-miss.ts";
import type { LoadedState, TablePager } from "../state/paging/table-pager.ts";
import { DONE, PENDING, type Progress } from "./progress.ts";
import type { Requests } from "./requests.ts";

/** How much of what was read is put into memory before others have a turn. */
const TAKEN_MAX = 256;

/**
 * Keeps an operator from its records while its table is over its memory, or what they need is being loaded. An operator
 * enters before records and leaves when it has nothing left of them.
 */
export class StateGate {
  readonly #table: KeyedTable;
  readonly pager: TablePager;
  readonly #requests: Requests;
  #isWaiting = false;
  /** How many of these were loaded the last time. */
  #ahead = 4;

  constructor(table: KeyedTable, pager: TablePager, requests: Requests) {
    this.#table = table;
    this.pager = pager;
    this.#requests = requests;
  }

  /** Whether entries that were loaded are still wanted. */
  get isPinned(): boolean {
    return this.pager.isPinned;
  }

  /** Whether something is being loaded or written that its operator waits for. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Whether entries may be missing. */
  get isPartial(): boolean {
    return !this.pager.isComplete;
  }

  /** Whether a call of user code asked for what was not there, even if it has caught what was thrown. */
  get hasMissed(): boolean {
    return this.pager.missed !== undefined;
  }

  /**
   * Loads what a call has missed, and besides what will be asked for next: a little at first, so that the first record after a start
   * need not wait for all of its batch.
   */
  loadMissed(upcoming: readonly NeededEntry[]): Progress {
    const { entries = [], maps = [] } = this.pager.missed ?? {};
    this.#ahead *= 4;
    return this.load({ entries: [...entries, ...upcoming.slice(0, this.#ahead)], maps });
  }

  /** PENDING: come back when a request has ended. */
  enter(): Progress {
    if (this.#isWaiting) return PENDING;
    if (this.pager.isPinned || this.#table.balance()) return DONE;
    return this.#wait(
      () => this.pager.memory.written(),
      () => undefined,
    );
  }

  /** What is in memory stays there until the operator leaves. */
  stay(): void {
    this.pager.isPinned = true;
  }

  /** Nothing is left that would miss what was loaded. Others may have what was changed written: nobody may come back for long. */
  leave(): void {
    this.pager.isPinned = false;
    this.#table.countChanges();
  }

  /** Loads entries; they stay until the operator leaves. */
  load(needs: Needs): Progress {
    return this.waitFor(
      () => this.pager.load(needs),
      (loaded) => this.#take(loaded),
    );
  }

  /** Puts what was read into memory, a share in each call: as long as some is left it counts as being read. */
  #take({ needs, values, maps }: LoadedState): void {
    const { entries } = needs;
    const isLast = entries.length <= TAKEN_MAX;
    this.pager.take({
      needs: { entries: entries.slice(0, TAKEN_MAX), maps: isLast ? needs.maps : [] },
      values: values.slice(0, TAKEN_MAX),
      maps,
    });
    if (isLast) return;
    const rest = { needs: { ...needs, entries: entries.slice(TAKEN_MAX) }, values: values.slice(TAKEN_MAX), maps };
    this.#wait(
      async () => rest,
      () => this.#take(rest),
    );
  }

  /** Waits for something that reads state. What is in memory by then stays there until the operator leaves. */
  waitFor<T>(run: () => Promise<T>, completed: (result: T) => void): Progress {
    this.stay();
    return this.#wait(run, completed);
  }

  #wait<T>(run: () => Promise<T>, completed: (result: T) => void): Progress {
    this.#isWaiting = true;
    this.#requests.start(run, (result) => {
      this.#isWaiting = false;
      completed(result);
    });
    return PENDING;
  }
}
