import type { StateEntry } from "../../state/backend.ts";
import { groupOf, stateRange } from "../../state/entry-codec.ts";
import { slicesOf } from "../../state/paging/table-pager.ts";
import type { Row } from "../../state/row.ts";
import type { FiringPlace } from "../paging-parts.ts";
import { DONE } from "../progress.ts";
import type { FiredSpans, FiringPause } from "./fired-spans.ts";
import { ACCUMULATOR, type Span } from "./window-spans.ts";

/**
 * Fires a window of which something has left memory, one key group after the other: of a key group that has left all that the
 * window has is in memory at once, and of no other. The store is asked for those alone.
 */
export class PagedFiring {
  readonly #place: FiringPlace;

  constructor(place: FiringPlace) {
    this.#place = place;
  }

  *fire(firing: FiredSpans): Generator<FiringPause, void> {
    const { gate, range } = this.#place;
    const { first, last } = range;
    const inMemory = yield* this.#byGroup(firing);
    for (let keyGroup = first; keyGroup <= last; keyGroup++) {
      if (firing.isSpent()) yield "spent";
      const left = firing.spans.filter(({ space }) => space.left?.has(keyGroup) === true);
      if (left.length === 0 && !firing.spans.some((span) => inMemory.get(span)?.has(keyGroup) === true)) continue;
      const rows = new Map(firing.spans.map((span) => [span, new Set<Row>()]));
      gate.stay();
      if (left.length > 0) {
        this.#read(keyGroup, left, rows);
        yield "waiting";
      }
      for (const [span, of] of rows) for (const row of inMemory.get(span)?.get(keyGroup) ?? []) of.add(live(row));
      yield* firing.fireRows((span) => rows.get(span) as Set<Row>);
      gate.leave();
      // Before the next one comes into memory this one has to be able to leave it.
      if (gate.enter() !== DONE) yield "waiting";
    }
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

  /** Brings into memory what the store alone has of a key group. It stays there, with the rest. */
  #read(keyGroup: number, left: readonly Span[], rows: ReadonlyMap<Span, Set<Row>>): void {
    this.#place.gate.waitFor(
      () => Promise.all(left.map((span) => this.#entriesOf(span, keyGroup))),
      (found) => {
        for (const [index, entries] of found.entries()) {
          for (const entry of entries) {
            const cell = this.#place.table.restore(entry);
            if (cell !== undefined) rows.get(left[index] as Span)?.add(cell.row);
          }
        }
      },
    );
  }

  async #entriesOf({ space: { namespace } }: Span, keyGroup: number): Promise<readonly StateEntry[]> {
    const found: StateEntry[] = [];
    const range = stateRange(this.#place.table.layout, { keyGroup, slot: ACCUMULATOR, namespace });
    for await (const entries of slicesOf(this.#place.gate.pager.access, range)) found.push(...entries);
    return found;
  }
}

/** A row that has left memory meanwhile is another one when it comes back. */
function live(row: Row): Row {
  return row.space.get(row.key) ?? row;
}
