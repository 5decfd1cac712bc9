import type { SimProcess } from "./process.ts";

interface Acknowledgement {
  readonly position: number;
  readonly process: SimProcess;
  readonly number: number;
}

/** How far the splits of a topic were acknowledged: a log that deletes what is acknowledged has it no more. */
export class Acknowledged {
  readonly #furthest: Map<string, Acknowledgement> = new Map();
  /** How many acknowledgements had come when each process began. */
  readonly #begun: Map<SimProcess, number> = new Map();
  #count = 0;

  /** A process begins to read. */
  begin(process: SimProcess): void {
    if (!this.#begun.has(process)) this.#begun.set(process, this.#count);
  }

  /** A process acknowledges everything before a position. */
  advance(split: string, position: number, process: SimProcess): void {
    this.#count++;
    if (position > (this.#furthest.get(split)?.position ?? 0)) {
      this.#furthest.set(split, { position, process, number: this.#count });
    }
  }

  /**
   * Where a process has to go on at the earliest. One that stood still while others went on, or beside which another one goes on,
   * may be overtaken and begin where nobody else would: it completes nothing.
   */
  keptFrom(split: string, process: SimProcess): number {
    const furthest = this.#furthest.get(split);
    if (furthest === undefined || process.wasHeld) return 0;
    const isBeside = furthest.process !== process && furthest.number > (this.#begun.get(process) ?? 0);
    return isBeside ? 0 : furthest.position;
  }

  /** The job is taken back. */
  clear(): void {
    this.#furthest.clear();
  }
}
