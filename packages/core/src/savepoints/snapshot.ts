/**
 * A checkpoint or a savepoint, opened to be looked into: no code of the job is needed, and nothing is held in memory but
 * the slice that is being looked at.
 *
 * @module
 */
import { encodeKey, type Key } from "../state/key-codec.ts";
import { equalBytes } from "../bytes/compare.ts";
import { decodeValue } from "../state/value-codec.ts";
import { isTimer, type SnapshotEntry, snapshotEntry, type SnapshotTimer, timerOf } from "./entry.ts";
import type { ImageOperator, SnapshotImage } from "./image.ts";
import type { SnapshotInFlight } from "./in-flight.ts";
import { readOperatorStates, type SnapshotOperatorState } from "./operator-state.ts";
import { type EntryFilter, rangesOf } from "./ranges.ts";
import { StateTally } from "./tally.ts";

/** Which timers are wanted. */
export interface TimerFilter extends Omit<EntryFilter, "state"> {
  /** Those of one clock. Default: of both. */
  readonly clock?: "event" | "processing";
}

/** A source as a snapshot has it. */
export interface SnapshotSource<Split = unknown, State = unknown> {
  /** The id of the source. */
  readonly sourceId: string;
  /** The state of its enumerator. */
  readonly enumerator: State;
  /** The splits that readers had. */
  readonly splits: readonly {
    /** The connector's own: what there is to read, and the position reached. */
    readonly split: Split;
    /** The greatest timestamp seen in it, in milliseconds; -Infinity if none. */
    readonly maxTimestamp: number;
  }[];
}

/** A sink as a snapshot has it. */
export interface SnapshotSink<Committable = unknown> {
  /** The id of the sink. */
  readonly sinkId: string;
  /** What was cut and not known to be committed, oldest first. */
  readonly committables: readonly {
    readonly checkpointId: number;
    readonly subtask: number;
    readonly committable: Committable;
  }[];
}

/** A checkpoint or a savepoint that is open for reading. */
export interface Snapshot {
  /** What messages call it. */
  readonly name: string;
  /** Tells it from every other one. */
  readonly identity: string;
  /** The name of the job that it was taken of. */
  readonly job: string;
  /** The checkpoint that it is, or that it is a copy of. */
  readonly checkpointId: number;
  /** How many groups its keys are dealt into. */
  readonly keyGroups: number;
  /** Wall clock when it was complete, in milliseconds since the epoch. */
  readonly takenAt: number;
  /** Whether the job was drained for it. */
  readonly drained: boolean;
  /**
   * The operators with keyed state: their states, how far event time had come, how many subtasks they had. The numbers of
   * keys and entries are there for savepoints; for checkpoints {@link count} finds them.
   */
  operators(): readonly ImageOperator[];
  /** Reads everything once, and returns the operators with the number of keys, entries and bytes of each state. */
  count(): Promise<readonly ImageOperator[]>;
  /**
   * The entries of keyed state but for timers, in bounded slices: by key group, then by operator, state, key, namespace
   * and subkey.
   *
   * @typeParam K the keys of the operator. @typeParam V the values of the state. Nobody checks them.
   * @throws {CheckpointError} CHECKPOINT_CORRUPT, {@link StateError} STATE_CORRUPT if something does not fit.
   */
  entries<K extends Key = Key, V = unknown>(filter?: EntryFilter): AsyncIterable<readonly SnapshotEntry<K, V>[]>;
  /** The timers, in bounded slices: by key group, then by operator, clock and time. */
  timers<K extends Key = Key>(filter?: TimerFilter): AsyncIterable<readonly SnapshotTimer<K>[]>;
  /** The operator states: what subtasks kept besides keys. By operator, then by name. */
  operatorStates<V = unknown>(): readonly SnapshotOperatorState<V>[];
  /**
   * The records that barriers overtook, channel by channel, each in its order: they are in no state yet, and sources are past
   * them. None in a savepoint, and none where barriers stay in line.
   *
   * @typeParam T the records. Nobody checks them.
   * @throws {CheckpointError} CHECKPOINT_MISSING or CHECKPOINT_CORRUPT.
   */
  inFlight<T = unknown>(): AsyncIterable<readonly SnapshotInFlight<T>[]>;
  /** The sources, with their positions. */
  sources<Split = unknown, State = unknown>(): readonly SnapshotSource<Split, State>[];
  /** The sinks, with what they had still to commit. */
  sinks<Committable = unknown>(): readonly SnapshotSink<Committable>[];
  /** Frees what it holds. */
  close(): Promise<void>;
  /** The bytes below. For tools that copy or compare. */
  readonly image: SnapshotImage;
}

