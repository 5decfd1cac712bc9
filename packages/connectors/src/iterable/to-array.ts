import type { CommitOutcome, CommitRequest, Sink, SinkCommitter, SinkWriter, SinkWriterContext } from "@tidemark/core";

/** Names rows that were staged inside the process. */
export interface ArrayCommittable {
  /** The name under which the rows wait, unique in the process. */
  readonly staged: string;
}

/** A sink, and the array in which the committed records appear. */
export interface ArraySink<T> {
  /** To be given to `sink(id, ...)`. */
  readonly sink: Sink<T, ArrayCommittable, "exactly-once">;
  /** The committed records, in the order of the commits. */
  readonly values: readonly T[];
}

/** Collects the records of one subtask. */
class ArrayWriter<T> implements SinkWriter<T, ArrayCommittable> {
  readonly full = false;
  readonly #context: SinkWriterContext;
  readonly #staged: Map<string, readonly T[]>;
  #rows: T[] = [];
  #sequence = 0;

  constructor(context: SinkWriterContext, staged: Map<string, readonly T[]>) {
    this.#context = context;
    this.#staged = staged;
  }

  write(values: readonly T[]): void {
    for (const value of values) this.#rows.push(value);
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  prepareCommit(): Promise<readonly ArrayCommittable[]> {
    if (this.#rows.length === 0) return Promise.resolve([]);
    const { job, sinkId, generation, subtask } = this.#context;
    const staged = JSON.stringify([job, sinkId, generation, subtask, this.#sequence++]);
    this.#staged.set(staged, this.#rows);
    this.#rows = [];
    return Promise.resolve([{ staged }]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Moves staged rows into the array, once. */
class ArrayCommitter<T> implements SinkCommitter<ArrayCommittable> {
  readonly #staged: Map<string, readonly T[]>;
  readonly #committed: Set<string>;
  readonly #values: T[];

  constructor(staged: Map<string, readonly T[]>, committed: Set<string>, values: T[]) {
    this.#staged = staged;
    this.#committed = committed;
    this.#values = values;
  }

  recover(requests: readonly CommitRequest<ArrayCommittable>[]): Promise<void> {
    const named = new Set(requests.map(({ committable }) => committable.staged));
    for (const staged of this.#staged.keys()) if (!named.has(staged)) this.#staged.delete(staged);
    return Promise.resolve();
  }

  commit(requests: readonly CommitRequest<ArrayCommittable>[]): Promise<readonly CommitOutcome[]> {
    return Promise.resolve(requests.map(({ committable }) => this.#commitOne(committable.staged)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #commitOne(staged: string): CommitOutcome {
    if (this.#committed.has(staged)) return "already-committed";
    const rows = this.#staged.get(staged);
    if (rows === undefined) return { failed: "the rows were collected by another process; an array lives in one only" };
    for (const row of rows) this.#values.push(row);
    this.#committed.add(staged);
    this.#staged.delete(staged);
    return "committed";
  }
}

/**
 * Collects records in an array, for tests and small results: exactly once, also when the job fails and starts again,
 * within one process.
 *
 * @typeParam T what is collected.
 *
 * @example
 * ```ts
 * import { toArray } from "@tidemark/connectors/iterable";
 *
 * const { sink, values } = toArray<number>();
 * ```
 */
export function toArray<T>(): ArraySink<T> {
  const values: T[] = [];
  const staged = new Map<string, readonly T[]>();
  const committed = new Set<string>();
  return {
    values,
    sink: {
      name: "array",
      delivery: "exactly-once",
      volatile: true,
      createWriter: (context) => new ArrayWriter(context, staged),
      createCommitter: () => new ArrayCommitter(staged, committed, values),
    },
  };
}
