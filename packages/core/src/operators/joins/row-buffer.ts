import type { StateDescriptors, StateHandles } from "../../state/descriptors.ts";
import { type MapState, mapState } from "../../state/kinds/map.ts";
import { type BufferedRows, bufferedRows, type KeptRow, type Meets, type RowEntry } from "./buffered-rows.ts";

/** What is kept of a record. */
export interface BufferedRow {
  readonly timestamp: number;
  readonly value: unknown;
}

const NO_ROWS: readonly BufferedRow[] = [];

type State = StateHandles<StateDescriptors>;

/**
 * The records of one side of a join that wait for those of the other: one entry of state for each, in slots of time. Those
 * of one slot are forgotten together. All of it is state of the operator: this only knows where.
 */
export class RowBuffer {
  readonly #rows: string;
  readonly #counts: string;

  constructor(name: string) {
    this.#rows = name;
    this.#counts = `${name}Count`;
  }

  /** The states that it needs. */
  get states(): StateDescriptors {
    return { [this.#rows]: bufferedRows(), [this.#counts]: mapState<number, number>() };
  }

  /** @param slot a time under which the row is kept, that of its timer: the later, the later is the row. */
  add(state: State, slot: number, { timestamp, value }: BufferedRow, hasMet: boolean = false): void {
    const rows = this.#rowsOf(state);
    if (rows.add(slot, [timestamp, value, hasMet])) return;
    const counts = this.#countsOf(state);
    const count = counts.get(slot) ?? 1;
    rows.add([slot, count], [timestamp, value, hasMet]);
    counts.set(slot, count + 1);
  }

  /** The rows that a record of a time meets, in the order of their times and then of their arrival. */
  find(state: State, time: number, meets: Meets): readonly BufferedRow[] {
    return bare(this.#rowsOf(state).find(time, meets));
  }

  /** As {@link find}, and notes that they have met a row of the other side. */
  meet(state: State, time: number, meets: Meets): readonly BufferedRow[] {
    const rows = this.#rowsOf(state);
    const found = rows.find(time, meets);
    for (const [key, [timestamp, value, hasMet]] of found) if (!hasMet) rows.replace(key, [timestamp, value, true]);
    return bare(found);
  }

  /** Forgets the rows of a slot. @param unmet takes those that have met none. */
  forget(state: State, slot: number, unmet?: BufferedRow[]): void {
    const rows = this.#rowsOf(state);
    const first = rows.take(slot);
    // The further rows of a slot are only there beside its first one. Each timer asks both sides, and one of them has none.
    if (first === undefined) return;
    note(first, unmet);
    const counts = this.#countsOf(state);
    const count = counts.get(slot);
    if (count === undefined) return;
    for (let number = 1; number < count; number++) note(rows.take([slot, number]), unmet);
    counts.delete(slot);
  }

  #rowsOf(state: State): BufferedRows {
    return state[this.#rows] as BufferedRows;
  }

  #countsOf(state: State): MapState<number, number> {
    return state[this.#counts] as MapState<number, number>;
  }
}

/** The rows without where they are kept. */
function bare(found: readonly KeptRow[]): readonly BufferedRow[] {
  return found.length === 0 ? NO_ROWS : found.map(([, [timestamp, value]]) => ({ timestamp, value }));
}

function note(row: RowEntry | undefined, unmet: BufferedRow[] | undefined): void {
  if (unmet !== undefined && row?.[2] === false) unmet.push({ timestamp: row[0], value: row[1] });
}
