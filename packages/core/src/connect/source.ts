/**
 * What a source connector implements. A source is cut into **splits** (a file, a range, a partition). One
 * **enumerator** per job finds splits and hands them out; one **reader** per subtask reads the splits it was given. The
 * idea and the words are those of Apache Flink's FLIP-27.
 *
 * @module
 */
import type { Env } from "../env/env.ts";

/** A unit of work of a source, with the position reached in it. Plain data: it is part of every checkpoint. */
export interface SourceSplit {
  /** Names the split among all splits of the source, for ever. */
  readonly id: string;
}

/** A record that could not be decoded. It goes to the dead-letter output of the source, or fails the job. */
export interface RejectedRecord {
  /** What was found, as text. At most a few hundred characters. */
  readonly raw: string;
  /** Where it was found: file and byte, partition and offset. */
  readonly position: string;
  /** Why it was rejected. */
  readonly reason: string;
}

/** Records of one split, in the order of the split. */
export interface SourceBatch<T> {
  /** The split that the records are of. */
  readonly splitId: string;
  /** The records, in the order of the split. */
  readonly values: T[];
  /** Milliseconds since the epoch, one for each value, where the source knows them. */
  readonly timestamps?: number[];
  /** What could be no record. Default: nothing. */
  readonly rejected?: readonly RejectedRecord[];
}

/**
 * What `poll` found: some records; `"nothing"` for now, so that the caller waits for `available()`; `"later"`: the reader has not
 * looked, for the sake of a pace that it keeps, so that no split counts as silent and the source not as idle, and the caller waits
 * likewise; or `"finished"`: every split given so far has been read to its end. Whoever says
 * so while its `snapshot` has a split left fails the job, with INTERNAL.
 */
export type PollResult<T> = SourceBatch<T> | "nothing" | "later" | "finished";

/** What a reader is told about its place. */
export interface SourceReaderContext {
  /** The door to the outside: clock, chance, timers, log. */
  readonly env: Env;
  /** The id of the source in the pipeline. */
  readonly sourceId: string;
  /** Its number among the subtasks of its step, from 0. */
  readonly subtask: number;
  /** How many subtasks run the step. */
  readonly parallelism: number;
}

/** Reads the splits it is given. Its whole state is in its splits. */
export interface SourceReader<T, Split extends SourceSplit> {
  /** Takes over splits, at the position each one holds. Splits are read in turns: none may fall behind for long. */
  addSplits(splits: readonly Split[]): void;
  /**
   * Gives what is there, at once: never waits, and starts or goes on with reading ahead in the background. Positions
   * given by {@link snapshot} count a record as read as soon as `poll` has returned it. What it throws fails the job.
   * Not called before the enumerator's `start` has resolved.
   *
   * Gives each record of a split once, in order: whatever the outside sends again at or before the position is dropped, and nothing
   * is taken that lies behind what has not arrived. A position is a place and no number of records: places may be left out.
   *
   * @param limit the largest number of records to return.
   */
  poll(limit: number): PollResult<T>;
  /** Resolves when `poll` may find something, or the end of a split. Rejects when reading ahead has failed. */
  available(): Promise<void>;
  /**
   * Says which splits are not read for now, because they are too far ahead of others in event time: `poll` gives nothing
   * of them and goes on with the rest, and `snapshot` has them where they are. With nothing but such splits left `poll`
   * answers `"nothing"`, and `available` stays pending; after each change `poll` is called again. No part of any checkpoint.
   *
   * A reader without this method is not polled while all of its splits are too far ahead, and reads all of them otherwise.
   *
   * @param paused the ids of all of them: who is no longer in it is read on. Empty at first. May name splits that have ended.
   */
  pauseSplits?(paused: ReadonlySet<string>): void;
  /**
   * The unfinished splits, each at the position reached.
   *
   * @param checkpointId the checkpoint that they become part of, for a reader that has to know what {@link checkpointCompleted}
   * speaks of; `undefined` where somebody only looks.
   */
  snapshot(checkpointId?: number): readonly Split[];
  /**
   * Told that a checkpoint is complete, and that sinks have committed its rows: what was read before its {@link snapshot} may
   * be acknowledged to whoever sent it. May never be called. What it throws fails the job.
   */
  checkpointCompleted?(checkpointId: number): void;
  /** Gives back what the reader holds. May never be called. */
  close(): Promise<void>;
}

/** How an enumerator speaks to the readers. */
export interface EnumeratorContext<Split extends SourceSplit> {
  /** The door to the outside: clock, chance, timers, log. */
  readonly env: Env;
  /** The id of the source in the pipeline. */
  readonly sourceId: string;
  /** How many subtasks run the step. */
  readonly parallelism: number;
  /** Gives a split to a reader. */
  assign(subtask: number, split: Split): void;
  /** Tells a reader that it will get no further split. */
  noMoreSplits(subtask: number): void;
}

/**
 * Finds the splits of a source and hands them out. What it handed out is the readers' for good: after a failure enumerator
 * and readers go back to one checkpoint together, and at another parallelism the engine deals out what the readers had.
 */
export interface SplitEnumerator<State> {
  /**
   * Finds splits and assigns all that are known before it resolves: a split that waits while others are read may come
   * late as a whole. A rejection fails the job.
   */
  start(): Promise<void>;
  /** A reader has read all it had. Answer, now or later, with `assign` or `noMoreSplits`. */
  handleSplitRequest(subtask: number): void;
  /** The enumerator's own state: plain data. Splits that were assigned are the readers' business. */
  snapshot(): State;
  /** Gives back what it holds. Nothing may depend on its being called. */
  close(): Promise<void>;
}

/** How much lies behind a position, in whichever unit the source knows without reading it. */
export interface SourceRemainder {
  /** Records from the position to the end of the split, as far as it reaches by now. */
  readonly records?: number;
  /** Bytes from the position to the end of the split, as far as it reaches by now. */
  readonly bytes?: number;
}

/**
 * A source connector. `Replayable` is known to the compiler: an exactly-once pipeline takes only sources that can be
 * read again from a position.
 *
 * @typeParam T what it reads.
 * @typeParam Split its unit of work.
 * @typeParam State the enumerator's state.
 */
export interface Source<
  T,
  Split extends SourceSplit = SourceSplit,
  State = unknown,
  Replayable extends boolean = boolean,
> {
  /** What messages call it, such as `NDJSON file "flights.ndjson"`. */
  readonly name: string;
  /** Whether it can be read again from the position in a split. */
  readonly replayable: Replayable;
  /** Whether it has an end. */
  readonly bounded: boolean;
  /** Whether it never has more than one split, so that all of its records have an order. Default: that is not known. */
  readonly hasOneSplit?: boolean;
  /** Makes what deals splits out. `restored`: its state in the checkpoint that the job goes on from; `undefined` at first. */
  createEnumerator(context: EnumeratorContext<Split>, restored: State | undefined): SplitEnumerator<State>;
  /** Makes the reader of one subtask. */
  createReader(context: SourceReaderContext): SourceReader<T, Split>;
  /**
   * Says how much lies behind the position of a split: what a job that is restored with it has still to read. Asked when a
   * restore is planned, by no running job. `undefined`: it cannot tell. What it rejects with fails the plan.
   */
  remaining?(split: Split): Promise<SourceRemainder | undefined>;
}

/** A source of `T`, whatever its splits are. */
// oxlint-disable-next-line typescript/no-explicit-any -- splits and enumerator state are opaque to everyone but the source itself
export type AnySource<T, Replayable extends boolean = boolean> = Source<T, any, any, Replayable>;
