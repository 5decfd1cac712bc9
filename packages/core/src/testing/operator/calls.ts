import type { Batch } from "../../operators/batch.ts";

/** A value with its time. */
export type Timed = readonly [value: unknown, timestamp: number];

/** One thing that a host tells an operator. */
export type Call =
  | {
      readonly kind: "batch";
      readonly records: readonly Timed[];
      /** Which input they come from. Default: 0. */
      readonly input?: number;
    }
  | { readonly kind: "watermark"; readonly time: number }
  | { readonly kind: "tick"; readonly now: number };

/** What came out, in order, of the main output and of each side output by name. */
export interface Outcome {
  /** The records of the main output. */
  readonly main: readonly Timed[];
  /** The records of each side output, by name. */
  readonly sides: Readonly<Record<string, readonly Timed[]>>;
  /** How many late records no output took. */
  readonly droppedLate: number;
  /**
   * For each record of the main output the watermark that had gone on before it; empty unless the operator gives out
   * watermarks itself.
   */
  readonly behind: readonly number[];
}

/**
 * Records as a batch.
 *
 * @example
 * ```ts
 * import { batchOf } from "@tidemark/core/testing";
 *
 * console.log(batchOf([["ebb", 1], ["flow", 2]]));
 * // prints {"values":["ebb","flow"],"timestamps":[1,2]}
 * ```
 */
export function batchOf(records: readonly Timed[]): Batch {
  return { values: records.map(([value]) => value), timestamps: records.map(([, timestamp]) => timestamp) };
}

/**
 * Records of an input in batches of a size.
 *
 * @example
 * ```ts
 * import { inBatches } from "@tidemark/core/testing";
 *
 * const calls = inBatches([["ebb", 1], ["flow", 2], ["ebb", 3]], 2);
 * console.log(calls.map((call) => (call.kind === "batch" ? call.records.length : call.kind)));
 * // prints [2,1]
 * ```
 */
export function inBatches(records: readonly Timed[], size: number, input: number = 0): readonly Call[] {
  const calls: Call[] = [];
  for (let at = 0; at < records.length; at += size) {
    calls.push({ kind: "batch", records: records.slice(at, at + size), input });
  }
  return calls;
}
