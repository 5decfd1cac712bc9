import type { SimProcess } from "./process.ts";

/** What a mark between two records brings about, once. */
export type TopicMark = "crash" | "end" | { readonly pauseMs: number };

/** A mark with its place: how many records of the split come before it. */
export interface PlacedMark {
  /** How many records come before it. */
  readonly at: number;
  /** What happens there. */
  readonly mark: TopicMark;
}

/** The marks of a topic. Each takes effect once in a world, however often the records around it are read again. */
export class TopicMarks {
  readonly #marks: ReadonlyMap<string, PlacedMark[]>;
  readonly #end: (process: SimProcess) => void;

  /** @param end called with the process that comes to a mark `"end"`. */
  constructor(marks: Readonly<Record<string, readonly PlacedMark[]>>, end: (process: SimProcess) => void) {
    this.#marks = new Map(Object.entries(marks).map(([split, placed]) => [split, [...placed]]));
    this.#end = end;
  }

  /** The place of the first mark behind a position; `Infinity` if there is none. */
  nextAfter(split: string, position: number): number {
    const later = this.#marks.get(split)?.find(({ at }) => at > position);
    return later?.at ?? Infinity;
  }

  /** Takes out the milliseconds to wait at a position. */
  takePause(split: string, position: number): number {
    const found = this.#take(split, position, (mark) => typeof mark === "object");
    return typeof found === "object" ? found.pauseMs : 0;
  }

  /** Takes out a mark at a position that stops the process or the run. */
  take(split: string, position: number): "crash" | "end" | undefined {
    const found = this.#take(split, position, (mark) => typeof mark === "string");
    return typeof found === "string" ? found : undefined;
  }

  #take(split: string, position: number, wanted: (mark: TopicMark) => boolean): TopicMark | undefined {
    const placed = this.#marks.get(split);
    const index = placed?.findIndex(({ at, mark }) => at === position && wanted(mark)) ?? -1;
    return index < 0 ? undefined : placed!.splice(index, 1)[0]!.mark;
  }

  /** Ends the run of a process in order. */
  end(process: SimProcess): void {
    this.#end(process);
  }
}
