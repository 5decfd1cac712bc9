/**
 * Looks over the shoulder of a source: counts the flights that its readers give out and knows how far each split has
 * come. It changes nothing.
 *
 * @module
 */
import type { FileSource, FileSplit } from "@tidemark/connectors/file";
import type { SourceBatch, SourceReader } from "@tidemark/core";
import type { Flight } from "./flight.ts";

/** Who is told of what happens. */
export interface TallyListener {
  /** A reader was given a split. */
  assigned(split: FileSplit): void;
  /** A batch of flights was read. */
  counted(): void;
}

/** What was counted in this attempt. */
export class Tally {
  records = 0;
  readonly #latest = new Map<string, number>();
  readonly #listener: TallyListener;

  constructor(listener: TallyListener) {
    this.#listener = listener;
  }

  /** How many splits the readers were given. */
  get splits(): number {
    return this.#latest.size;
  }

  /** The latest schedule of the split that is furthest back; -Infinity as long as one has given nothing. */
  get reached(): number {
    return this.splits === 0 ? -Infinity : Math.min(...this.#latest.values());
  }

  assign(split: FileSplit): void {
    this.#latest.set(split.id, -Infinity);
    this.#listener.assigned(split);
  }

  count({ splitId, values }: SourceBatch<Flight>): void {
    let latest = this.#latest.get(splitId) ?? -Infinity;
    for (const { scheduled } of values) if (scheduled > latest) latest = scheduled;
    this.#latest.set(splitId, latest);
    this.records += values.length;
    this.#listener.counted();
  }
}

/** The same source, counted. */
export function counted(source: FileSource<Flight>, tally: Tally): FileSource<Flight> {
  return {
    name: source.name,
    replayable: source.replayable,
    bounded: source.bounded,
    createEnumerator: (context, restored) => source.createEnumerator(context, restored),
    createReader: (context) => countedReader(source.createReader(context), tally),
    remaining: (split) => source.remaining?.(split) ?? Promise.resolve(undefined),
  };
}

function countedReader(reader: SourceReader<Flight, FileSplit>, tally: Tally): SourceReader<Flight, FileSplit> {
  return {
    addSplits(splits) {
      for (const split of splits) tally.assign(split);
      reader.addSplits(splits);
    },
    poll(limit) {
      const found = reader.poll(limit);
      if (typeof found === "object") tally.count(found);
      return found;
    },
    available: () => reader.available(),
    snapshot: (id) => reader.snapshot(id),
    ...(reader.pauseSplits === undefined ? {} : { pauseSplits: (paused) => reader.pauseSplits?.(paused) }),
    checkpointCompleted: (id) => reader.checkpointCompleted?.(id),
    close: () => reader.close(),
  };
}
