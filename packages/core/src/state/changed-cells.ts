import type { Cell } from "./row.ts";

/** Cells lie in arrays of this size: one that grows is copied whole. */
const CHUNK_CELLS = 4_096;

/** A round looks for dead cells when there are so many, and again at each doubling. */
const ROUND_MIN = 2_048;

/** So many cells are looked at with each that joins, while a round is under way. */
const LOOKS = 4;

/**
 * The cells that were changed in an epoch, in the order in which they were. It grows in steps, and forgets in steps those that came and
 * went within the epoch: it is bounded by the state and not by the traffic.
 */
export class ChangedCells {
  readonly #chunks: Cell[][] = [[]];
  #length = 0;
  #roundAt = ROUND_MIN;
  /** Of the round under way: what lies before `kept` was looked at and stays, and what lies behind `seen` was not. */
  #kept = 0;
  #seen = 0;

  /** How many there are, those included that a round under way has left behind. */
  get length(): number {
    return this.#length;
  }

  /** All of them, in pieces. A cell may come twice while a round is under way. */
  get chunks(): readonly (readonly Cell[])[] {
    return this.#chunks;
  }

  at(index: number): Cell {
    return this.#chunks[Math.floor(index / CHUNK_CELLS)]?.[index % CHUNK_CELLS] as Cell;
  }

  push(cell: Cell): void {
    let chunk = this.#chunks.at(-1) as Cell[];
    if (chunk.length === CHUNK_CELLS) {
      chunk = [];
      this.#chunks.push(chunk);
    }
    chunk.push(cell);
    this.#length++;
  }

  /** Whether there is something to {@link sweep}. */
  get isSweeping(): boolean {
    return this.#length >= this.#roundAt;
  }

  /**
   * Looks at the next cells of a round.
   *
   * @param stays whether a cell is kept; it is asked of each cell once in a round.
   * @returns whether the round has ended: then there may be fewer.
   */
  sweep(stays: (cell: Cell) => boolean): boolean {
    const end = Math.min(this.#length, this.#seen + LOOKS);
    for (; this.#seen < end; this.#seen++) {
      const cell = this.at(this.#seen);
      if (stays(cell)) this.#put(this.#kept++, cell);
    }
    if (this.#seen < this.#length) return false;
    this.#endRound();
    return true;
  }

  #put(index: number, cell: Cell): void {
    (this.#chunks[Math.floor(index / CHUNK_CELLS)] as Cell[])[index % CHUNK_CELLS] = cell;
  }

  #endRound(): void {
    this.#length = this.#kept;
    const full = Math.floor(this.#length / CHUNK_CELLS);
    const rest = this.#chunks[full]?.slice(0, this.#length % CHUNK_CELLS) ?? [];
    this.#chunks.length = full;
    this.#chunks.push(rest);
    this.#roundAt = Math.max(ROUND_MIN, this.#length * 2);
    this.#kept = 0;
    this.#seen = 0;
  }
}
