import type { SourceSplit } from "../../connect/source.ts";
import { ConnectorError } from "../../errors.ts";
import type { Acknowledged } from "./acknowledged.ts";
import type { Effect } from "./effect.ts";
import type { TopicFeed } from "./topic-feed.ts";
import type { TopicLog } from "./topic-log.ts";
import type { TopicMarks } from "./topic-marks.ts";
import type { SimWorld } from "./world.ts";

/** A split of a {@link SimTopic}: how far it was read. */
export interface SimSplit extends SourceSplit {
  /** Everything before it was read. Where positions are left out, that is fewer records. */
  readonly position: number;
}

/** The enumerator's state: which splits no reader has. `undefined`: not discovered yet. */
export interface SimEnumeratorState {
  /** Splits that no reader has, each with its position. */
  readonly unassigned?: readonly SimSplit[];
}

/** How a {@link SimTopic} is read. */
export interface SimTopicOptions {
  /** Default: `topic`. */
  readonly name?: string;
  /** The longest pause between two fetches of one reader. Most follow each other at once. Default: 100. */
  readonly paceMs?: number;
  /** The most records that one fetch gives. Default: 6. */
  readonly fetchMax?: number;
  /** The records that a reader holds ready at most. Default: 16. */
  readonly bufferMax?: number;
  /**
   * Whether a reader gets its splits one after the other, each when it asks for one. Otherwise all splits are dealt out
   * before the first record is read. Default: `false`.
   */
  readonly lazy?: boolean;
  /**
   * How often positions are left out, before a record and at the end of a split, from 0 to 1: as in a topic that was compacted, or
   * where transactions were taken back. Default: 0, so that a position says how many records stand before it.
   */
  readonly gaps?: number;
  /**
   * How often a fetch is answered with records that the reader was given before, under their old positions; once more a while later;
   * or after what comes behind it; from 0 to 1. Default: 0.
   */
  readonly redelivers?: number;
  /**
   * How long a split may say nothing after its last record, in milliseconds, before it says that it is at its end. It does right
   * behind the cut of a checkpoint, if there is one. Default: 0, so that the last record is known to be the last.
   */
  readonly lateEndMs?: number;
}

/** A topic as its readers and its enumerator know it. */
export interface Topic<T> extends Required<SimTopicOptions> {
  readonly world: SimWorld;
  readonly splits: Readonly<Record<string, TopicLog<T>>>;
  readonly feed: TopicFeed;
  readonly marks: TopicMarks | undefined;
  /** The positions at which readers were cut, by split. A job goes on from one of them. */
  readonly cuts: ReadonlyMap<string, Set<number>>;
  readonly acknowledged: Acknowledged;
}

/** A read of the topic, as an effect. */
export function topicRead<T, R>(topic: Topic<T>, verb: string, apply: () => R): Effect<R> {
  return {
    name: `source.${verb}`,
    read: true,
    apply,
    failure: () =>
      new ConnectorError("SOURCE_IO", `Cannot ${verb} from "${topic.name}": connection reset`, { retryable: true }),
  };
}
