import { memory } from "@tidemark/backend-memory";
import { type AnySource, type JobHandle, run } from "@tidemark/core";

import type { Computation } from "./computation.ts";
import { partitionedSource } from "./partitioned-source.ts";
import type { Sale } from "./sales.ts";

const RECORDS = 2_000;

type Partitions = readonly (readonly Sale[])[];

/**
 * Starts a job that reads a few records and then waits, at no cost, until it is stopped. While one lives, a collection of
 * garbage between two runs does not take away what the compiler knows of the engine's objects. In a process that runs one
 * job for days that never happens; here it would make every run begin with a compiler that knows nothing.
 *
 * @param partitions as many as the job has subtasks in each step.
 */
export function standBy(
  { build }: Pick<Computation, "build">,
  { sales, returns }: { readonly sales: Partitions; readonly returns: Partitions },
): JobHandle {
  const few = (partitions: Partitions): AnySource<Sale, true> => {
    const firsts = partitions.map((partition) => partition.slice(0, RECORDS));
    return partitionedSource(firsts, { endless: true });
  };
  const { job } = build(few(sales), few(returns));
  return run(job, { backend: memory(), parallelism: sales.length, checkpoint: { interval: "none" } });
}
