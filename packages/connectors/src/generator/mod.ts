/**
 * Records out of a function of their number: for tests, demonstrations and benchmarks.
 *
 * @example
 * ```ts
 * import { generatorSource } from "@tidemark/connectors/generator";
 *
 * const source = generatorSource({ count: 1_000_000, splits: 4, create: (index) => ({ id: index, even: index % 2 === 0 }) });
 * ```
 *
 * @module
 */
import type { Source } from "@tidemark/core";
import { checkFunction } from "@tidemark/core/internal";

import { FixedSplits, type FixedSplitsState } from "../shared/fixed-splits.ts";
import { countOption } from "../shared/options.ts";
import { throttle } from "../throttle/mod.ts";
import { GeneratorReader, type GeneratorSplit } from "./generator-reader.ts";

export type { GeneratorSplit } from "./generator-reader.ts";

/** Options of {@link generatorSource}. */
export interface GeneratorSourceOptions<T> {
  /** Makes the record of a number. Has to give the same record for the same number, always. */
  readonly create: (index: number) => T;
  /** How many records there are, numbered from 0. Taken when the job first starts. Default: no end. */
  readonly count?: number;
  /**
   * Into how many splits the records are dealt: split `i` of `n` has the numbers `i`, `i + n`, `i + 2n` and so on. Taken
   * when the job first starts. Default: 1.
   */
  readonly splits?: number;
  /** The time of a record, in milliseconds since the epoch. Default: records carry no time. */
  readonly eventTime?: (value: T, index: number) => number;
  /** The largest number of records in a second, as `throttle` has it. Default: as fast as they are taken. */
  readonly recordsPerSecond?: number;
  /** What messages call the source. Default: `generator`. */
  readonly name?: string;
}

/** A source of generated records: replayable. */
export type GeneratorSource<T> = Source<T, GeneratorSplit, FixedSplitsState<GeneratorSplit>, true>;

/**
 * Reads the records that a function makes of the numbers 0, 1, 2 and so on.
 *
 * @typeParam T what is made.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 */
export function generatorSource<T>(options: GeneratorSourceOptions<T>): GeneratorSource<T> {
  checkFunction("generatorSource", options.create);
  const splits = countOption("splits", options.splits, 1);
  const count = options.count === undefined ? undefined : countOption("count", options.count, 0, 0);
  const dealt = (): readonly GeneratorSplit[] =>
    Array.from({ length: splits }, (_, index) => {
      const split = { id: `${index + 1} of ${splits}`, next: index, step: splits };
      return count === undefined ? split : { ...split, end: count };
    });
  const source: GeneratorSource<T> = {
    name: options.name ?? "generator",
    replayable: true,
    bounded: count !== undefined,
    hasOneSplit: splits === 1,
    createEnumerator: (context, restored) => new FixedSplits(context, restored, () => Promise.resolve(dealt())),
    createReader: () => new GeneratorReader(options.create, options.eventTime),
    remaining: ({ next, step, end }) =>
      Promise.resolve(end === undefined ? undefined : { records: Math.max(0, Math.ceil((end - next) / step)) }),
  };
  const { recordsPerSecond } = options;
  return recordsPerSecond === undefined ? source : throttle(source, { recordsPerSecond });
}
