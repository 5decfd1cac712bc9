import type { CommitOutcome, CommitRequest, Env, Sink, SinkCommitter, SinkWriter } from "@tidemark/core";

/** What a writer of {@link ledgerSink} makes ready: the rows themselves, so that they live in the checkpoint. */
export interface LedgerCommittable<T> {
  readonly id: string;
  readonly rows: readonly T[];
}

/** One call of a committer, in order. */
export type LedgerCall =
  | { readonly kind: "recover"; readonly generation: number; readonly ids: readonly string[] }
  | { readonly kind: "commit"; readonly checkpointIds: readonly number[]; readonly repeated: number }
  | { readonly kind: "finish" };

/** A sink, and what was committed to it. It outlives every run, as a database would. */
export interface LedgerSink<T> {
  readonly sink: Sink<T, LedgerCommittable<T>, "exactly-once">;
  /** The committed rows, in the order of the commits. */
  readonly rows: readonly T[];
  readonly calls: readonly LedgerCall[];
  /** Rows that were handed to writers, committed or not. */
  readonly written: number;
}

/** Options of {@link ledgerSink}. */
export interface LedgerOptions {
  /** The rows a writer takes before it is full. Default: no limit. */
  readonly fullAt?: number;
  /** What draining a full writer waits for. Default: a turn. */
  readonly drain?: (env: Env) => Promise<void>;
  /** Told what a writer made ready, before it is handed over. What it throws is what the writer throws. */
  readonly prepared?: (ids: readonly string[], env: Env) => void;
  /** What to answer to a commit instead of doing it. */
  readonly answer?: (call: number) => CommitOutcome | undefined;
}

/** Makes a transactional sink in memory. */
export function ledgerSink<T>(options: LedgerOptions = {}): LedgerSink<T> {
  const rows: T[] = [];
  const committed = new Set<string>();
  const calls: LedgerCall[] = [];
  const ledger = { rows, calls, written: 0 };
  const commitOne = ({ id, rows: staged }: LedgerCommittable<T>): CommitOutcome => {
    if (committed.has(id)) return "already-committed";
    committed.add(id);
    rows.push(...staged);
    return "committed";
  };
  const committer = (generation: number): SinkCommitter<LedgerCommittable<T>> => ({
    recover: async (requests) => {
      calls.push({ kind: "recover", generation, ids: requests.map(({ committable }) => committable.id) });
    },
    commit: async (requests: readonly CommitRequest<LedgerCommittable<T>>[]) => {
      const answer = options.answer?.(calls.filter(({ kind }) => kind === "commit").length);
      const outcomes = requests.map(({ committable }) => answer ?? commitOne(committable));
      const checkpointIds = [...new Set(requests.map(({ checkpointId }) => checkpointId))];
      const repeated = outcomes.filter((outcome) => outcome === "already-committed").length;
      calls.push({ kind: "commit", checkpointIds, repeated });
      return outcomes;
    },
    finish: async () => {
      calls.push({ kind: "finish" });
    },
    close: async () => undefined,
  });
  const sink: Sink<T, LedgerCommittable<T>, "exactly-once"> = {
    name: "ledger",
    delivery: "exactly-once",
    createWriter: ({ env, sinkId, generation, subtask }) =>
      new LedgerWriter<T>(env, `${sinkId}-${generation}-${subtask}`, options, (count) => {
        ledger.written += count;
      }),
    createCommitter: ({ generation }) => committer(generation),
  };
  return Object.assign(ledger, { sink });
}

class LedgerWriter<T> implements SinkWriter<T, LedgerCommittable<T>> {
  readonly #env: Env;
  readonly #place: string;
  readonly #options: LedgerOptions;
  readonly #wrote: (count: number) => void;
  #rows: T[] = [];
  #undrained = 0;

  constructor(env: Env, place: string, options: LedgerOptions, wrote: (count: number) => void) {
    this.#env = env;
    this.#place = place;
    this.#options = options;
    this.#wrote = wrote;
  }

  get full(): boolean {
    return this.#undrained >= (this.#options.fullAt ?? Infinity);
  }

  write(values: readonly T[]): void {
    // Copies: what is staged must not change with what user code still holds.
    this.#rows.push(...structuredClone([...values]));
    this.#undrained += values.length;
    this.#wrote(values.length);
  }

  async drained(): Promise<void> {
    await (this.#options.drain ?? ((env) => env.turn()))(this.#env);
    this.#undrained = 0;
  }

  async prepareCommit(checkpointId: number): Promise<readonly LedgerCommittable<T>[]> {
    const rows = this.#rows;
    this.#rows = [];
    await this.#env.turn();
    const made = rows.length === 0 ? [] : [{ id: `${this.#place}-${checkpointId}`, rows }];
    this.#options.prepared?.(
      made.map(({ id }) => id),
      this.#env,
    );
    return made;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
