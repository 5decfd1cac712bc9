import type { SourceSplit } from "../../connect/source.ts";
import { ConnectorError } from "../../errors.ts";
import type { Effect } from "./effect.ts";
import type { TopicMarks } from "./topic-marks.ts";
import type { SimWorld } from "./world.ts";

/** A split of a {@link SimTopic}: how many of its records were read. */
export interface SimSplit extends SourceSplit {
  /** How many of its records were read. */
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
}

/** A topic as its readers and its enumerator know it. */
export interface Topic<T> extends Required<SimTopicOptions> {
  readonly world: SimWorld;
  readonly splits: Readonly<Record<string, readonly T[]>>;
  readonly marks: TopicMarks | undefined;
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
