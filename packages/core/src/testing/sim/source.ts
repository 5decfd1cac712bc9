import type { Source } from "../../connect/source.ts";
import type { SimProcess } from "./process.ts";
import { TopicEnumerator } from "./topic-enumerator.ts";
import { TopicReader } from "./topic-reader.ts";
import type { SimEnumeratorState, SimSplit, SimTopicOptions, Topic } from "./topic.ts";
import type { TopicMarks } from "./topic-marks.ts";
import type { SimWorld } from "./world.ts";

/**
 * A log with splits that outlives every process and can be read again from any position. Discovery and each fetch are
 * effects; how much a fetch gives, and when, follows from the seed.
 */
export interface SimTopic<T> {
  /** The source as one process sees it. */
  source(process: SimProcess): Source<T, SimSplit, SimEnumeratorState, true>;
}

/**
 * Makes a topic.
 *
 * @param splits the records of each split, in order.
 * @param marks what happens between records. Default: nothing.
 */
export function simTopic<T>(
  world: SimWorld,
  splits: Readonly<Record<string, readonly T[]>>,
  options: SimTopicOptions = {},
  marks?: TopicMarks,
): SimTopic<T> {
  const topic: Topic<T> = {
    world,
    splits,
    name: options.name ?? "topic",
    paceMs: options.paceMs ?? 100,
    fetchMax: options.fetchMax ?? 6,
    bufferMax: options.bufferMax ?? 16,
    lazy: options.lazy ?? false,
    marks,
  };
  return {
    source: (process) => ({
      name: `simulated topic "${topic.name}"`,
      replayable: true,
      bounded: true,
      createEnumerator: (context, restored) => new TopicEnumerator(topic, process, context, restored),
      createReader: (context) => new TopicReader(topic, process, context),
    }),
  };
}
