import type { EnumeratorContext, PollResult, Source, SourceReader, SplitEnumerator } from "@tidemark/core";

/** A partition, and how many of its records have been read. */
export interface PartitionSplit {
  readonly id: string;
  readonly partition: number;
  readonly position: number;
}

type PartitionedSource<T> = Source<T, PartitionSplit, readonly PartitionSplit[], true>;

/** Options of {@link partitionedSource}. */
export interface PartitionedSourceOptions {
  /** Whether it waits for more at the end of a partition, for ever. Default: `false`. */
  readonly endless?: boolean;
}

/** Reads arrays in slices, one split for each. It costs as little as a source can: the engine is what is measured. */
export function partitionedSource<T>(
  partitions: readonly (readonly T[])[],
  { endless = false }: PartitionedSourceOptions = {},
): PartitionedSource<T> {
  return {
    name: "partitions in memory",
    replayable: true,
    bounded: !endless,
    createEnumerator: (context, restored) => new PartitionEnumerator(context, restored ?? splitsOf(partitions)),
    createReader: () => new PartitionReader(partitions, endless),
  };
}

function splitsOf(partitions: readonly unknown[]): readonly PartitionSplit[] {
  return partitions.map((_, partition) => ({ id: `partition-${partition}`, partition, position: 0 }));
}

class PartitionEnumerator implements SplitEnumerator<readonly PartitionSplit[]> {
  readonly #context: EnumeratorContext<PartitionSplit>;
  #waiting: readonly PartitionSplit[];

  constructor(context: EnumeratorContext<PartitionSplit>, splits: readonly PartitionSplit[]) {
    this.#context = context;
    this.#waiting = splits;
  }

  /** All at once: a partition that waited while others are read would come late. */
  start(): Promise<void> {
    for (const split of this.#waiting) this.#context.assign(split.partition % this.#context.parallelism, split);
    this.#waiting = [];
    return Promise.resolve();
  }

  handleSplitRequest(subtask: number): void {
    const [split, ...others] = this.#waiting;
    this.#waiting = others;
    if (split === undefined) this.#context.noMoreSplits(subtask);
    else this.#context.assign(subtask, split);
  }

  snapshot(): readonly PartitionSplit[] {
    return this.#waiting;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class PartitionReader<T> implements SourceReader<T, PartitionSplit> {
  readonly #partitions: readonly (readonly T[])[];
  readonly #endless: boolean;
  #splits: PartitionSplit[] = [];
  #position = 0;

  constructor(partitions: readonly (readonly T[])[], endless: boolean) {
    this.#partitions = partitions;
    this.#endless = endless;
  }

  addSplits(splits: readonly PartitionSplit[]): void {
    this.#splits = [...this.snapshot(), ...splits];
    this.#position = this.#splits[0]?.position ?? 0;
  }

  poll(limit: number): PollResult<T> {
    const split = this.#splits[0];
    if (split === undefined) return "finished";
    const begin = this.#position;
    const values = (this.#partitions[split.partition] ?? []).slice(begin, begin + limit);
    if (values.length === 0) {
      if (this.#endless) return "nothing";
      this.#splits.shift();
      this.#position = this.#splits[0]?.position ?? 0;
      return this.poll(limit);
    }
    this.#position = begin + values.length;
    return { splitId: split.id, values };
  }

  available(): Promise<void> {
    return this.#endless ? new Promise(() => undefined) : Promise.resolve();
  }

  snapshot(): readonly PartitionSplit[] {
    return this.#splits.map((split, index) => (index === 0 ? { ...split, position: this.#position } : split));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
