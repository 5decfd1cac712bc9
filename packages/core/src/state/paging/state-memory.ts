import { type RestoreReading, scanRanges } from "./scan-ranges.ts";
import type { StateLimits } from "./state-limits.ts";

/** A part of a run's memory: the entries of one table. */
export interface MemoryUser {
  /** About how many bytes its entries take. */
  readonly bytes: number;
  /** About how many of them no store holds yet. */
  readonly unwrittenBytes: number;
  /** Whether none of its entries may go, since an operator waits for some of them. */
  readonly isPinned: boolean;
  /** Gives away clean entries of about so many bytes, as far as there are any; returns how many bytes they took. */
  evict(bytes: number): number;
  /** Gives away what `chosen` says of what could be given away. */
  evictSome(chosen: () => boolean): void;
  /** Has what is changed written before the next barrier, if it is not being written already. */
  spill(): void;
}

/** How much of the memory unwritten entries may take before they are written early. */
const UNWRITTEN_SHARE = 0.4;

/** Above this multiple of the limit records wait for writes that are under way. */
const STALL_RATIO = 1.25;

/** How much memory is made free beyond what is needed, so that not every record has to look for some: a 32nd, and at most this. */
const EVICTED_BYTES_MAX = 64 * 1024;

/** How much of the memory a restore fills before anything is asked for. */
const WARM_SHARE = 0.5;

/** How much of the memory may go into remembering which entries have left it, and the most that is good for. */
const FILTER_SHARE = 1 / 8;
const FILTER_BYTES_MAX = 64 * 1024 * 1024;

/** One timer may wait in memory for so many bytes of the limit. */
const TIMER_SHARE_BYTES = 4_096;

/** The memory that the state of a run may take, over all its subtasks. */
export class StateMemory {
  readonly limitBytes: number;
  readonly #users = new Set<MemoryUser>();
  readonly #chosen: (() => boolean) | undefined;
  #waiting: (() => void)[] = [];
  /** About how many bytes all entries take. */
  usedBytes = 0;
  #writing = 0;

  /** The tables that share it. */
  get users(): ReadonlySet<MemoryUser> {
    return this.#users;
  }

  /** How many timers of one operator and time domain wait in memory: the nearest ones. */
  get timersMax(): number {
    return this.#chosen === undefined ? Math.max(64, Math.floor(this.limitBytes / TIMER_SHARE_BYTES)) : 3;
  }

  /** How many bytes one user may take to remember which of its entries have left memory. */
  get filterBytes(): number {
    return Math.min(this.limitBytes * FILTER_SHARE, FILTER_BYTES_MAX) / this.#users.size;
  }

  /** How a restore reads for each of `subtasks`. */
  reading(subtasks: number): RestoreReading {
    return {
      pagedBytes: this.#chosen?.() === true ? 0 : (this.limitBytes * WARM_SHARE) / subtasks,
      scan: scanRanges,
    };
  }

  /** The memory of a run; `undefined` if it is not limited. */
  static within({ limitBytes, evict }: StateLimits): StateMemory | undefined {
    return limitBytes < Infinity || evict !== undefined ? new StateMemory(limitBytes, evict) : undefined;
  }

  /** @param chosen for simulation: which entries are given away though there is room. */
  constructor(limitBytes: number, chosen?: () => boolean) {
    this.limitBytes = limitBytes;
    this.#chosen = chosen;
  }

  join(user: MemoryUser): void {
    this.#users.add(user);
  }

  /**
   * To be called between records. Gives away what is too much, and has unwritten entries written early if they are many.
   *
   * @returns false if writes that are under way should be waited for.
   */
  balance(): boolean {
    if (this.#chosen !== undefined) this.#disturb(this.#chosen);
    const tooMuch = this.usedBytes - this.limitBytes;
    if (tooMuch > 0) this.#evict(tooMuch + Math.min(EVICTED_BYTES_MAX, this.limitBytes / 32));
    if (this.#unwritten() > this.limitBytes * UNWRITTEN_SHARE || this.usedBytes > this.limitBytes) this.#spill();
    return this.#writing === 0 || this.usedBytes <= this.limitBytes * STALL_RATIO;
  }

  /** Resolves when a write has ended. */
  written(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A write of a user's entries begins. */
  writeBegun(): void {
    this.#writing++;
  }

  /** A write of a user's entries has ended: they can be given away from now on. */
  writeEnded(): void {
    this.#writing--;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #disturb(chosen: () => boolean): void {
    for (const user of this.#users) {
      user.evictSome(chosen);
      if (chosen()) user.spill();
    }
  }

  #unwritten(): number {
    let bytes = 0;
    for (const user of this.#users) bytes += user.unwrittenBytes;
    return bytes;
  }

  /** From those with the most clean entries first. */
  #evict(bytes: number): void {
    let left = bytes;
    const clean = (user: MemoryUser): number => user.bytes - user.unwrittenBytes;
    for (const user of [...this.#users].sort((one, other) => clean(other) - clean(one))) {
      if (left <= 0) return;
      left -= user.evict(left);
    }
  }

  /** Those with the most unwritten entries, as long as they are worth a write. */
  #spill(): void {
    for (const user of this.#users) if (user.unwrittenBytes * this.#users.size * 2 > this.#unwritten()) user.spill();
  }
}
