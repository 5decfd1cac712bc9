import { concatBytes } from "../bytes/compare.ts";
import { ByteWriter } from "../bytes/writer.ts";
import type { StateEntry } from "../state/backend.ts";
import { writeKey } from "../state/key-codec.ts";
import type { KeyGroupSet } from "../state/key-group-set.ts";
import type { KeyedTable } from "../state/keyed-table.ts";
import { prefixRange } from "../state/key-range.ts";
import { decodeEntryKey, groupOf } from "../state/entry-codec.ts";
import type { StateAccess } from "../state/paging/state-access.ts";
import type { Row } from "../state/row.ts";

/** How far the timers of one key group have been read. */
interface Cursor {
  readonly keyGroup: number;
  /** What was not read yet begins here. */
  from: Uint8Array;
  /** None of it is earlier; Infinity if there is nothing. */
  time: number;
  /** Whether timers of that time were read already. */
  isInside: boolean;
  /** How much time the next reading covers: as much as held the wanted number of timers lately. */
  spanMs: number;
}

/** Timers that were read, by the cursor that they belong to. */
export interface ReadTimers {
  readonly cursor: Cursor;
  readonly entries: readonly StateEntry[];
  /** Where reading goes on; `undefined`: there is nothing left. */
  readonly next: Pick<Cursor, "from" | "time" | "isInside" | "spanMs"> | undefined;
}

/** So many key groups are read at once: what each costs is mostly waiting. */
const READS_MAX = 32;

/** So many times as many as have told how many timers a key group has are read at once. */
const READS_GROWTH = 8;

/** How much is read. */
export interface ReadBounds {
  /** When there are so many timers, no further key group is read. */
  readonly limit: number;
  /** About so many may wait, over all key groups, for others to be read as far. */
  readonly ahead: number;
}

/**
 * Which timers are in memory and which are still in the store. The entries of timers begin with their time, so each key
 * group is read from its earliest timer on, as far as there is room.
 */
export class TimerHorizon {
  readonly #table: KeyedTable;
  readonly #slot: number;
  readonly #cursors: readonly Cursor[];
  readonly #writer = new ByteWriter();
  #reach = Infinity;

  constructor(table: KeyedTable, slot: number) {
    this.#table = table;
    this.#slot = slot;
    const { first, last } = table.range;
    this.#cursors = Array.from({ length: last - first + 1 }, (_, index) => ({
      keyGroup: first + index,
      from: new Uint8Array(0),
      time: Infinity,
      isInside: false,
      spanMs: Infinity,
    }));
  }

  /** No timer before this time is in the store alone; Infinity if none is at all. */
  get reach(): number {
    return this.#reach;
  }

  #measure(): void {
    this.#reach = Infinity;
    for (const { time } of this.#cursors) this.#reach = Math.min(this.#reach, time);
  }

  /** Timers from `time` on may be in the store alone from now on. @param of the key groups that have any. Default: all. */
  drawIn(time: number, of?: KeyGroupSet): void {
    for (const cursor of this.#cursors) {
      if (time > cursor.time || of?.has(cursor.keyGroup) === false) continue;
      cursor.from = this.#keyAt(cursor.keyGroup, time);
      cursor.time = time;
      cursor.isInside = false;
    }
    this.#measure();
  }

  /** Whether a timer would be missed by what is still to be read. */
  isBehind(row: Row, time: number): boolean {
    const { first } = this.#table.range;
    const cursor = this.#cursors[groupOf(row, this.#table.keyGroups) - first] as Cursor;
    return time < cursor.time || (time === cursor.time && cursor.isInside);
  }

  /** Reads on: about so many timers, of the key groups that hold back the others, those furthest behind first. */
  async read(
    access: Pick<StateAccess, "slice">,
    until: number,
    { limit, ahead }: ReadBounds,
  ): Promise<readonly ReadTimers[]> {
    const behind = this.#cursors
      .filter(({ time }) => time <= until && time < Infinity)
      .sort((one, other) => one.time - other.time);
    const share = (of: number): number => Math.max(1, Math.floor(of / Math.max(1, behind.length)));
    // Where nothing is known yet, what comes first in each is looked for in all of them.
    const wanted = { atFirst: share(limit), later: share(ahead) };
    const read: ReadTimers[] = [];
    let taken = 0;
    let most = 0;
    while (read.length < behind.length && taken < limit) {
      // One alone at first: it tells how many a key group has.
      const fitting = read.length === 0 ? 1 : Math.max(1, Math.floor((limit - taken) / Math.max(1, most)));
      const together = Math.min(fitting, READS_GROWTH * read.length || 1, READS_MAX);
      const cursors = behind.slice(read.length, read.length + together);
      for (const found of await Promise.all(cursors.map((cursor) => this.#readOne(cursor, access, wanted)))) {
        // They had more than was told: the rest is read again.
        if (taken >= limit) break;
        read.push(found);
        taken += found.entries.length;
        most = Math.max(most, found.entries.length);
      }
    }
    return read;
  }

  /** Moves the cursors past what was read. */
  advance(read: readonly ReadTimers[]): void {
    for (const { cursor, next } of read) {
      Object.assign(cursor, next ?? { time: Infinity, isInside: false, spanMs: Infinity });
    }
    this.#measure();
  }

  async #readOne(
    cursor: Cursor,
    access: Pick<StateAccess, "slice">,
    { atFirst, later }: { readonly atFirst: number; readonly later: number },
  ): Promise<ReadTimers> {
    const { keyGroup, time, from } = cursor;
    const end = prefixRange(this.#prefix(keyGroup)).to;
    const until = time + cursor.spanMs;
    const to = Number.isFinite(until) ? this.#keyAt(keyGroup, until) : end;
    let found = await access.slice({ from, to }, time === -Infinity ? { enough: atFirst } : {});
    if (found.length === 0 && to !== end) found = await access.slice({ from: to, to: end });
    const [first] = found;
    const entries = this.#isNext(found.at(-1)) ? found : found.slice(0, time === -Infinity ? atFirst : 2 * later);
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return { cursor, entries, next: undefined };
    const lastTime = timeOf(last);
    const spanMs = (Math.max(1, lastTime - timeOf(first)) / entries.length) * later;
    return {
      cursor,
      entries,
      next: { from: concatBytes([last.key, Uint8Array.of(0)]), time: lastTime, isInside: true, spanMs },
    };
  }

  /** Whether what was read up to this entry waits for no other key group: all of it fires next. */
  #isNext(last: StateEntry | undefined): boolean {
    return last !== undefined && timeOf(last) === this.#reach;
  }

  #prefix(keyGroup: number): Uint8Array {
    this.#writer.reset();
    this.#writer.u16(keyGroup);
    this.#writer.raw(this.#table.layout.prefixes[this.#slot] as Uint8Array);
    return this.#writer.finish();
  }

  #keyAt(keyGroup: number, time: number): Uint8Array {
    if (time === -Infinity) return this.#prefix(keyGroup);
    this.#writer.reset();
    this.#writer.u16(keyGroup);
    this.#writer.raw(this.#table.layout.prefixes[this.#slot] as Uint8Array);
    writeKey(this.#writer, time);
    return this.#writer.finish();
  }
}

function timeOf({ key }: StateEntry): number {
  return decodeEntryKey(key).subkey as number;
}
