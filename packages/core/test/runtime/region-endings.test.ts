/** A job ends while one of its regions is down: however it ends, it waits for the region and leaves nothing out (RST-05). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type JobHandle, type Pipeline, pipeline, run, type RunOptions, type TraceEvent } from "@tidemark/core";
import { claim, memorySavepoint, openSavepoint, type SavepointSummary } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";

const RECORDS = 60;
const SPLITS = 2;
const WINDOW_MS = 7;
const HOUR_MS = 3_600_000;
const NAMES = ["failing", "steady"] as const;

type Name = (typeof NAMES)[number];

interface Sinks extends Record<Name, LedgerSink<string>> {}

const newSinks = (): Sinks => ({ failing: ledgerSink(), steady: ledgerSink() });

/** What may go wrong in the pipeline that fails: with a record that is read, and with a window that fires. */
interface Faults {
  readonly record?: (n: number) => void;
  readonly window?: (row: string) => void;
  /** Told when a reader is closed. */
  readonly closed?: () => void;
  /** How many records of each split the other pipeline has. */
  readonly steadyRecords?: number;
}

/** Two pipelines that count in windows of event time, and share nothing. */
function windowing(sinks: Sinks, faults: Faults = {}): Pipeline {
  const job = pipeline("two");
  const paced: PacedOptions<number> = { perPoll: 2 };
  for (const name of NAMES) {
    const { record, window, closed }: Faults = name === "failing" ? faults : {};
    const length = name === "steady" ? (faults.steadyRecords ?? RECORDS) : RECORDS;
    const numbers = Array.from({ length }, (_, n) => n);
    const source = pacedSource([numbers, numbers], paced);
    const watched: typeof source = {
      ...source,
      createReader: (context) => {
        const reader = source.createReader(context);
        const close = reader.close.bind(reader);
        reader.close = () => {
          closed?.();
          return close();
        };
        return reader;
      },
    };
    job
      .source(name, watched, { eventTime: (n) => n })
      .map((n) => {
        record?.(n);
        return n;
      })
      .keyBy((n) => n % 3)
      .window(`${name} windows`, tumbling(`${WINDOW_MS}ms`))
      .aggregate({ create: () => 0, add: (sum: number, n: number) => sum + n + 1000, result: (sum) => sum })
      .map(({ key, window: { start }, value }) => {
        const row = `${key} at ${start}: ${value}`;
        window?.(row);
        return row;
      })
      .sink(`${name} out`, sinks[name].sink);
  }
  return job;
}

/** What a pipeline gives that has read so many records of each split. */
function rowsOf(ends: readonly number[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const end of ends) {
    for (let n = 0; n < end; n++) {
      const place = `${n % 3} at ${n - (n % WINDOW_MS)}`;
      sums.set(place, (sums.get(place) ?? 0) + n + 1000);
    }
  }
  return [...sums].map(([place, sum]) => `${place}: ${sum}`).toSorted();
}

const ALL = rowsOf([RECORDS, RECORDS]);

/** How far each split of each source was read; one that is not there any more was read to its end. */
async function endsIn(location: ReturnType<typeof memorySavepoint>): Promise<Record<Name, readonly number[]>> {
  const snapshot = await openSavepoint(location);
  const sources = snapshot.sources<{ index: number; position: number }>();
  const endsOf = (name: Name): readonly number[] => {
    const ends = Array.from({ length: SPLITS }, () => RECORDS);
    for (const { split } of sources.find(({ sourceId }) => sourceId === name)?.splits ?? []) {
      ends[split.index] = split.position;
    }
    return ends;
  };
  await snapshot.close();
  return { failing: endsOf("failing"), steady: endsOf("steady") };
}

/** Throws at some of its calls. */
function throwsAt(...calls: readonly number[]): () => void {
  let call = 0;
  return () => {
    if (calls.includes(call++)) throw new RangeError(`call ${call - 1}`);
  };
}

/** What can be heard of a job: what it traces and passes, and that a reader is closed. */
type Heard = TraceEvent["kind"] | `at ${string}` | "reader closed";

/** A moment in the life of a region that has failed. */
interface Moment {
  readonly name: string;
  /** The pause before the region restarts. */
  readonly delay: "1h" | "3ms";
  /** Whether it is this one, of all that is heard since the failure. */
  readonly is: (heard: Heard) => boolean;
}

const MOMENTS: readonly Moment[] = [
  { name: "while it is closed", delay: "1h", is: (heard) => heard === "reader closed" },
  { name: "in the pause", delay: "1h", is: (heard) => heard === "region-failed" },
  { name: "while its generation is drawn", delay: "3ms", is: (heard) => heard === "at head.writing" },
  { name: "while it is restored", delay: "3ms", is: (heard) => heard === "at region.restored" },
  { name: "when it is there again", delay: "3ms", is: (heard) => heard === "region-restarted" },
];

interface Ended {
  readonly sinks: Sinks;
  readonly handle: JobHandle;
  readonly outcome: string;
  readonly tookMs: number;
}

