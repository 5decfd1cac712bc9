import { HOLD, oldest, type SchedulePolicy } from "./policy.ts";
import type { SimRandom } from "./random.ts";

/** Something that will happen: at once when it is picked, or when its time has come and it is picked. */
export interface AgendaItem {
  readonly seq: number;
  readonly label: string;
  /** The process it belongs to; `undefined` for what outlives its process. */
  owner: number | undefined;
  /** When it may happen at the earliest, in virtual milliseconds. */
  readonly at: number;
  run(): void;
}

/** The most time that passes at once while something is held back that could happen, in virtual milliseconds. */
const HOLD_MS_MAX = 1000;

/** The virtual clock, with all that is going to happen. Nothing in it happens by itself. */
export class Agenda {
  readonly #ready: AgendaItem[] = [];
  /** Sorted, latest first, so that the next one is the last. */
  readonly #timers: AgendaItem[] = [];
  readonly #frozen: Set<number> = new Set();
  #now: number;
  #seq = 0;

  constructor(now: number) {
    this.#now = now;
  }

  get now(): number {
    return this.#now;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.#now += ms;
  }

  /** Adds something that may happen after a delay. */
  add(owner: number | undefined, label: string, delayMs: number, run: () => void): AgendaItem {
    const item: AgendaItem = { seq: this.#seq++, label, owner, at: this.#now + Math.max(0, delayMs), run };
    if (delayMs <= 0) this.#ready.push(item);
    else this.#timers.splice(this.#place(item), 0, item);
    return item;
  }

  #place(item: AgendaItem): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timers[middle]!.at > item.at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes back something that has not happened. */
  cancel(item: AgendaItem): void {
    for (const list of [this.#ready, this.#timers]) {
      const index = list.indexOf(item);
      if (index >= 0) list.splice(index, 1);
    }
  }

  /** Takes back all that belongs to a process, oldest first. */
  removeOf(owner: number): readonly AgendaItem[] {
    const removed: AgendaItem[] = [];
    for (const list of [this.#ready, this.#timers]) {
      for (let index = list.length - 1; index >= 0; index--) {
        if (list[index]!.owner === owner) removed.push(...list.splice(index, 1));
      }
    }
    return removed.sort((left, right) => left.seq - right.seq);
  }

  /** Holds back all that belongs to a process, as if it did not get the processor. */
  freeze(owner: number): void {
    this.#frozen.add(owner);
  }

  /** Ends {@link freeze}. */
  thaw(owner: number): void {
    this.#frozen.delete(owner);
  }

  /**
   * Takes out what happens next. With nothing ready, or all of it held back, the clock skips to the next timer.
   *
   * @returns `undefined` if nothing will ever happen again.
   */
  take(policy: SchedulePolicy, random: SimRandom): AgendaItem | undefined {
    for (;;) {
      this.#ripen();
      const choices = this.#choices();
      const index = choices.length === 0 ? HOLD : policy(choices, random);
      const next = this.#timers.at(-1);
      if (index === HOLD && next !== undefined && (choices.length === 0 || next.at <= this.#now + HOLD_MS_MAX)) {
        this.#now = next.at;
        continue;
      }
      const item = choices[index === HOLD ? oldest(choices, random) : index];
      if (item !== undefined) this.#ready.splice(this.#ready.indexOf(item), 1);
      return item;
    }
  }

  #ripen(): void {
    while (this.#timers.length > 0 && this.#timers.at(-1)!.at <= this.#now) this.#ready.push(this.#timers.pop()!);
  }

  #choices(): readonly AgendaItem[] {
    if (this.#frozen.size === 0) return this.#ready;
    return this.#ready.filter((item) => item.owner === undefined || !this.#frozen.has(item.owner));
  }
}
