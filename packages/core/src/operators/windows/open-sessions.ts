import type { AnyAggregate } from "../../state/aggregate-function.ts";
import type { StateDescriptor } from "../../state/descriptors.ts";
import type { CellAccess } from "../../state/kinds/access.ts";
import { declare } from "../../state/kinds/declare.ts";
import type { Cell } from "../../state/row.ts";
import { mergeInto } from "../../state/aggregate-calls.ts";

/** An open session as an entry: the time of its first record, its end now, and what its records come to. */
export type Session = [start: number, end: number, accumulator: unknown];

/** Declares the open sessions of a key: a map, by the time of the record that began each. */
export function openSessions(): StateDescriptor<OpenSessions> {
  return declare("map", { kind: "map" }, (access) => new OpenSessions(access));
}

/**
 * The open sessions of the current key. A session keeps its entry while it grows at both ends: no two share one, for each
 * contains the time that it is kept under.
 */
export class OpenSessions {
  readonly #access: CellAccess;
  readonly #touched: Cell[] = [];

  constructor(access: CellAccess) {
    this.#access = access;
  }

  /**
   * The entries of sessions that overlap or touch a stretch of time, from the earliest on. The list is good until the next
   * call.
   */
  touching(start: number, end: number): readonly Cell[] {
    const touched = this.#touched;
    touched.length = 0;
    const { table, slot } = this.#access;
    const row = this.#access.row();
    if (!table.gather(row, slot, touched)) {
      for (const cell of table.mapCells(row, slot)) {
        // So that it stays when it was read for this alone.
        cell.used = true;
        touched.push(cell);
      }
    }
    let count = 0;
    for (const cell of touched) {
      const session = cell.value as Session;
      if (cell.present && session[0] <= end && session[1] >= start) touched[count++] = cell;
    }
    touched.length = count;
    return count < 2 ? touched : touched.sort((one, other) => startOf(one) - startOf(other));
  }

  begin(session: Session): void {
    const { table, slot } = this.#access;
    this.#access.write(table.newMapCell(this.#access.row(), slot, session[0]), session);
  }

  /** A session that takes a stretch of time in, to be changed in place. */
  grow(cell: Cell, start: number, end: number): Session {
    this.#access.table.claim(cell);
    const session = cell.value as Session;
    if (start < session[0]) session[0] = start;
    if (end > session[1]) session[1] = end;
    return session;
  }

  /** Moves what others hold into the session of the first entry, and forgets them. */
  merge([into, ...others]: readonly Cell[], aggregate: AnyAggregate): void {
    const { table } = this.#access;
    for (const from of others) {
      const [start, end, accumulator] = from.value as Session;
      table.protect(from);
      const session = this.grow(into as Cell, start, end);
      session[2] = mergeInto(aggregate, session[2], accumulator);
      table.clear(from);
    }
  }

  /** Takes a session out. */
  take(cell: Cell): Session {
    const { table } = this.#access;
    table.protect(cell);
    const session = cell.value as Session;
    table.clear(cell);
    return session;
  }
}

function startOf(cell: Cell): number {
  return (cell.value as Session)[0];
}
