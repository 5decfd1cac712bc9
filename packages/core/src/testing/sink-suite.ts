import type { AnySink, CommitOutcome, CommitRequest, SinkCommitter, SinkWriter } from "../connect/sink.ts";
import { expect, expectLines } from "./state-backend/expect.ts";
import { SuiteClock } from "./suite-clock.ts";

/** A sink for one test, and what a reader of its output sees. */
export interface SinkFixture<T> {
  /** The sink to test. */
  readonly sink: AnySink<T>;
  /** The same sink on the same output, as a new process would make it. */
  reopen(): Promise<AnySink<T>>;
  /**
   * Lets the outside world take back all that is staged and not committed, as a broker does whose transactions time out.
   * Needed if something else than the sink can do that.
   */
  loseStaged?(): Promise<void>;
  /**
   * How many rows have left the memory of the writers, seen or not. Needed if a sink keeps rows in memory between barriers: it
   * has to let go of them in time.
   */
  flushed?(): Promise<number>;
  /** The visible rows, in any order. */
  rows(): Promise<readonly T[]>;
  /** Frees what the test used. */
  dispose(): Promise<void>;
}

/** What {@link sinkSuite} needs. */
export interface SinkSuiteOptions<T> {
  /** Takes one test; `test` of node:test fits, and so does `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** What the sink is called in the names of the tests. */
  readonly name: string;
  /** Makes a fresh sink with an empty output for each test. */
  readonly create: () => Promise<SinkFixture<T>>;
  /** A row, another one for each index. */
  readonly row: (index: number) => T;
}

type Committable = Readonly<Record<string, unknown>>;
type Requests = readonly CommitRequest<Committable>[];

interface Case {
  readonly name: string;
  readonly exactlyOnce: boolean;
  readonly run: (job: SinkJob) => Promise<void>;
}

const key = (value: unknown): string => JSON.stringify(value) ?? String(value);

/**
 * The tests that every sink must pass, whatever it promises, and those that an exactly-once sink must pass. They know
 * no test runner: each is handed to `test` by its name.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { sinkSuite } from "@tidemark/core/testing";
 * import { toArray } from "@tidemark/connectors/iterable";
 *
 * sinkSuite({
 *   test,
 *   name: "array",
 *   row: (index) => index,
 *   create: async () => {
 *     const { sink, values } = toArray<number>();
 *     return { sink, reopen: async () => sink, rows: async () => values, dispose: async () => undefined };
 *   },
 * });
 * ```
 */
export function sinkSuite<T>(options: SinkSuiteOptions<T>): void {
  const { test, name, create, row } = options;
  for (const suiteCase of CASES) {
    test(`${name}: ${suiteCase.name}`, async () => {
      const fixture = await create();
      try {
        if (suiteCase.exactlyOnce && fixture.sink.delivery !== "exactly-once") return;
        await suiteCase.run(new SinkJob(fixture, row));
      } finally {
        await fixture.dispose();
      }
    });
  }
}

/** Runs a sink the way the engine does. Rows are known by their index. */
class SinkJob {
  readonly #fixture: SinkFixture<unknown>;
  readonly #row: (index: number) => unknown;
  readonly #clock = new SuiteClock();
  #sink: AnySink<unknown>;
  #generation = 0;
  #checkpoint = 0;
  #writers: SinkWriter<unknown, Committable>[] = [];
  #committer: SinkCommitter<Committable> | undefined;

  constructor(fixture: SinkFixture<unknown>, row: (index: number) => unknown) {
    this.#fixture = fixture;
    this.#row = row;
    this.#sink = fixture.sink;
  }