/** Runs the job, fails one region in the middle, and acts at a moment after that. */
async function endedAt(
  { delay, is }: Pick<Moment, "delay" | "is">,
  act: (handle: JobHandle) => void,
  faults: Faults = {},
  options: Partial<RunOptions> = {},
): Promise<Ended> {
  const sinks = newSinks();
  const { env: calm } = frozenEnv();
  let [hasFailed, hasActed] = [false, false];
  const fail = throwsAt(50);
  const hear = (heard: Heard): void => {
    if (!hasFailed || hasActed || !is(heard)) return;
    hasActed = true;
    // Who acts when told of a pause acts in it.
    queueMicrotask(() => act(handle));
  };
  const job = windowing(sinks, {
    ...faults,
    record: () => {
      hasFailed = true;
      fail();
      hasFailed = hasActed;
    },
    closed: () => hear("reader closed"),
  });
  const handle: JobHandle = run(job, {
    backend: memory(),
    env: { ...calm, point: (name) => hear(`at ${name}`) },
    parallelism: 2,
    checkpoint: { interval: "4ms" },
    restart: { attempts: 3, delay },
    trace: ({ kind }) => hear(kind),
    ...options,
  });
  const { outcome } = await handle.finished;
  assert.ok(hasActed, "the moment did not come");
  assert.ok(handle.metrics().restarts > 0);
  return { sinks, handle, outcome, tookMs: calm.monotonic() };
}

describe("a job that ends while a region is down", () => {
  for (const moment of MOMENTS) {
    it(`${moment.name}: a savepoint, then stop, has all that was read, and fires nothing before its time (RST-05, SAV-03)`, async () => {
      const location = memorySavepoint();
      let savepoint: Promise<SavepointSummary> | undefined;
      const { sinks, outcome, tookMs } = await endedAt(moment, (handle) => {
        savepoint = handle.savepoint(location, { after: "stop" });
      });
      assert.equal(outcome, "stopped");
      assert.ok(tookMs < HOUR_MS, "somebody waited for the pause");
      await savepoint;
      for (const name of NAMES) assert.ok(sinks[name].rows.length < ALL.length, `${name} was read to its end`);
      await run(windowing(sinks), { backend: memory(), env: frozenEnv().env, from: claim(location) }).finished;
      for (const name of NAMES) assert.deepEqual(sinks[name].rows.toSorted(), ALL, name);
    });

    it(`${moment.name}: a savepoint, then drain, and everything fires for what was read, of that region too (RST-05, SAV-03)`, async () => {
      const location = memorySavepoint();
      let savepoint: Promise<SavepointSummary> | undefined;
      const { sinks, outcome, tookMs } = await endedAt(moment, (handle) => {
        savepoint = handle.savepoint(location, { after: "drain" });
      });
      assert.equal(outcome, "finished");
      assert.ok(tookMs < HOUR_MS, "somebody waited for the pause");
      await savepoint;
      const ends = await endsIn(location);
      for (const name of NAMES) {
        assert.ok(Math.min(...ends[name]) < RECORDS, `${name} was read to its end`);
        assert.deepEqual(sinks[name].rows.toSorted(), rowsOf(ends[name]), name);
      }
      const again = run(windowing(sinks), { backend: memory(), env: frozenEnv().env, from: claim(location) });
      await assert.rejects(again.finished, { code: "STATE_INCOMPATIBLE", message: /was drained/ });
    });
  }

  it("has drained, though only what was down was cut short (RST-05, SAV-03)", async () => {
    const location = memorySavepoint();
    let savepoint: Promise<SavepointSummary> | undefined;
    const moment = { delay: "1h", is: (heard: Heard) => heard === "region-failed" } as const;
    const { sinks } = await endedAt(
      moment,
      (job) => {
        savepoint = job.savepoint(location, { after: "drain" });
      },
      { steadyRecords: 6 },
    );
    await savepoint;
    assert.ok((await openSavepoint(location)).drained);
    const ends = await endsIn(location);
    assert.ok(Math.min(...ends.failing) < RECORDS);
    assert.deepEqual(sinks.failing.rows.toSorted(), rowsOf(ends.failing));
    assert.deepEqual(sinks.steady.rows.toSorted(), rowsOf([6, 6]));
  });

  it("drains again what fails while it drains: a window fires once (RST-05, SAV-03)", async () => {
    const location = memorySavepoint();
    let savepoint: Promise<SavepointSummary> | undefined;
    let thrown = 0;
    const moment = { delay: "3ms", is: (heard: Heard) => heard === "at region.restored" } as const;
    const { sinks, handle, outcome } = await endedAt(
      moment,
      (job) => {
        savepoint = job.savepoint(location, { after: "drain" });
      },
      {
        window: () => {
          if (savepoint !== undefined && thrown++ < 2) throw new RangeError("a window cannot be told");
        },
      },
    );
    assert.deepEqual([outcome, handle.metrics().restarts], ["finished", 3]);
    await savepoint;
    const ends = await endsIn(location);
    for (const name of NAMES) assert.deepEqual(sinks[name].rows.toSorted(), rowsOf(ends[name]), name);
  });
});
