import type { Sink } from "../../../src/connect/sink.ts";
import type { Source, SourceSplit } from "../../../src/connect/source.ts";

const neverRun = (): never => {
  throw new Error("a description runs nothing");
};

/** A source of numbers that is never read. */
export function sourceOf(): Source<number, SourceSplit, unknown, true> {
  return { name: "numbers", replayable: true, bounded: true, createEnumerator: neverRun, createReader: neverRun };
}

/** A sink of numbers that is never written to. */
export function sinkOf(): Sink<number, unknown, "exactly-once"> {
  return { name: "nowhere", delivery: "exactly-once", createWriter: neverRun, createCommitter: neverRun };
}