  /** Starts, with the committables of the restored checkpoint; whatever ran before is left as a kill would leave it. */
  async start(restored: Requests = [], subtasks: number = 1): Promise<void> {
    if (this.#generation > 0) this.#sink = await this.#fixture.reopen();
    this.#generation++;
    const place = { env: this.#clock.env, job: "suite", sinkId: "sink", generation: this.#generation };
    this.#committer = this.#sink.createCommitter?.(place) as SinkCommitter<Committable> | undefined;
    await this.#committer?.recover(restored);
    this.#writers = Array.from(
      { length: subtasks },
      (_, subtask) =>
        this.#sink.createWriter({ ...place, subtask, parallelism: subtasks }) as SinkWriter<unknown, Committable>,
    );
  }

  /** Writes rows from one index to before another. */
  async write(from: number, to: number, subtask: number = 0): Promise<void> {
    const writer = this.#writer(subtask);
    for (let index = from; index < to; index++) {
      writer.write([this.#row(index)], [index]);
      if (writer.full) await writer.drained();
      expect(!writer.full, "drained() resolved, and the writer is still full");
    }
  }

  /** Cuts, and resolves with what a checkpoint would hold. */
  async prepare(): Promise<Requests> {
    const checkpointId = ++this.#checkpoint;
    const cuts = await Promise.all(this.#writers.map((writer) => writer.prepareCommit(checkpointId)));
    const requests = cuts.flatMap((cut, subtask) => cut.map((committable) => ({ checkpointId, subtask, committable })));
    expect(key(requests) === key(structuredClone(requests)), "committables are plain data");
    return JSON.parse(key(requests)) as Requests;
  }

  async commit(requests: Requests): Promise<void> {
    for (const outcome of await this.outcomesOf(requests)) {
      expect(outcome === "committed" || outcome === "already-committed", `a commit came to ${key(outcome)}`);
    }
  }

  async outcomesOf(requests: Requests): Promise<readonly CommitOutcome[]> {
    if (this.#committer === undefined) return [];
    const outcomes = await this.#committer.commit(requests);
    expect(outcomes.length === requests.length, "commit answers once for each request");
    return outcomes;
  }

  /** Waits until so many rows have left the memory of the writers, if anybody can tell. */
  async untilFlushed(rows: number): Promise<void> {
    const { flushed } = this.#fixture;
    if (flushed === undefined) return;
    await this.#clock.until(async () => (await flushed()) >= rows, `${rows} rows wait in memory for a barrier`);
  }

  /** Whether the outside world could take back what is staged, which it has done then. */
  async loseStaged(): Promise<boolean> {
    await this.#fixture.loseStaged?.();
    return this.#fixture.loseStaged !== undefined;
  }

  async finish(): Promise<void> {
    await this.#committer?.finish?.();
  }

  async close(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.close()));
    await this.#committer?.close();
  }

  /** Fails unless exactly the rows below an index are visible, each once. */
  async expectRows(to: number, what: string): Promise<void> {
    const expected = Array.from({ length: to }, (_, index) => key(this.#row(index)));
    expectLines((await this.#fixture.rows()).map(key).toSorted(), expected.toSorted(), what);
  }

  #writer(subtask: number): SinkWriter<unknown, Committable> {
    const writer = this.#writers[subtask];
    expect(writer !== undefined, `no writer ${subtask}`);
    return writer;
  }
}

const CASES: readonly Case[] = [
  {
    name: "rows are visible after the commit (SNK-01)",
    exactlyOnce: false,
    run: async (job) => {
      await job.start();
      await job.write(0, 20);
      await job.commit(await job.prepare());
      await job.write(20, 30);
      await job.commit(await job.prepare());
      await job.finish();
      await job.close();
      await job.expectRows(30, "the rows of two checkpoints");
    },
  },
  {
    name: "several writers write next to each other, and one committer settles all of a checkpoint (SNK-07)",
    exactlyOnce: false,
    run: async (job) => {
      await job.start([], 3);
      for (let subtask = 0; subtask < 3; subtask++) await job.write(subtask * 10, subtask * 10 + 10, subtask);
      await job.commit(await job.prepare());
      await job.finish();
      await job.expectRows(30, "the rows of three writers");
    },
  },
  {
    name: "a checkpoint without rows has no committables",
    exactlyOnce: false,
    run: async (job) => {
      await job.start([], 2);
      expect((await job.prepare()).length === 0, "committables without rows");
      await job.write(0, 5);
      await job.commit(await job.prepare());
      expect((await job.prepare()).length === 0, "committables without rows since the last cut");
      await job.expectRows(5, "the rows");
    },
  },
  {
    name: "rows are invisible before the commit",
    exactlyOnce: true,
    run: async (job) => {
      await job.start();
      await job.write(0, 20);
      await job.expectRows(0, "the rows before the cut");
      const requests = await job.prepare();
      await job.expectRows(0, "the rows before the commit");
      await job.commit(requests);
      await job.expectRows(20, "the rows after the commit");
    },
  },
  {
    name: "a commit can be repeated (SNK-05)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start();
      await job.write(0, 20);
      const requests = await job.prepare();
      for (let times = 0; times < 3; times++) await job.commit(requests);
      await job.expectRows(20, "the rows after three commits");
    },
  },
  {
    name: "prepareCommit cuts at once: rows written meanwhile belong to the next cut (SNK-02)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start();
      await job.write(0, 10);
      const first = job.prepare();
      await job.write(10, 15);
      const second = job.prepare();
      await job.commit(await first);
      await job.expectRows(10, "the rows of the first cut");
      await job.commit(await second);
      await job.expectRows(15, "the rows of both cuts");
    },
  },
  {
    name: "rows leave the writer's memory in time, and are in the next cut all the same (SNK-01)",
    exactlyOnce: false,
    run: async (job) => {
      await job.start([], 2);
      await job.write(0, 3);
      await job.write(3, 5, 1);
      await job.untilFlushed(5);
      await job.write(5, 7);
      await job.untilFlushed(7);
      await job.commit(await job.prepare());
      await job.finish();
      await job.close();
      await job.expectRows(7, "the rows");
    },
  },
  {
    name: "two checkpoints can be committed in one go (SNK-03)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start([], 2);
      await job.write(0, 10, 0);
      const first = await job.prepare();
      await job.write(10, 20, 1);
      await job.commit([...first, ...(await job.prepare())]);
      await job.expectRows(20, "the rows of both checkpoints");
    },
  },
  {
    name: "a restart commits what the checkpoint holds, and repeats what was committed (SNK-04)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start([], 2);
      await job.write(0, 10, 0);
      await job.write(10, 20, 1);
      const requests = await job.prepare();
      await job.commit(requests.slice(0, 1));
      for (let times = 0; times < 2; times++) {
        await job.start(requests);
        await job.commit(requests);
        await job.expectRows(20, `the rows after restart ${times + 1}`);
      }
      await job.write(20, 25);
      await job.commit(await job.prepare());
      await job.expectRows(25, "the rows after the restarts");
    },
  },
  {
    name: "rows that no checkpoint holds are gone after a restart",
    exactlyOnce: true,
    run: async (job) => {
      await job.start();
      await job.write(0, 10);
      const kept = await job.prepare();
      await job.write(10, 20);
      await job.prepare();
      await job.write(20, 30);
      await job.start(kept);
      await job.commit(kept);
      await job.expectRows(10, "the rows of the checkpoint");
      await job.write(10, 12);
      await job.commit(await job.prepare());
      await job.expectRows(12, "the rows after the restart");
    },
  },
  {
    name: "what the outside world took back is said to have failed, and never dropped in silence (SNK-05, COR-06)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start();
      await job.write(0, 10);
      const kept = await job.prepare();
      await job.commit(kept);
      await job.write(10, 20);
      const taken = await job.prepare();
      if (!(await job.loseStaged())) return;
      for (const outcome of await job.outcomesOf(taken)) {
        expect(typeof outcome === "object", `a commit of what is gone came to ${key(outcome)}`);
        expect(outcome.failed !== "", "a failed commit says what was found");
      }
      await job.expectRows(10, "the rows of the first checkpoint");
      await job.commit(kept);
      await job.expectRows(10, "the rows after the first commit was repeated");
    },
  },
  {
    name: "what is written after the end of the input was committed once has names of its own (SNK-06)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start([], 2);
      await job.write(0, 5, 0);
      const end = await job.prepare();
      // The process dies before the job is known to be over, and comes to its end a second time.
      await job.start(end, 2);
      await job.commit(end);
      await job.write(5, 10, 0);
      await job.write(10, 15, 1);
      const secondEnd = await job.prepare();
      await job.commit(secondEnd);
      await job.finish();
      await job.expectRows(15, "the rows of both ends");
    },
  },
  {
    name: "finish can be repeated, and a commit can follow it (SNK-06)",
    exactlyOnce: true,
    run: async (job) => {
      await job.start([], 2);
      await job.write(0, 10, 0);
      await job.write(10, 20, 1);
      const requests = await job.prepare();
      await job.commit(requests);
      await job.finish();
      await job.expectRows(20, "the rows after finish");
      await job.finish();
      await job.start(requests);
      await job.commit(requests);
      await job.finish();
      await job.expectRows(20, "the rows after a restart of a finished job");
    },
  },
];
