import { groupOf } from "../../state/entry-codec.ts";
import { unpacked } from "../../state/paging/packed-entries.ts";
import type { Row } from "../../state/row.ts";
import type { FiringPlace } from "../paging-parts.ts";
import { DONE } from "../progress.ts";
import type { FiredSpans, FiringPause } from "./fired-spans.ts";
import { GroupsAhead, leftIn, type ReadGroup } from "./groups-ahead.ts";
import type { Span } from "./window-spans.ts";

/** The rows of each span that are in memory. */
type RowsBySpan = ReadonlyMap<Span, Set<Row>>;

/**
 * Fires a window of which something has left memory, one key group after the other: of a key group that has left all that the
 * window has is in memory at once, and of no other. The store is asked for those alone, for several at once.
 */
export class PagedFiring {
  readonly #place: FiringPlace;

  constructor(place: FiringPlace) {
    this.#place = place;
  }

  *fire(firing: FiredSpans): Generator<FiringPause, void> {
    const { gate, range } = this.#place;
    const { first, last } = range;
    const ahead = new GroupsAhead(this.#place, firing.spans);
    const inMemory = yield* this.#byGroup(firing);
    for (let keyGroup = first; keyGroup <= last; keyGroup++) {
      if (firing.isSpent()) yield "spent";
      const hasLeft = leftIn(firing.spans, keyGroup).length > 0;
      if (!hasLeft && !firing.spans.some((span) => inMemory.get(span)?.has(keyGroup) === true)) continue;
      const rows = new Map(firing.spans.map((span) => [span, new Set<Row>()]));
      gate.stay();
      if (hasLeft) yield* this.#bringBack(firing, yield* this.#read(ahead, keyGroup), rows);
      for (const [span, of] of rows) for (const row of inMemory.get(span)?.get(keyGroup) ?? []) of.add(live(row));
      yield* firing.fireRows((span) => rows.get(span) as Set<Row>);
      gate.leave();
      // Before the next one comes into memory this one has to be able to leave it.
      if (gate.enter() !== DONE) yield "waiting";
    }
    ahead.end();
  }

  /** The rows that memory has of the spans, by their key groups. */
  *#byGroup(firing: FiredSpans): Generator<FiringPause, Map<Span, Map<number, Row[]>>> {
    const all = new Map<Span, Map<number, Row[]>>();
    for (const span of firing.spans) {
      const groups = new Map<number, Row[]>();
      all.set(span, groups);
      for (const row of span.space.rows()) {
        const keyGroup = groupOf(row, this.#place.keyGroups);
        const rows = groups.get(keyGroup);
        if (rows === undefined) groups.set(keyGroup, [row]);
        else rows.push(row);
        if (firing.isSpent()) yield "spent";
      }
    }
    return all;
  }

  /** What the store has of a key group. As long as it is being read nothing leaves memory, so it is not outdated then. */
  *#read(ahead: GroupsAhead, keyGroup: number): Generator<FiringPause, ReadGroup> {
    for (;;) {
      const group = ahead.take(keyGroup);
      if (group !== undefined) return group;
      ahead.read(keyGroup);
      yield "waiting";
    }
  }

  /** Brings into memory what the store alone has of a key group. It stays there, with the rest. */
  *#bringBack(firing: FiredSpans, { slices }: ReadGroup, rows: RowsBySpan): Generator<FiringPause, void> {
    for (const [span, of] of slices) {
      for (const slice of of) {
        for (const entry of unpacked(slice)) {
          const cell = this.#place.table.restore(entry);
          if (cell !== undefined) rows.get(span)?.add(cell.row);
          if (firing.isSpent()) yield "spent";
        }
      }
    }
  }
}

/** A row that has left memory meanwhile is another one when it comes back. */
function live(row: Row): Row {
  return row.space.get(row.key) ?? row;
}
