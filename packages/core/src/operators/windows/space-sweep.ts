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
  #looks = 0;

  constructor(table: KeyedTable, dropped: (space: Space) => void) {
    this.#table = table;
    this.#dropped = dropped;
  }

  /** A key has left a namespace. */
  retire(space: Space): void {
    this.#waiting.add(space);
    this.#looks += LOOKED_AT;
  }

  /** To be called between records, when nothing can be taken back any more. */
  sweep(): void {
    if (this.#looks === 0) return;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      if (waiting.size > 0) this.#waiting.add(waiting);
      else {
        this.#dropped(waiting);
        this.#table.dropSpace(waiting);
      }
      if (--this.#looks === 0) return;
    }
    this.#looks = 0;
  }
}
