import type { Cell, CellMap, Row, Space } from "../row.ts";

/** What a clock hand goes over. */
export interface ClockFace {
  spaces(): Iterable<Space>;
  /** Whether an entry could be given away now. */
  mayEvict(cell: Cell): boolean;
  evict(cell: Cell): void;
  /** An entry of a map is in use, and is spared: it may go the next time. */
  passed(cell: Cell): void;
  /** Everything of a row has been looked at. */
  rowPassed(row: Row): void;
}

/** How many entries are looked at before others have a turn; after looks in vain, half as many each time, down to the least. */
const LOOKS_MAX = 4_096;
const LOOKS_MIN = 128;

/**
 * Goes round and round over entries, each time on from where it stopped, and gives those away that were not asked for since
 * it last came by: second chance, as a clock (Corbató, A Paging Experiment with the Multics System, 1968).
 */
export class ClockHand {
  readonly #face: ClockFace;
  #steps: Iterator<number> | undefined;
  /** Whether what was asked for lately is spared. */
  #spares = true;
  #looksMax = LOOKS_MAX;

  constructor(face: ClockFace) {
    this.#face = face;
  }

  /**
   * Gives away entries of about so many bytes, if it finds them in a bounded number of looks.
   *
   * @returns how many bytes they took.
   */
  sweep(bytes: number): number {
    let freed = 0;
    let rounds = 0;
    for (let looks = 0; freed < bytes && looks < this.#looksMax && rounds < 3; looks++) {
      this.#steps ??= this.#round();
      const step = this.#steps.next();
      if (step.done === true) {
        this.#steps = undefined;
        rounds++;
      } else {
        freed += step.value;
      }
    }
    this.#looksMax = freed > 0 ? LOOKS_MAX : Math.max(LOOKS_MIN, this.#looksMax >> 1);
    return freed;
  }

  /** More may be given away than before: a write has ended. */
  hope(): void {
    this.#looksMax = LOOKS_MAX;
  }

  /** Looks at everything once, and gives away what `chosen` says. */
  sweepSome(chosen: () => boolean): void {
    this.#spares = false;
    for (const space of this.#face.spaces()) {
      for (const row of space.rows()) {
        const cells = row.cells.filter((cell) => cell !== undefined);
        for (const map of row.maps) if (map !== undefined) cells.push(...map.values());
        for (const cell of cells) if (this.#face.mayEvict(cell) && chosen()) this.#face.evict(cell);
        this.#face.rowPassed(row);
      }
    }
    this.#spares = true;
  }

  *#round(): IterableIterator<number> {
    for (const space of this.#face.spaces()) {
      for (const row of space.rows()) {
        yield this.#pass(row);
        for (const map of row.maps) if (map !== undefined) yield* this.#passMap(map);
        this.#face.rowPassed(row);
      }
    }
  }

  #pass(row: Row): number {
    if (row.used && this.#spares) {
      row.used = false;
      return 0;
    }
    let freed = 0;
    for (const cell of row.cells) if (cell !== undefined) freed += this.#give(cell);
    return freed;
  }

  *#passMap(map: CellMap): IterableIterator<number> {
    for (const cell of map.values()) {
      if (cell.used) {
        this.#face.passed(cell);
        yield 0;
      } else {
        yield this.#give(cell);
      }
    }
  }

  #give(cell: Cell): number {
    if (!this.#face.mayEvict(cell)) return 0;
    const { bytes } = cell;
    this.#face.evict(cell);
    return bytes;
  }
}