/** Opens an image for looking into. */
export function snapshotOf(image: SnapshotImage): Snapshot {
  return new ImageSnapshot(image);
}

class ImageSnapshot implements Snapshot {
  readonly image: SnapshotImage;
  readonly name: string;
  readonly identity: string;
  readonly job: string;
  readonly checkpointId: number;
  readonly keyGroups: number;
  readonly takenAt: number;
  readonly drained: boolean;

  constructor(image: SnapshotImage) {
    this.image = image;
    this.name = image.name;
    this.identity = image.identity;
    const { job, checkpointId, keyGroups, takenAt, drained } = image.facts;
    this.job = job;
    this.checkpointId = checkpointId;
    this.keyGroups = keyGroups;
    this.takenAt = takenAt;
    this.drained = drained;
  }

  operators(): readonly ImageOperator[] {
    return this.image.facts.operators;
  }

  async count(): Promise<readonly ImageOperator[]> {
    const declared = this.operators();
    if (declared.length > 0 && declared.every(({ keys }) => keys !== undefined)) return declared;
    const tally = new StateTally();
    for (const range of rangesOf({}, this.keyGroups)) {
      for await (const slice of this.image.scan(range)) for (const entry of slice) tally.add(entry);
    }
    return tally.operators(declared);
  }

  async *entries<K extends Key, V>(filter: EntryFilter = {}): AsyncGenerator<readonly SnapshotEntry<K, V>[]> {
    for await (const found of this.#matching(filter)) {
      const wanted = found.filter((entry) => !isTimer(entry));
      if (wanted.length > 0) yield wanted as readonly SnapshotEntry<Key, unknown>[] as readonly SnapshotEntry<K, V>[];
    }
  }

  async *timers<K extends Key>(filter: TimerFilter = {}): AsyncGenerator<readonly SnapshotTimer<K>[]> {
    const { clock, ...rest } = filter;
    for await (const found of this.#matching(rest)) {
      const timers = found.filter(isTimer).map(timerOf);
      const wanted = clock === undefined ? timers : timers.filter((timer) => timer.clock === clock);
      if (wanted.length > 0) yield wanted as readonly SnapshotTimer[] as readonly SnapshotTimer<K>[];
    }
  }

  operatorStates<V>(): readonly SnapshotOperatorState<V>[] {
    return readOperatorStates(this.image.facts.operatorStates) as readonly SnapshotOperatorState<V>[];
  }

  async *inFlight<T>(): AsyncGenerator<readonly SnapshotInFlight<T>[]> {
    yield* (this.image.inFlight?.() ?? []) as AsyncIterable<readonly SnapshotInFlight<T>[]>;
  }

  sources<Split, State>(): readonly SnapshotSource<Split, State>[] {
    return this.image.facts.sources.map(({ sourceId, enumerator, splits }) => ({
      sourceId,
      enumerator: decodeValue(enumerator) as State,
      splits: splits.map(({ split, maxTimestamp }) => ({ split: decodeValue(split) as Split, maxTimestamp })),
    }));
  }

  sinks<Committable>(): readonly SnapshotSink<Committable>[] {
    return this.image.facts.sinks.map(({ sinkId, committables }) => ({
      sinkId,
      committables: committables.map(({ checkpointId, subtask, bytes }) => ({
        checkpointId,
        subtask,
        committable: decodeValue(bytes) as Committable,
      })),
    }));
  }

  close(): Promise<void> {
    return this.image.close();
  }

  async *#matching(filter: EntryFilter): AsyncGenerator<readonly SnapshotEntry[]> {
    const key = filter.key === undefined ? undefined : encodeKey(filter.key);
    for (const range of rangesOf(filter, this.keyGroups)) {
      for await (const slice of this.image.scan(range)) {
        const found = slice.map(snapshotEntry);
        yield key === undefined ? found : found.filter((entry) => equalBytes(encodeKey(entry.key), key));
      }
    }
  }
}
