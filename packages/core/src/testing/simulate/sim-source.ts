import { checkWhole, invalidOption } from "../../invalid-option.ts";
import { type Duration, durationMs } from "../../time/duration.ts";
import type { SimTopicOptions } from "../sim/topic.ts";

/** What a simulated source gives: the records of its one split, or of each of its splits by name, with marks among them. */
export type SimInput = readonly unknown[] | Readonly<Record<string, readonly unknown[]>>;

/** How a simulated source gives its records. Each run draws where that strikes. */
export interface SimSourceOptions {
  /**
   * How often a record comes once more, a few records later, from 0 to 1: as from a producer that has not heard that its first attempt
   * went well. The output has to be what it is without: the pipeline has to notice. Default: 0.
   */
  readonly repeats?: number;
  /**
   * By how many places a record may come late, behind others of its split. The output has to be what it is when all come in order.
   * Default: 0.
   */
  readonly displaces?: number;
  /** The longest that a split says nothing, at one place, in half of the runs. Default: it gives what it has. */
  readonly silence?: Duration;
  /**
   * How long a split may keep to itself that it has come to its end; it says so right behind the cut of a checkpoint, if there is
   * one. Default: the last record is known to be the last.
   */
  readonly lateEnd?: Duration;
  /** How often positions between records are left out, as in a topic that was compacted, from 0 to 1. Default: 0. */
  readonly gaps?: number;
  /**
   * How often the broker gives its reader again what it was given before, under the old positions, or first what comes behind, from 0
   * to 1. The reader drops that, as {@link SourceReader} asks of all readers. Default: 0.
   */
  readonly redelivers?: number;
}

/** A source as {@link simSource} describes it. */
export class SimSource {
  /** The records, with marks among them. */
  readonly input: SimInput;
  /** How the records of its splits are changed. */
  readonly disorder: { readonly repeats: number; readonly displaces: number; readonly silenceMs: number };
  /** How the topic behaves that gives them. */
  readonly topic: SimTopicOptions;

  /** Use {@link simSource}. */
  constructor(input: SimInput, options: SimSourceOptions) {
    const { repeats = 0, displaces = 0, silence, lateEnd, gaps = 0, redelivers = 0 } = options;
    for (const [name, share] of Object.entries({ repeats, gaps, redelivers })) checkShare(name, share);
    this.input = input;
    this.disorder = {
      repeats,
      displaces: checkWhole("displaces", displaces, 0),
      silenceMs: silence === undefined ? 0 : durationMs(silence, "silence"),
    };
    this.topic = {
      gaps,
      redelivers,
      ...(lateEnd === undefined ? {} : { lateEndMs: durationMs(lateEnd, "lateEnd") }),
    };
  }
}

/**
 * Says how a simulated source gives its records, where that is not all at once and in order.
 *
 * @param records as they stand in `sources`: those of one split, or of each split by name, with marks among them.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { simSource, simulate } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const text = simSource(["ebb", "flow", "wave"], { repeats: 0.2, displaces: 3 });
 * // A word may come once more, and counts once.
 * const sinks = { out: { lastBy: (word: unknown) => word } };
 * const { runs } = await simulate(words, { backend: simMemory(), sources: { text }, sinks, seeds: 2 });
 * console.log(runs);
 * // prints 2
 * ```
 */
export function simSource(records: SimInput, options: SimSourceOptions): SimSource {
  return new SimSource(records, options);
}

function checkShare(name: string, share: number): void {
  if (!(share >= 0 && share <= 1)) throw invalidOption(name, share, "it must be from 0 to 1");
}
