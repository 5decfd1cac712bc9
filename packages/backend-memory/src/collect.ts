import {
  ConfigurationError,
  ConnectorError,
  run,
  type RunOptions,
  type Sink,
  type SinkWriter,
  type Stream,
} from "@tidemark/core";
import { branchOf } from "@tidemark/core/internal";

import { memory } from "./memory.ts";

/** How {@link collect} runs a stream. */
export interface CollectOptions<T> extends Omit<RunOptions, "backend" | "from" | "restart"> {
  /** The most rows that are kept: one more fails with SINK_FULL. Default: 100,000. */
  readonly limit?: number;
  /** Keeps the last row of each key only, in the order in which the keys came first. Default: keeps all rows. */
  readonly lastBy?: (row: T) => string | number | bigint | boolean | null;
}

/** How many rows are kept unless more are asked for. */
const LIMIT = 100_000;

/** The id of the sink that collects. */
const ID = "collect";

/**
 * Runs what leads to a stream, over sources that end, and gives all its rows: for tests and scripts. The pipeline is not changed,
 * and none of its sinks is written to. State is in memory and gone afterwards; a failure is not followed by a restart.
 *
 * With one subtask in every step, rows come in the order in which the last step emitted them. A step such as `reduce` emits each
 * result on the way to the last one: `lastBy` keeps the final ones.
 *
 * @returns the rows, when all sources have ended, or when `until` says so.
 * @throws {ConfigurationError} OPTION_INVALID if a source never ends and `until` does not say when to stop, and as `run` does.
 * @throws {ConnectorError} SINK_FULL if there are more rows than `limit`; and whatever makes the job fail.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { collect } from "@tidemark/backend-memory";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const words = pipeline("words").source("words", fromArray(["to", "be", "or", "not", "to", "be"]));
 * const counts = words
 *   .map((word) => ({ word, count: 1 }))
 *   .keyBy(({ word }) => word)
 *   .reduce("count", (sum) => ({ ...sum, count: sum.count + 1 }));
 *
 * await collect(words); // ["to", "be", "or", "not", "to", "be"]
 * await collect(counts, { lastBy: ({ word }) => word }); // [{ word: "to", count: 2 }, { word: "be", count: 2 }, ...]
 * ```
 */
export async function collect<T>(stream: Stream<T>, options: CollectOptions<NoInfer<T>> = {}): Promise<T[]> {
  const { limit = LIMIT, lastBy, ...runOptions } = options;
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot collect up to ${limit} rows: limit is a whole number, at least 0`,
    );
  }
  const rows = new Rows<T>(limit, lastBy);
  const branch = branchOf(stream, ID, collecting(rows));
  if ((options.until ?? "end") === "end") {
    for (const { id, work } of branch.graph.nodes) {
      if (work.kind !== "source" || work.source.bounded) continue;
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot collect all rows: source "${id}" never ends. Say when to stop, with until: { records: ... } or "idle"`,
        { details: { source: id } },
      );
    }
  }
  const checkpoint = { interval: "none", ...runOptions.checkpoint } as const;
  await run(branch, { ...runOptions, checkpoint, backend: memory(), restart: "none" }).finished;
  return rows.all();
}

/** Rows within a limit. */
class Rows<T> {
  readonly #limit: number;
  readonly #keyOf: (row: T) => unknown;
  readonly #rows = new Map<unknown, T>();

  constructor(limit: number, lastBy: CollectOptions<T>["lastBy"]) {
    this.#limit = limit;
    this.#keyOf = lastBy ?? (() => this.#rows.size);
  }

  add(row: T): void {
    this.#rows.set(this.#keyOf(row), row);
    if (this.#rows.size <= this.#limit) return;
    throw new ConnectorError(
      "SINK_FULL",
      `Cannot collect more than ${this.#limit} rows: collect fewer, or raise limit`,
      { details: { limit: this.#limit } },
    );
  }

  all(): T[] {
    return [...this.#rows.values()];
  }
}

/** A sink that keeps rows at once: a failed run gives none, and there is no other. */
function collecting<T>(rows: Rows<T>): Sink<T, never, "idempotent"> {
  const writer: SinkWriter<T, never> = {
    full: false,
    write: (values) => {
      for (const value of values) rows.add(value);
    },
    drained: () => Promise.resolve(),
    prepareCommit: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  return { name: "collect", delivery: "idempotent", createWriter: () => writer };
}
