import {
  type CommitOutcome,
  type CommitRequest,
  type EnumeratorContext,
  type Env,
  type Pipeline,
  pipeline,
  type PollResult,
  type Sink,
  type SinkCommitter,
  type Source,
  type SourceReader,
  type SourceSplit,
  type SplitEnumerator,
} from "@tidemark/core";

/** A row of {@link countJob}. */
export interface Count {
  readonly key: string;
  readonly count: number;
}

/** Where a committer finds what was committed before: it outlives every run, as a database would. */
export interface Ledger {
  readonly rows: Count[];
  readonly ids: Set<string>;
}

const KEYS = 7;

/** Counts the numbers up to `until` by key. `hold` is asked before each batch. */
export function countJob(
  until: number,
  ledger: Ledger,
  hold: (position: number) => Promise<void> | undefined,
): Pipeline {
  return countInto(ledgerSink(ledger), until, hold);
}

/** As {@link countJob}, into any sink. */
export function countInto<C>(
  sink: Sink<Count, C, "exactly-once">,
  until: number,
  hold: (position: number) => Promise<void> | undefined,
): Pipeline {
  const job = pipeline("counts", { guarantee: "exactly-once" });
  job
    .source("numbers", numbers(until, hold))
    .map((value): Count => ({ key: keyOf(value), count: 1 }))
    .keyBy((entry) => entry.key)
    .reduce("count", (sum, entry) => ({ key: entry.key, count: sum.count + entry.count }))
    .sink("out", sink);
  return job;
}

/** What a plain loop makes of it. */
export function expectedLines(until: number): readonly string[] {
  const counts = new Map<string, number>();
  const lines = Array.from({ length: until }, (_, value) => {
    const count = (counts.get(keyOf(value)) ?? 0) + 1;
    counts.set(keyOf(value), count);
    return `${keyOf(value)}=${count}`;
  });
  return lines.toSorted();
}

/** Rows in the same form. */
export function linesOf(ledger: Ledger): readonly string[] {
  return ledger.rows.map(({ key, count }) => `${key}=${count}`).toSorted();
}

function keyOf(value: number): string {
  return `k${(value * value) % KEYS}`;
}

interface Split extends SourceSplit {
  readonly position: number;
}

interface State {
  readonly isAssigned: boolean;
}

function numbers(
  until: number,
  hold: (position: number) => Promise<void> | undefined,
): Source<number, Split, State, true> {
  return {
    name: "numbers",
    replayable: true,
    bounded: true,
    createEnumerator: (context, restored) => enumerator(context, restored?.isAssigned ?? false),
    createReader: ({ env }) => new Reader(env, until, hold),
  };
}

function enumerator(context: EnumeratorContext<Split>, wasAssigned: boolean): SplitEnumerator<State> {
  let isAssigned = wasAssigned;
  const give = (subtask: number): void => {
    if (!isAssigned) context.assign(subtask, { id: "all", position: 0 });
    isAssigned = true;
  };
  return {
    start: async () => give(0),
    handleSplitRequest: (subtask) => context.noMoreSplits(subtask),
    snapshot: () => ({ isAssigned }),
    close: async () => undefined,
  };
}

class Reader implements SourceReader<number, Split> {
  readonly #env: Env;
  readonly #until: number;
  readonly #hold: (position: number) => Promise<void> | undefined;
  #split: Split | undefined = undefined;
  #wait: Promise<void> | undefined = undefined;

  constructor(env: Env, until: number, hold: (position: number) => Promise<void> | undefined) {
    this.#env = env;
    this.#until = until;
    this.#hold = hold;
  }

  addSplits(splits: readonly Split[]): void {
    this.#split = splits[0] ?? this.#split;
  }

  poll(limit: number): PollResult<number> {
    if (this.#wait !== undefined) return "nothing";
    if (this.#split !== undefined && this.#split.position >= this.#until) this.#split = undefined;
    if (this.#split === undefined) return "finished";
    const { id, position } = this.#split;
    const held = this.#hold(position);
    this.#wait = (held ?? this.#env.turn()).then(() => {
      this.#wait = undefined;
    });
    if (held !== undefined) return "nothing";
    const end = Math.min(this.#until, position + Math.min(limit, 10));
    this.#split = { id, position: end };
    return { splitId: id, values: Array.from({ length: end - position }, (_, index) => position + index) };
  }

  available(): Promise<void> {
    return this.#wait ?? Promise.resolve();
  }

  snapshot(): readonly Split[] {
    return this.#split === undefined ? [] : [this.#split];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Staged {
  readonly id: string;
  readonly rows: readonly Count[];
}

function ledgerSink(ledger: Ledger): Sink<Count, Staged, "exactly-once"> {
  const commitOne = ({ id, rows }: Staged): CommitOutcome => {
    if (ledger.ids.has(id)) return "already-committed";
    ledger.ids.add(id);
    ledger.rows.push(...rows);
    return "committed";
  };
  const committer: SinkCommitter<Staged> = {
    recover: async () => undefined,
    commit: async (requests: readonly CommitRequest<Staged>[]) =>
      requests.map(({ committable }) => commitOne(committable)),
    finish: async () => undefined,
    close: async () => undefined,
  };
  return {
    name: "ledger",
    delivery: "exactly-once",
    createWriter: ({ sinkId, generation, subtask }) => {
      let rows: Count[] = [];
      return {
        full: false,
        write: (values) => void rows.push(...structuredClone([...values])),
        drained: async () => undefined,
        prepareCommit: async (checkpointId) => {
          const staged = rows;
          rows = [];
          return staged.length === 0
            ? []
            : [{ id: `${sinkId}-${generation}-${subtask}-${checkpointId}`, rows: staged }];
        },
        close: async () => undefined,
      };
    },
    createCommitter: () => committer,
  };
}
