import { assert } from "../../assert.ts";
import { copyValue } from "../../state/entry-codec.ts";
import type { KeyedTable } from "../../state/keyed-table.ts";
import type { Row } from "../../state/row.ts";
import type { AnyAggregate } from "../../state/aggregate-function.ts";
import { addTo, mergeInto } from "../../state/aggregate-calls.ts";
import { addFirst, resultOf } from "../aggregates/accumulate.ts";
import type { EvictorContext } from "./evictors/evictor.ts";
import type { SlotPlan } from "./slot-plan.ts";

/** What a window holds of its records until it is fired. All of it is in the row of the window. */
export interface WindowContents {
  /** @param input which input the record came from. */
  add(row: Row, value: unknown, timestamp: number, input: number): void;
  isEmpty(row: Row): boolean;
  /** What the result is made of; `undefined` if nothing is left to make one of. The window keeps what it holds. */
  read(row: Row, context: EvictorContext): { readonly value: unknown } | undefined;
  /** The result that was read has been made. */
  settle(row: Row, context: EvictorContext): void;
  clear(row: Row): void;
  /** Adds everything in one row to the end of another. The one will be cleared. */
  absorb(into: Row, from: Row): void;
}

/** Takes the slots that the contents need, and makes them when the table is there. */
export type ContentsFactory = (slots: SlotPlan) => (table: KeyedTable) => WindowContents;

/** One accumulator for each window. */
export function accumulated(aggregate: AnyAggregate): ContentsFactory {
  return (slots) => {
    const slot = slots.add("window", "value");
    return (table) => new AccumulatorContents(aggregate, table, slot);
  };
}

class AccumulatorContents implements WindowContents {
  readonly #aggregate: AnyAggregate;
  readonly #table: KeyedTable;
  readonly #slot: number;

  constructor(aggregate: AnyAggregate, table: KeyedTable, slot: number) {
    this.#aggregate = aggregate;
    this.#table = table;
    this.#slot = slot;
  }

  add(row: Row, value: unknown): void {
    const cell = this.#table.cell(row, this.#slot);
    this.#table.claim(cell);
    cell.value = cell.present ? addTo(this.#aggregate, cell.value, value) : addFirst(this.#aggregate, value);
    cell.present = true;
  }

  isEmpty(row: Row): boolean {
    return this.#table.heldCell(row, this.#slot)?.present !== true;
  }

  read(row: Row): { readonly value: unknown } {
    const cell = this.#table.cell(row, this.#slot);
    this.#table.protect(cell);
    const value = resultOf(this.#aggregate, cell.value);
    // The window may go on: what leaves it must not change with it.
    return { value: value === cell.value && typeof value === "object" ? copyValue(value) : value };
  }

  settle(): void {
    // The accumulator stays as it is.
  }

  clear(row: Row): void {
    const cell = this.#table.heldCell(row, this.#slot);
    if (cell !== undefined) this.#table.clear(cell);
  }

  absorb(into: Row, from: Row): void {
    const source = this.#table.heldCell(from, this.#slot);
    if (source?.present !== true) return;
    assert(this.#aggregate.merge !== undefined, "windows merge whose aggregate cannot");
    const target = this.#table.cell(into, this.#slot);
    this.#table.protect(source);
    this.#table.claim(target);
    const before = target.present ? target.value : this.#aggregate.create();
    target.value = mergeInto(this.#aggregate, before, source.value);
    target.present = true;
  }
}
