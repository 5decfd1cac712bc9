import type { Env, Sink, SinkWriter } from "@tidemark/core";
import { type ArrayCommittable, toArray } from "@tidemark/connectors/iterable";
import type { Parity } from "./job.ts";

/** A committed row: a new total of one of the sums. */
export interface Row {
  readonly parity: Parity;
  readonly total: number;
}

/** The sink of the job, and the rows it has committed. */
export interface BeadSink {
  readonly sink: Sink<number, ArrayCommittable, "exactly-once">;
  readonly rows: readonly Row[];
}

/** Collects rows in an array, and is busy for a while with each of them, so that beads queue up before it. */
export function beadSink(rowMs: number): BeadSink {
  const { sink, values } = toArray<Row>();
  return {
    rows: values,
    sink: {
      ...sink,
      createWriter: (context) =>
        slowWriter(sink.createWriter(context), context.subtask === 0 ? "even" : "odd", context.env, rowMs),
    },
  };
}

function slowWriter(
  writer: SinkWriter<Row, ArrayCommittable>,
  parity: Parity,
  env: Env,
  rowMs: number,
): SinkWriter<number, ArrayCommittable> {
  let busyUntil = -Infinity;
  return {
    write(totals, timestamps) {
      writer.write(
        totals.map((total) => ({ parity, total })),
        timestamps,
      );
      busyUntil = env.monotonic() + totals.length * rowMs;
    },
    get full() {
      return env.monotonic() < busyUntil;
    },
    drained: () => new Promise((resolve) => void env.schedule(busyUntil - env.monotonic(), resolve)),
    prepareCommit: (checkpointId) => writer.prepareCommit(checkpointId),
    close: () => writer.close(),
  };
}
