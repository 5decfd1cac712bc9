import type { JobHandle } from "@tidemark/core";

import { partitionedSource } from "../core/partitioned-source.ts";
import type * as Engine from "./engine.ts";

/** A job that has given its first result, and waits for more. */
export interface StartedJob {
  readonly handle: JobHandle;
  /** From the call of `run` to the first result. */
  readonly firstRecordMs: number;
}

/** Starts a keyed job with one record and no end. */
export async function startedJob({ pipeline, run, memory, valueState }: typeof Engine): Promise<StartedJob> {
  const results: number[] = [];
  const startedAt = performance.now();
  let arrived: (ms: number) => void;
  const firstRecord = new Promise<number>((resolve) => {
    arrived = resolve;
  });
  const job = pipeline("idle", { guarantee: "at-least-once" });
  job
    .source("numbers", partitionedSource([[1]], { endless: true }))
    .keyBy((value) => value % 10)
    .process<number, { sum: ReturnType<typeof valueState<number>> }>("sums", {
      state: { sum: valueState(0) },
      onRecord(value, context) {
        const { sum } = context.state;
        sum.update(sum.get() + value);
        context.emit(sum.get());
      },
    })
    .map((sum) => {
      results.push(sum);
      arrived(performance.now() - startedAt);
      return sum;
    })
    .sink("nothing", {
      name: "nothing",
      delivery: "at-least-once",
      createWriter: () => ({
        full: false,
        write: () => undefined,
        drained: () => Promise.resolve(),
        prepareCommit: () => Promise.resolve([]),
        close: () => Promise.resolve(),
      }),
    });
  const handle = run(job, { backend: memory(), checkpoint: { interval: "1h" } });
  const firstRecordMs = await Promise.race([firstRecord, handle.finished.then(neverEnds)]);
  if (results[0] !== 1) throw new Error(`Cannot count this start: its first result is ${results[0]} and not 1`);
  return { handle, firstRecordMs };
}

function neverEnds(): never {
  throw new Error("Cannot count this start: the job has ended");
}
