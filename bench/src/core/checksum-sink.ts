import type { CommitOutcome, CommitRequest, Sink, SinkCommitter, SinkWriter } from "@tidemark/core";

/** What results come to: how many there are, and a number made of all of them, in any order. */
export interface Tally {
  readonly results: number;
  readonly checksum: number;
}

/** Adds one result to a checksum of 32 bits. Must give the same sum for the same results in another order. */
export type Fold<R> = (checksum: number, result: R) => number;

/** A sink that keeps nothing of a result but its part of the checksum, and the tally of what was committed. */
export interface ChecksumSink<R> {
  readonly sink: Sink<R, Tally, "exactly-once">;
  committed(): Tally;
}

/** Told how many results have just reached the sink. */
export type Written = (results: number) => void;

/** Takes results and throws them away, exactly once. */
export function checksumSink<R>(fold: Fold<R>, written?: Written): ChecksumSink<R> {
  const committer = new TallyCommitter();
  return {
    sink: {
      name: "checksum",
      delivery: "exactly-once",
      volatile: true,
      createWriter: () => new TallyWriter(fold, written),
      createCommitter: () => committer,
    },
    committed: () => committer.tally,
  };
}

class TallyWriter<R> implements SinkWriter<R, Tally> {
  readonly full = false;
  readonly #fold: Fold<R>;
  readonly #written: Written | undefined;
  #results = 0;
  #checksum = 0;

  constructor(fold: Fold<R>, written: Written | undefined) {
    this.#fold = fold;
    this.#written = written;
  }

  write(values: readonly R[]): void {
    const fold = this.#fold;
    let checksum = this.#checksum;
    for (let i = 0; i < values.length; i++) checksum = fold(checksum, values[i] as R);
    this.#checksum = checksum;
    this.#results += values.length;
    this.#written?.(values.length);
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  prepareCommit(): Promise<readonly Tally[]> {
    const tally: Tally = { results: this.#results, checksum: this.#checksum };
    this.#results = 0;
    this.#checksum = 0;
    return Promise.resolve(tally.results === 0 ? [] : [tally]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class TallyCommitter implements SinkCommitter<Tally> {
  readonly #seen = new Set<string>();
  #results = 0;
  #checksum = 0;

  get tally(): Tally {
    return { results: this.#results, checksum: this.#checksum };
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  commit(requests: readonly CommitRequest<Tally>[]): Promise<readonly CommitOutcome[]> {
    return Promise.resolve(requests.map((request) => this.#commitOne(request)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #commitOne({ checkpointId, subtask, committable }: CommitRequest<Tally>): CommitOutcome {
    const name = `${checkpointId}/${subtask}`;
    if (this.#seen.has(name)) return "already-committed";
    this.#seen.add(name);
    this.#results += committable.results;
    this.#checksum = (this.#checksum + committable.checksum) | 0;
    return "committed";
  }
}
