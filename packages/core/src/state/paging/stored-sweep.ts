import { concatBytes } from "../../bytes/compare.ts";
import type { KeyRange, StateEntry } from "../backend.ts";
import { stateRange } from "../entry-codec.ts";
import type { KeyedTable } from "../keyed-table.ts";
import type { Slot } from "../layout.ts";
import type { TimeToLive } from "../ttl.ts";
import { ReadingWatch } from "./reading-watch.ts";
import { StoredExpiry } from "./stored-expiry.ts";
import { slicesOf, type TablePager } from "./table-pager.ts";

/** What a reading costs besides its entries, in entries that are looked at. */
const READING_COST = 16;

/** A reading ends when it has so many entries, or with the key group. */
const PAGE_ENTRIES = 256;

/** A round begins when this part of a time to live has passed since the one before began. */
const ROUND_SHARE = 1 / 2;

/** Starts what takes time, and tells its end between two calls of the operator. */
export interface Reads {
  start<T>(run: () => Promise<T>, completed: (result: T) => void): void;
}

/** Where a round through one state has come to. */
interface Round {
  readonly slot: number;
  keyGroup: number;
  /** With that of `keyGroup`. */
  groupsLeft: number;
  /** What is left of the key group. */
  range: KeyRange;
  /** What was read and not yet looked at. */
  page: Page | undefined;
}

interface Page {
  readonly entries: readonly StateEntry[];
  /** Whether the key group has none behind them. */
  readonly isEnd: boolean;
  readonly watch: ReadingWatch;
  next: number;
}

/**
 * Removes expired entries that are in the store alone: it reads each state with a time to live from end to end, a little at
 * a time and in the background. Of what it reads nothing stays in memory but what it changes. No checkpoint knows how far it has come.
 * (Flink's compaction filter, by rounds of its own.)
 */
export class StoredSweep {
  readonly #table: KeyedTable;
  readonly #pager: TablePager;
  readonly #slots: readonly number[];
  readonly #now: () => number;
  readonly #reads: Reads;
  readonly #expiry: StoredExpiry;
  /** When the last round through each state began. */
  readonly #begun = new Map<number, number>();
  #round: Round | undefined;
  #isReading = false;
  /** How many entries may still be looked at. */
  #left = 0;

  /** @param now processing time, in whole milliseconds since the epoch. */
  constructor(table: KeyedTable, pager: TablePager, slots: readonly number[], now: () => number, reads: Reads) {
    this.#table = table;
    this.#pager = pager;
    this.#slots = slots;
    this.#now = now;
    this.#reads = reads;
    this.#expiry = new StoredExpiry(table, pager);
  }

  /** Has up to `entries` entries looked at, as they are read. */
  step(entries: number): void {
    if (this.#pager.isComplete) return;
    this.#left = Math.max(this.#left, entries);
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isReading || this.#left <= 0) return;
    this.#round ??= this.#newRound();
    const round = this.#round;
    if (round === undefined) return;
    this.#isReading = true;
    this.#reads.start(
      async () => round.page ?? (await this.#read(round)),
      (page) => {
        this.#isReading = false;
        this.#look(round, page);
        this.#goOn();
      },
    );
  }

  #newRound(): Round | undefined {
    const now = this.#now();
    const slot = this.#slots.find((candidate) => this.#isDue(candidate, now));
    if (slot === undefined) return undefined;
    this.#begun.set(slot, now);
    const { first, last } = this.#table.range;
    const groupsLeft = last - first + 1;
    // Short runs begin somewhere else each time, so that together they come by everywhere.
    const keyGroup = first + (now % groupsLeft);
    return { slot, keyGroup, groupsLeft, range: stateRange(this.#table.layout, { slot, keyGroup }), page: undefined };
  }

  #isDue(slot: number, now: number): boolean {
    const begun = this.#begun.get(slot);
    const { afterMs } = (this.#table.layout.slots[slot] as Slot).ttl as TimeToLive;
    // A clock that was put back must not hold it up.
    return begun === undefined || now < begun || now >= begun + afterMs * ROUND_SHARE;
  }

  async #read({ range }: Round): Promise<Page> {
    const watch = new ReadingWatch(this.#pager.settledEpoch);
    this.#pager.watches.add(watch);
    const entries: StateEntry[] = [];
    const { access } = this.#pager;
    for await (const slice of slicesOf({ slice: (rest) => access.slice(rest, { once: true }) }, range)) {
      for (const entry of slice) entries.push(entry);
      if (entries.length >= PAGE_ENTRIES) return { entries, isEnd: false, watch, next: 0 };
    }
    return { entries, isEnd: true, watch, next: 0 };
  }

  #look(round: Round, page: Page): void {
    if (round.page === undefined) this.#left -= READING_COST;
    const { entries, watch } = page;
    const about = { slot: round.slot, watch, now: this.#now() };
    for (; page.next < entries.length && this.#left > 0; this.#left--) {
      this.#expiry.look(entries[page.next++] as StateEntry, about);
    }
    round.page = page.next < entries.length ? page : undefined;
    if (round.page === undefined) this.#turnOver(round, page);
  }

  /** Goes to what comes behind a page. */
  #turnOver(round: Round, { entries, isEnd, watch }: Page): void {
    this.#expiry.pageEnded(watch, isEnd);
    if (!isEnd) {
      const { key } = entries.at(-1) as StateEntry;
      round.range = { from: concatBytes([key, Uint8Array.of(0)]), to: round.range.to };
      return;
    }
    if (--round.groupsLeft === 0) {
      this.#round = undefined;
      return;
    }
    const { first, last } = this.#table.range;
    round.keyGroup = round.keyGroup === last ? first : round.keyGroup + 1;
    round.range = stateRange(this.#table.layout, round);
  }
}
