import type { PlacedMark } from "../sim/topic-marks.ts";
import { SimMark } from "./marks.ts";
import type { Selection } from "./selection.ts";

/** What a simulated source gives: the records of its one split, or of each of its splits by name, with marks among them. */
export type SimInput = readonly unknown[] | Readonly<Record<string, readonly unknown[]>>;

/** One split of one source, with the marks apart from the records. */
interface Split {
  readonly source: string;
  readonly name: string;
  /** The number of its first record among all records of the input. */
  readonly first: number;
  readonly records: readonly unknown[];
  readonly marks: readonly PlacedMark[];
}

/** What a source gives in one run. */
export interface SourceInput {
  /** The records of each split that take part, by its name. */
  readonly splits: Readonly<Record<string, readonly unknown[]>>;
  /** What happens between them, by the name of the split. */
  readonly marks: Readonly<Record<string, readonly PlacedMark[]>>;
}

/** The input of a simulation: all records have a number, so that a run can leave some of them out. */
export class ScriptedInput {
  readonly #splits: readonly Split[];
  /** How many records there are. */
  readonly size: number;

  /** Numbers all records, source after source and split after split. */
  constructor(inputs: Readonly<Record<string, SimInput>>) {
    const splits: Split[] = [];
    let first = 0;
    for (const [source, input] of Object.entries(inputs)) {
      for (const [name, items] of Object.entries(splitsOf(input))) {
        const split = { source, name, first, ...divided(items) };
        splits.push(split);
        first += split.records.length;
      }
    }
    this.#splits = splits;
    this.size = first;
  }

  /** Whether a record is followed or preceded by marks that end a process or a run. */
  get hasStops(): boolean {
    return this.#splits.some(({ marks }) => marks.some(({ mark }) => typeof mark === "string"));
  }

  /** What a source gives in a run with these records. A mark stays behind the last record before it that is left. */
  of(source: string, selection: Selection | undefined, marked: boolean): SourceInput {
    const splits: Record<string, readonly unknown[]> = {};
    const marks: Record<string, readonly PlacedMark[]> = {};
    for (const split of this.#splits) {
      if (split.source !== source) continue;
      const isIn = (index: number): boolean => selection === undefined || selection.has(split.first + index);
      splits[split.name] = split.records.filter((_, index) => isIn(index));
      if (!marked) continue;
      marks[split.name] = split.marks.map(({ at, mark }) => ({
        at: split.records.slice(0, at).filter((_, index) => isIn(index)).length,
        mark,
      }));
    }
    return { splits, marks };
  }

  /** The records of each source, its splits one after the other. */
  records(selection: Selection | undefined): Readonly<Record<string, readonly unknown[]>> {
    const sources = [...new Set(this.#splits.map(({ source }) => source))];
    return Object.fromEntries(
      sources.map((source) => [source, Object.values(this.of(source, selection, false).splits).flat()]),
    );
  }
}

function splitsOf(input: SimInput): Readonly<Record<string, readonly unknown[]>> {
  return isList(input) ? { "split-0": input } : input;
}

function isList(input: SimInput): input is readonly unknown[] {
  return Array.isArray(input);
}

function divided(items: readonly unknown[]): { records: readonly unknown[]; marks: readonly PlacedMark[] } {
  const records: unknown[] = [];
  const marks: PlacedMark[] = [];
  for (const item of items) {
    if (item instanceof SimMark) marks.push({ at: records.length, mark: item.mark });
    else records.push(item);
  }
  return { records, marks };
}
