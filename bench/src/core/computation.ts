import type { AnySource, Pipeline } from "@tidemark/core";

import type { ChecksumSink, Tally } from "./checksum-sink.ts";
import type { Sale } from "./sales.ts";

/** A job that is ready to run, and where the tally of its results appears. */
export interface BuiltJob {
  readonly job: Pipeline;
  readonly out: ChecksumSink<never>;
}

/** One computation, written twice. Both sides make the same results and fold each of them into the same checksum. */
export interface Computation {
  readonly name: string;
  /** The computation by hand: one loop, a `Map`, nothing that survives a crash. */
  loop(sales: readonly Sale[]): Tally;
  /**
   * The computation as a job.
   *
   * @param sales all sales. @param returns those alone that were given back, for a job that reads two streams.
   */
  build(sales: AnySource<Sale, true>, returns: AnySource<Sale, true>): BuiltJob;
}
