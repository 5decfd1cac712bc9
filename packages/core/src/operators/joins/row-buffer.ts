import type { StateDescriptors, StateHandles } from "../../state/descriptors.ts";
import { type MapState, mapState } from "../../state/kinds/map.ts";

/** What is kept of a record. */
export interface BufferedRow {
  readonly timestamp: number;
  readonly value: unknown;
}

/** A row as an entry: its time, its record, and whether it has met another one. */
type RowEntry = readonly [timestamp: number, value: unknown, hasMet: boolean];

/** A time and, for the second and later rows of it, which of them. */
type RowKey = number | readonly [slot: number, number: number];

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
    return { [this.#rows]: mapState<RowKey, RowEntry>(), [this.#counts]: mapState<number, number>() };
  }

  /** @param slot a time under which the row is kept, that of its timer: the later, the later is the row. */
  add(state: State, slot: number, { timestamp, value }: BufferedRow, hasMet: boolean = false): void {
    const [rows, counts] = this.#of(state);
    if (!rows.has(slot)) {
      rows.set(slot, [timestamp, value, hasMet]);
      return;
    }
    const count = counts.get(slot) ?? 1;
    rows.set([slot, count], [timestamp, value, hasMet]);
    counts.set(slot, count + 1);
  }

  /** The rows whose time passes, in the order of their times and then of their arrival. */
  find(state: State, passes: (timestamp: number) => boolean): readonly BufferedRow[] {
    return this.#found(state, passes).map(([, [timestamp, value]]) => ({ timestamp, value }));
  }

  /** As {@link find}, and notes that they have met a row of the other side. */
  meet(state: State, passes: (timestamp: number) => boolean): readonly BufferedRow[] {
    const [rows] = this.#of(state);
    return this.#found(state, passes).map(([key, [timestamp, value, hasMet]]) => {
      if (!hasMet) rows.set(key, [timestamp, value, true]);
      return { timestamp, value };
    });
  }

  /** Forgets the rows of a slot, and gives those back that have met none. */
  forget(state: State, slot: number): readonly BufferedRow[] {
    const [rows, counts] = this.#of(state);
    // The further rows of a slot are only there beside its first one. Each timer asks both sides, and one of them has none.
    if (!rows.has(slot)) return NO_ROWS;
    const unmet: BufferedRow[] = [];
    take(rows, slot, unmet);
    const count = counts.get(slot);
    if (count === undefined) return unmet;
    for (let number = 1; number < count; number++) take(rows, [slot, number], unmet);
    counts.delete(slot);
    return unmet;
  }

  #found(state: State, passes: (timestamp: number) => boolean): readonly (readonly [RowKey, RowEntry])[] {
    const [rows] = this.#of(state);
    const found: (readonly [RowKey, RowEntry])[] = [];
    let isSorted = true;
    for (const [key, row] of rows.entries()) {
      if (!passes(row[0])) continue;
      const last = found.at(-1);
      if (last !== undefined && order(last[0], key) > 0) isSorted = false;
      found.push([key, row]);
    }
    return isSorted ? found : found.sort(([one], [other]) => order(one, other));
  }

  #of(state: State): readonly [rows: MapState<RowKey, RowEntry>, counts: MapState<number, number>] {
    return [state[this.#rows], state[this.#counts]] as never;
  }
}

/** Takes a row out, and notes it if it has met none. */
function take(rows: MapState<RowKey, RowEntry>, key: RowKey, unmet: BufferedRow[]): void {
  const row = rows.get(key);
  if (row === undefined) return;
  rows.delete(key);
  if (!row[2]) unmet.push({ timestamp: row[0], value: row[1] });
}

function order(one: RowKey, other: RowKey): number {
  const [slot, number] = typeof one === "number" ? [one, 0] : one;
  const [otherSlot, otherNumber] = typeof other === "number" ? [other, 0] : other;
  return slot - otherSlot || number - otherNumber;
}
