import { type Duration, durationMs } from "../../time/duration.ts";
import type { TopicMark } from "../sim/topic-marks.ts";

/**
 * Something that happens between two records of a simulated source, once in each run. It stands among the records and is
 * none of them.
 */
export class SimMark {
  /** For the simulator. */
  readonly mark: TopicMark;

  /** Use {@link simCrash}, {@link simEnd} or {@link simPause}. */
  constructor(mark: TopicMark) {
    this.mark = mark;
  }
}

/**
 * The process dies when it would read on past this mark. The next one goes on from what is durable.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { simCrash, simulate } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const text = ["ebb", simCrash, "flow"];
 * const { rows } = await simulate(words, { backend: simMemory(), sources: { text }, seeds: 2 });
 * console.log(rows);
 * // prints {"out":2}
 * ```
 */
export const simCrash: SimMark = new SimMark("crash");

/**
 * The run ends in order at this mark, with a last checkpoint, and another run goes on from it: a deployment.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { simEnd, simulate } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const text = ["ebb", simEnd, "flow"];
 * const { rows } = await simulate(words, { backend: simMemory(), sources: { text }, seeds: 2 });
 * console.log(rows);
 * // prints {"out":2}
 * ```
 */
export const simEnd: SimMark = new SimMark("end");

/**
 * The split has nothing to give for this long.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no duration.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { simPause, simulate } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const text = ["ebb", simPause("1m"), "flow"];
 * const { rows } = await simulate(words, { backend: simMemory(), sources: { text }, seeds: 2 });
 * console.log(rows);
 * // prints {"out":2}
 * ```
 */
export function simPause(duration: Duration): SimMark {
  return new SimMark({ pauseMs: durationMs(duration, "simPause") });
}
