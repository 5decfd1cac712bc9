import { Acknowledged } from "./acknowledged.ts";
import type { Source } from "../../connect/source.ts";
import type { SimProcess } from "./process.ts";
import { TopicEnumerator } from "./topic-enumerator.ts";
import { TopicReader } from "./topic-reader.ts";
import type { SimEnumeratorState, SimSplit, SimTopicOptions, Topic } from "./topic.ts";
import { TopicFeed } from "./topic-feed.ts";
import { TopicLog } from "./topic-log.ts";
import type { TopicMarks } from "./topic-marks.ts";
import type { SimWorld } from "./world.ts";

/**
 * A log with splits that outlives every process and can be read again from any position. Discovery and each fetch are
 * effects; how much a fetch gives, and when, follows from the seed.
 */
export interface SimTopic<T> {
  /** The source as one process sees it. */
  source(process: SimProcess): Source<T, SimSplit, SimEnumeratorState, true>;
  /** The job is taken back to an older checkpoint: what was acknowledged since may be read again. */
  goBack(): void;
}

/**
 * Makes a topic.
 *
 * @param splits the records of each split, in order.
 * @param marks what happens between records. Default: nothing.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { simTopic, simWorld } from "@tidemark/core/testing";
 *
 * const world = simWorld(1);
 * const topic = simTopic(world, { one: ["ebb", "flow"], other: ["wave"] });
 * const out = toArray<string>();
 * const process = world.spawn();
 * process.start(() => {
 *   const job = pipeline("words");
 *   job.source("words", topic.source(process)).sink("out", out.sink);
 *   return run(job, { backend: memory(), env: process.env }).finished;
 * });
 * await world.run(process);
 * console.log(out.values.toSorted());
 * // prints ["ebb","flow","wave"]
 * ```
 */
export function simTopic<T>(
  world: SimWorld,
  splits: Readonly<Record<string, readonly T[]>>,
  options: SimTopicOptions = {},
  marks?: TopicMarks,
): SimTopic<T> {
  const { name = "topic", paceMs = 100, gaps = 0, redelivers = 0, lateEndMs = 0 } = options;
  const topic: Topic<T> = {
    world,
    splits: topicLogs(world.seed, splits, options),
    feed: new TopicFeed(world.seed, redelivers, paceMs),
    acknowledged: new Acknowledged(),
    cuts: new Map(Object.keys(splits).map((id) => [id, new Set([0])])),
    name,
    paceMs,
    gaps,
    redelivers,
    lateEndMs,
    fetchMax: options.fetchMax ?? 6,
    bufferMax: options.bufferMax ?? 16,
    lazy: options.lazy ?? false,
    marks,
  };
  return {
    goBack: () => topic.acknowledged.clear(),
    source: (process) => {
      topic.acknowledged.begin(process);
      return {
        name: `simulated topic "${topic.name}"`,
        replayable: true,
        bounded: true,
        createEnumerator: (context, restored) => new TopicEnumerator(topic, process, context, restored),
        createReader: (context) => new TopicReader(topic, process, context),
      };
    },
  };
}

/**
 * The splits of a topic as logs, whose positions follow from the seed of the world and from nothing that happens in it.
 *
 * @example
 * ```ts
 * import { topicLogs } from "@tidemark/core/testing";
 *
 * const logs = topicLogs(1, { one: ["ebb", "flow"] });
 * console.log(Object.keys(logs));
 * // prints ["one"]
 * ```
 */
export function topicLogs<T>(
  seed: number,
  splits: Readonly<Record<string, readonly T[]>>,
  { gaps = 0, lateEndMs = 0 }: Pick<SimTopicOptions, "gaps" | "lateEndMs"> = {},
): Readonly<Record<string, TopicLog<T>>> {
  const logs = Object.entries(splits).map(([id, records], index) => [
    id,
    new TopicLog(records, seed + Math.imul(index, 0x9e3779b1), { gaps, endsApart: lateEndMs > 0 }),
  ]);
  return Object.fromEntries(logs) as Record<string, TopicLog<T>>;
}
