import type { PlacedMark } from "../sim/topic-marks.ts";
import type { SimTopicOptions } from "../sim/topic.ts";
import { SimMark } from "./marks.ts";
import { displaced, type NumberedRecord, repeated, silenceOf } from "./disorder.ts";
import type { Selection } from "./selection.ts";
import { type SimInput, SimSource } from "./sim-source.ts";

/** One split of one source, with the marks apart from the records. */
interface Split {
  readonly source: string;
  readonly name: string;
  /** The number of its first record among all records of the input. */
  readonly first: number;
  readonly records: readonly unknown[];
  readonly marks: readonly PlacedMark[];
  readonly disorder: SimSource["disorder"] | undefined;
}

/** What a source gives in one run. */
export interface SourceInput {
  /** The records of each split that take part, by its name. */
  readonly splits: Readonly<Record<string, readonly unknown[]>>;
  /** What happens between them, by the name of the split. */
  readonly marks: Readonly<Record<string, readonly PlacedMark[]>>;
  /** The records that come once more, or later than they stand in the input. */
  readonly strange: readonly unknown[];
}

/** The input of a simulation: all records have a number, so that a run can leave some of them out. */
export class ScriptedInput {
  readonly #splits: readonly Split[];
  readonly #topics: ReadonlyMap<string, SimTopicOptions>;
  /** How many records there are. */
  readonly size: number;

  /** Numbers all records, source after source and split after split. */
  constructor(inputs: Readonly<Record<string, SimInput | SimSource>>) {
    const splits: Split[] = [];
    let first = 0;
    const given = Object.entries(inputs);
    this.#topics = new Map(
      given.flatMap(([source, each]) => (each instanceof SimSource ? [[source, each.topic]] : [])),
    );
    for (const [source, each] of given) {
      const { input, disorder } = each instanceof SimSource ? each : { input: each, disorder: undefined };
      for (const [name, items] of Object.entries(splitsOf(input))) {
        const split = { source, name, first, disorder, ...divided(items) };
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

  /** Whether a source gives records more than once, or in another order. */
  get isDisordered(): boolean {
    return this.#splits.some(({ disorder }) => disorder !== undefined && disorder.repeats + disorder.displaces > 0);
  }

  /** How the topic of a source behaves, where that is not left to the seed. */
  topicOf(source: string): SimTopicOptions {
    return this.#topics.get(source) ?? {};
  }

  /**
   * What a source gives in a run with these records. A mark stays behind the last record before it that is left.
   *
   * @param seed of the run. `undefined`: one that shows what is right, in which nothing stands between the records, and all come in
   * their order.
   */
  of(source: string, selection: Selection | undefined, seed?: number): SourceInput {
    const given = this.#splits
      .filter((split) => split.source === source)
      .map((split) => [split, partOf(split, selection)] as const);
    if (seed === undefined) {
      const inOrder = given.map(([{ name }, { numbered }]) => [name, numbered.map(({ record }) => record)] as const);
      return { splits: Object.fromEntries(inOrder), marks: {}, strange: [] };
    }
    const come = given.map(([{ name, disorder }, part]) => [name, disordered(part, disorder, seed)] as const);
    return {
      splits: Object.fromEntries(come.map(([name, { numbered }]) => [name, numbered.map(({ record }) => record)])),
      marks: Object.fromEntries(come.map(([name, { marks }]) => [name, marks])),
      strange: come.flatMap(([, { numbered }]) => strangeOf(numbered)),
    };
  }

  /** The records of each source, its splits one after the other. */
  records(selection: Selection | undefined): Readonly<Record<string, readonly unknown[]>> {
    const sources = [...new Set(this.#splits.map(({ source }) => source))];
    return Object.fromEntries(
      sources.map((source) => [source, Object.values(this.of(source, selection).splits).flat()]),
    );
  }
}

/** The part of a split that takes part in a run. */
interface Part {
  readonly numbered: readonly NumberedRecord[];
  readonly marks: readonly PlacedMark[];
}

function partOf({ first, records, marks }: Split, selection: Selection | undefined): Part {
  const isIn = (index: number): boolean => selection === undefined || selection.has(first + index);
  const numbered = records
    .map((record, index) => ({ number: first + index, record }))
    .filter((_, index) => isIn(index));
  const placed = marks.map(({ at, mark }) => ({
    at: records.slice(0, at).filter((_, index) => isIn(index)).length,
    mark,
  }));
  return { numbered, marks: placed };
}

function disordered({ numbered, marks }: Part, disorder: Split["disorder"], seed: number): Part {
  if (disorder === undefined) return { numbered, marks };
  const { repeats, displaces, silenceMs } = disorder;
  const silent = [...marks, ...silenceOf(numbered, seed, silenceMs)];
  return {
    numbered: repeated(displaced(numbered, seed, displaces), seed, repeats),
    marks: silent.toSorted((left, right) => left.at - right.at),
  };
}

/** Those that come behind one with a greater number. */
function strangeOf(come: readonly NumberedRecord[]): readonly unknown[] {
  let greatest = -1;
  return come.flatMap(({ number, record }) => {
    const isLate = number <= greatest;
    greatest = Math.max(greatest, number);
    return isLate ? [record] : [];
  });
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
