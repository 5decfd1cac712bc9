import type { KeyedTable } from "../../state/keyed-table.ts";
import type { Space } from "../../state/row.ts";

/** How many namespaces are looked at for each that is retired: two let a backlog shrink. */
const LOOKED_AT = 2;

/**
 * Forgets namespaces that no key uses any more. One whose entries were deleted stays until a snapshot has noted that, so it
 * waits here, and is looked at again when others are retired.
 */
export class SpaceSweep {
  readonly #table: KeyedTable;
  readonly #dropped: (space: Space) => void;
  readonly #waiting = new Set<Space>();

  constructor(table: KeyedTable, dropped: (space: Space) => void) {
    this.#table = table;
    this.#dropped = dropped;
  }

  /** A key has left a namespace. */
  retire(space: Space): void {
    let looks = LOOKED_AT;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      // What a record does may still be taken back.
      if (waiting.size === 0 && !this.#table.journal.isOpen) {
        this.#dropped(waiting);
        this.#table.dropSpace(waiting);
      } else if (waiting !== space) {
        this.#waiting.add(waiting);
      }
      if (--looks === 0) break;
    }
    this.#waiting.add(space);
  }
}
