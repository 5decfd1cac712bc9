import { Stamped, Unread } from "./held.ts";
import type { Cell } from "./row.ts";
import { decodeValue, encodeValue } from "./value-codec.ts";

/** What a journal asks of its table. */
export interface JournaledTable {
  reinstate(cell: Cell, before: Pick<Cell, "value" | "present" | "stored" | "epoch">): void;
}

/**
 * What one record has done, so that it can be taken back: a record that needs state which is not in memory is run again, and
 * one that throws leaves nothing behind. Open only where one of the two may happen, since it copies what user code is given.
 */
export class RecordJournal {
  /** Whether what is touched has to be noted. */
  isOpen = false;
  readonly #table: JournaledTable;
  readonly #touched = new Set<Cell>();
  #steps: (() => void)[] = [];

  constructor(table: JournaledTable) {
    this.#table = table;
  }

  /** A record begins. */
  open(): void {
    this.isOpen = true;
  }

  /** The record is through: nothing of it will be taken back. */
  close(): void {
    this.isOpen = false;
    this.#touched.clear();
    if (this.#steps.length > 0) this.#steps = [];
  }

  /** Takes back what was done since the record began, the last thing first. */
  undo(): void {
    this.isOpen = false;
    for (const step of this.#steps.toReversed()) step();
    this.close();
  }

  /** What was done by now, for {@link undoTo}. */
  mark(): number {
    // What is touched after it has to be noted again: it may have been changed before.
    this.#touched.clear();
    return this.#steps.length;
  }

  /** Takes back what was done since a mark. The record goes on. */
  undoTo(mark: number): void {
    this.isOpen = false;
    while (this.#steps.length > mark) this.#steps.pop()?.();
    this.#touched.clear();
    this.isOpen = true;
  }

  /** To be called before a cell is given to user code, or changed. */
  touch(cell: Cell): void {
    if (this.#touched.has(cell)) return;
    this.#touched.add(cell);
    const { present, stored, epoch } = cell;
    const valueBefore = copyOf(cell.value);
    this.#steps.push(() => this.#table.reinstate(cell, { value: valueBefore(), present, stored, epoch }));
  }

  /** Notes how something else is taken back. */
  note(step: () => void): void {
    this.#steps.push(step);
  }
}

/** Gives a value back as it is now, whatever is done to it in place. */
function copyOf(held: unknown): () => unknown {
  if (held instanceof Stamped) {
    const value = copyOf(held.value);
    return () => new Stamped(value(), held.at);
  }
  if (held instanceof Unread) {
    const value = copyOf(held.value);
    return () => new Unread(value(), held.version, held.at);
  }
  if (typeof held !== "object" || held === null) return () => held;
  const copy = encodeValue(held);
  return () => decodeValue(copy);
}
