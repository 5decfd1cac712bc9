import { type AnySink, pipeline, type Pipeline } from "@tidemark/core";
import { fromArray } from "@tidemark/connectors/iterable";
import { throttle } from "@tidemark/connectors/throttle";
import type { Costs } from "./costs.ts";
import type { Beads } from "./deal.ts";

/** The ids of the steps: by these the trace names them. */
export const STEPS = { fast: "fast", slow: "slow", sum: "sum", sink: "sink" } as const;

export type Parity = "even" | "odd";

export function parityOf(bead: number): Parity {
  return bead % 2 === 0 ? "even" : "odd";
}

/** What the pipeline is made with. */
export interface BeadJobOptions {
  readonly beads: Beads;
  readonly costs: Costs;
  readonly sink: AnySink<number, "exactly-once">;
  /** Called with each bead before it is added; may throw, and the attempt fails. */
  readonly mishap: () => void;
}

/**
 * Two sources of integers, one sum of the even and one of the odd numbers, two sinks. The keys "even" and "odd" lie in
 * key groups of different subtasks: subtask 0 of the sum has the even numbers, subtask 1 the odd ones.
 */
export function beadJob({ beads, costs, sink, mishap }: BeadJobOptions): Pipeline {
  const job = pipeline("beads");
  const fast = job.source(STEPS.fast, throttle(fromArray(beads.fast), { recordsPerSecond: costs.fastPerSecond }));
  const slow = job.source(STEPS.slow, throttle(fromArray(beads.slow), { recordsPerSecond: costs.slowPerSecond }));
  const add = (sum: number, bead: number): number => {
    mishap();
    return sum + bead;
  };
  fast
    .union(slow)
    .keyBy(parityOf)
    .reduce(STEPS.sum, add, { parallelism: 2 })
    .sink(STEPS.sink, sink, { parallelism: 2 });
  return job;
}
