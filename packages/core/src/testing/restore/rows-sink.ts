import type { CommitOutcome, Sink, SinkWriter } from "../../connect/sink.ts";

/** What waits for its commit: the rows themselves, so that they lie in the checkpoint. */
export interface RowsCommittable {
  /** Names it: what was committed under it once is not committed again. */
  readonly id: string;
  /** The rows. */
  readonly rows: readonly string[];
}

/** An exactly-once sink in memory that outlives every run, as a database would. */
export interface RowsSink {
  /** To be given to `sink(id, ...)`. */
  readonly sink: Sink<string, RowsCommittable, "exactly-once">;
  /** All committed rows, in order. */
  rows(): readonly string[];
  /** What was committed, so that it can be moved to another process. */
  committed(): readonly RowsCommittable[];
}

/** The rows that a writer takes before it waits for a turn: so few that records pile up before it. */
const FULL_AT = 3;

/**
 * Makes a {@link RowsSink}.
 *
 * @param moved what was committed to it in another process.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { rowsSink } from "@tidemark/core/testing";
 *
 * const out = rowsSink();
 * const job = pipeline("words");
 * job.source("words", fromArray(["ebb", "flow"])).sink("out", out.sink);
 * await run(job, { backend: memory(), durable: false }).finished;
 * console.log(out.rows());
 * // prints ["ebb","flow"]
 * ```
 */
export function rowsSink(moved: readonly RowsCommittable[] = []): RowsSink {
  const committed = new Map(moved.map(({ id, rows }) => [id, rows]));
  const commitOne = ({ id, rows }: RowsCommittable): CommitOutcome => {
    if (committed.has(id)) return "already-committed";
    committed.set(id, rows);
    return "committed";
  };
  return {
    sink: {
      name: "rows",
      delivery: "exactly-once",
      createWriter: ({ env, sinkId, generation, subtask }): SinkWriter<string, RowsCommittable> => {
        let rows: string[] = [];
        let undrained = 0;
        return {
          write: (values) => {
            rows.push(...values);
            undrained += values.length;
          },
          get full() {
            return undrained >= FULL_AT;
          },
          drained: async () => {
            await env.turn();
            undrained = 0;
          },
          prepareCommit: async (checkpointId) => {
            const prepared = rows;
            rows = [];
            const id = `${sinkId}-${generation}-${subtask}-${checkpointId}`;
            return prepared.length === 0 ? [] : [{ id, rows: prepared }];
          },
          close: async () => undefined,
        };
      },
      createCommitter: () => ({
        recover: async () => undefined,
        commit: async (requests) => requests.map(({ committable }) => commitOne(committable)),
        close: async () => undefined,
      }),
    },
    rows: () => [...committed.values()].flat().toSorted(),
    committed: () => [...committed].map(([id, rows]) => ({ id, rows })),
  };
}
