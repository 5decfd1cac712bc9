/** The table that a list of changes comes to. */
import { canonical, type Row } from "../oracle/mod.ts";

/**
 * Sums changes up. Their order does not matter.
 */
export class Table {
  readonly #counts = new Map<string, number>();

  /** Takes one change. */
  add(sign: 1 | -1, row: Row): void {
    const text = canonical(row);
    const count = (this.#counts.get(text) ?? 0) + sign;
    if (count === 0) this.#counts.delete(text);
    else this.#counts.set(text, count);
  }

  /**
   * The rows that are left.
   *
   * @throws {Error} if a row went that had not come: then the changes are not those of a table.
   */
  *rows(): Generator<Row, void, undefined> {
    for (const [text, count] of this.#counts) {
      if (count < 0) throw new Error(`Cannot sum the changes up: the row ${text} goes ${-count} times too often`);
      for (let copies = 0; copies < count; copies++) yield JSON.parse(text) as Row;
    }
  }
}
