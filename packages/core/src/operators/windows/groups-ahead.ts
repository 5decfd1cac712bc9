import { groupOf, stateRange } from "../../state/entry-codec.ts";
import { KeyGroupWatch } from "../../state/paging/key-group-watch.ts";
import { packed } from "../../state/paging/packed-entries.ts";
import { slicesOf } from "../../state/paging/table-pager.ts";
import type { FiringPlace } from "../paging-parts.ts";
import { ACCUMULATOR, type Span } from "./window-spans.ts";

/** So many key groups are read at once: what each costs is mostly waiting. */
const READS_MAX = 32;

/** So many times as many as have told how large a key group is are read at once. */
const READS_GROWTH = 8;

/** How much of the memory may go into what was read and has not been fired yet, over all tables. */
const AHEAD_SHARE = 1 / 8;

/** What the store has of the spans of a window in one key group, packed. */
export interface ReadGroup {
  readonly slices: ReadonlyMap<Span, readonly Uint8Array[]>;
  readonly bytes: number;
}

/** What the readings of some key groups may still take. The first one of them may take all that it needs. */
interface Budget {
  bytes: number;
}

/**
 * What was read of the key groups of a window that is being fired, several at once. It waits as bytes until its key group has its turn; what was
 * outdated by then is read once more. One alone is read at first: it tells how much a key group has.
 */
export class GroupsAhead {
  readonly #place: FiringPlace;
  readonly #spans: readonly Span[];
  readonly #read = new Map<number, ReadGroup>();
  #watch: KeyGroupWatch;
  #together = 1;
  /** Of the largest key group so far. */
  #mostBytes = 1;

  constructor(place: FiringPlace, spans: readonly Span[]) {
    this.#place = place;
    this.#spans = spans;
    this.#watch = this.#newWatch();
  }

  /** What the store has of a key group; `undefined`: that has to be read first. */
  take(keyGroup: number): ReadGroup | undefined {
    const group = this.#read.get(keyGroup);
    if (group === undefined) return undefined;
    this.#drop(keyGroup, group);
    const isKnown = leftIn(this.#spans, keyGroup).every((span) => group.slices.has(span));
    return isKnown && !this.#watch.isOutdated(keyGroup) ? group : undefined;
  }

  /** Reads a key group and, if there is room, some of those that come next. To be waited for. */
  read(keyGroup: number): void {
    this.#dropAll();
    this.#watch = this.#newWatch();
    this.#place.gate.pager.watches.add(this.#watch);
    const groups = this.#next(keyGroup);
    const budget = { bytes: this.#limitBytes };
    this.#place.gate.waitFor(
      () => Promise.all(groups.map((group, at) => this.#readOne(group, at === 0 ? undefined : budget))),
      (found) => {
        // Of those that took too much, and of those behind them, nothing is kept.
        for (const [at, group] of found.entries()) {
          if (group === undefined) break;
          this.#mostBytes = Math.max(this.#mostBytes, group.bytes);
          this.#read.set(groups[at] as number, group);
          this.#place.gate.pager.countBeside(group.bytes);
        }
        this.#together = Math.min(READS_MAX, this.#read.size * READS_GROWTH);
      },
    );
  }

  /** Nothing is read any more. */
  end(): void {
    this.#dropAll();
  }

  /** How much may be read at once. */
  get #limitBytes(): number {
    const { limitBytes, users } = this.#place.gate.pager.memory;
    return (limitBytes * AHEAD_SHARE) / users.size;
  }

  /** A key group and those after it of which something has left memory: as many as there is room for. */
  #next(keyGroup: number): readonly number[] {
    const most = Math.max(1, Math.min(this.#together, Math.floor(this.#limitBytes / this.#mostBytes)));
    const groups: number[] = [];
    for (let group = keyGroup; group <= this.#place.range.last && groups.length < most; group++) {
      if (leftIn(this.#spans, group).length > 0) groups.push(group);
    }
    return groups;
  }

  async #readOne(keyGroup: number, budget: Budget | undefined): Promise<ReadGroup | undefined> {
    const slices = new Map<Span, readonly Uint8Array[]>();
    let bytes = 0;
    const readings = leftIn(this.#spans, keyGroup).map(async (span) => {
      const found: Uint8Array[] = [];
      slices.set(span, found);
      const { table, gate } = this.#place;
      const { namespace } = span.space;
      const range = stateRange(table.layout, { keyGroup, slot: ACCUMULATOR, namespace });
      for await (const entries of slicesOf(gate.pager.access, range)) {
        const slice = packed(entries);
        found.push(slice);
        bytes += slice.length;
        if (budget !== undefined && (budget.bytes -= slice.length) < 0) return;
      }
    });
    await Promise.all(readings);
    return budget !== undefined && budget.bytes < 0 ? undefined : { slices, bytes };
  }

  #newWatch(): KeyGroupWatch {
    const { gate, keyGroups } = this.#place;
    return new KeyGroupWatch(gate.pager.settledEpoch, ({ row }) => groupOf(row, keyGroups));
  }

  #dropAll(): void {
    this.#place.gate.pager.watches.delete(this.#watch);
    for (const [keyGroup, group] of this.#read) this.#drop(keyGroup, group);
  }

  #drop(keyGroup: number, { bytes }: ReadGroup): void {
    this.#read.delete(keyGroup);
    this.#place.gate.pager.countBeside(-bytes);
  }
}

/** Those of the spans of which something has left memory in a key group. */
export function leftIn(spans: readonly Span[], keyGroup: number): readonly Span[] {
  return spans.filter(({ space }) => space.left?.has(keyGroup) === true);
}
