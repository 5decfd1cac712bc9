/** Ways to come by watermarks, and sources that are kept together. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pipeline, run, type RunOptions, sideOutput, type SourceOptions } from "@tidemark/core";
import { collect } from "@tidemark/core/aggregates";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";
import { explain } from "@tidemark/core/explain";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";

interface Reading {
  readonly at: number;
  /** That no reading at or before this time follows in its split. */
  readonly mark?: number;
}

const WINDOW_MS = 10;

async function rowsOf(
  splits: readonly (readonly Reading[])[],
  options: SourceOptions<Reading>,
  paced: PacedOptions<Reading> = {},
  how: Partial<RunOptions> = {},
): Promise<readonly string[]> {
  const ledger = ledgerSink<string>();
  const late = sideOutput<Reading>("late");
  const job = pipeline("watermarks");
  const windows = job
    .source("readings", pacedSource(splits, paced), { eventTime: ({ at }) => at, ...options })
    .keyBy(() => "all")
    .window("windows", tumbling(`${WINDOW_MS}ms`), { lateOutput: late })
    .aggregate(collect());
  windows
    .map(({ window, value }) => `${window.start}: ${value.map(({ at }) => at).join(" ")}`)
    .union(windows.sideOutput(late).map(({ at }) => `late ${at}`))
    .sink("out", ledger.sink);
  const result = await run(job, { backend: memory(), env: frozenEnv().env, ...how }).finished;
  assert.equal(result.outcome, "finished");
  return ledger.rows;
}

/** What comes of one split by the book: a mark counts from the next record on. */
function byTheBook(split: readonly Reading[]): readonly string[] {
  const windows = new Map<number, number[]>();
  const late: string[] = [];
  let watermark = -Infinity;
  for (const { at, mark = -Infinity } of split) {
    const start = Math.floor(at / WINDOW_MS) * WINDOW_MS;
    if (start + WINDOW_MS - 1 <= watermark) late.push(`late ${at}`);
    else windows.set(start, [...(windows.get(start) ?? []), at]);
    watermark = Math.max(watermark, mark);
  }
  return [...[...windows].map(([start, times]) => `${start}: ${times.join(" ")}`), ...late].toSorted();
}

describe("watermarks from the records", () => {
  const split: readonly Reading[] = [
    { at: 3 },
    { at: 25, mark: 9 },
    { at: 8 },
    { at: 12, mark: 5 },
    { at: 14, mark: 29 },
    { at: 29 },
    { at: 30 },
  ];

  for (const perPoll of [1, 2, 3, 100]) {
    it(`count from the next record on, and never go back: ${perPoll} records a poll (law 9)`, async () => {
      const rows = await rowsOf([split], { watermarks: ({ mark }) => mark }, { perPoll });
      assert.deepEqual(rows.toSorted(), byTheBook(split));
      assert.deepEqual(byTheBook(split), ["0: 3", "10: 12 14", "20: 25", "30: 30", "late 29", "late 8"]);
    });
  }

  it("may be told by a record of itself", async () => {
    const times = [1, 5, 12, 9, 25].map((at): Reading => ({ at, mark: at }));
    assert.deepEqual((await rowsOf([times], { watermarks: (_reading, at) => at })).toSorted(), byTheBook(times));
  });

  it("are kept for each split", async () => {
    const ahead = [{ at: 100, mark: 200 }];
    const behind = [{ at: 1 }, { at: 3, mark: 2 }, { at: 12, mark: 13 }];
    const rows = await rowsOf([ahead, behind], { watermarks: ({ mark }) => mark });
    assert.deepEqual(rows.toSorted(), ["0: 1 3", "100: 100", "10: 12"]);
  });

  it("fail the job by name if they are none", async () => {
    await assert.rejects(rowsOf([split], { watermarks: () => Number.NaN }, {}, { restart: { attempts: 0 } }), {
      code: "USER_CODE",
      message: /watermarks of "readings" threw: NaN is no watermark/,
    });
  });
});

describe("no watermarks", () => {
  it("leave everything to the end of the input: nothing is late", async () => {
    const split = [{ at: 50 }, { at: 1 }, { at: 12 }, { at: 2 }];
    assert.deepEqual(await rowsOf([split], { watermarks: "none" }), ["0: 1 2", "10: 12", "50: 50"]);
  });
});

describe("source options", () => {
  const source = pacedSource<Reading>([[]]);
  it("refuse watermarks beside outOfOrder, and without event time", () => {
    const job = pipeline("refused");
    const eventTime = ({ at }: Reading): number => at;
    for (const options of [
      { eventTime, watermarks: "none", outOfOrder: "1s" },
      { eventTime, watermarks: "all" as "none" },
      { watermarks: "none" },
      { alignment: { group: "g", maxDrift: "1s" } },
    ] satisfies SourceOptions<Reading>[]) {
      assert.throws(() => job.source("readings", source, options), { code: "OPTION_INVALID" });
    }
  });

  it("are shown in plans", () => {
    const job = pipeline("shown");
    const eventTime = ({ at }: Reading): number => at;
    const sink = ledgerSink<Reading>().sink;
    job.source("a", source, { eventTime, watermarks: "none" }).sink("1", sink);
    job.source("b", source, { eventTime, watermarks: () => undefined }).sink("2", sink);
    const alignment = { group: "g", maxDrift: "1s" } as const;
    job.source("c", source, { eventTime, outOfOrder: "5ms", alignment }).sink("3", sink);
    const plan = explain(job);
    assert.match(plan, /a: .*event time, no watermarks before the end/);
    assert.match(plan, /b: .*event time, watermarks from the records/);
    assert.match(plan, /c: .*event time, up to 5ms out of order, at most 1s ahead of group g/);
  });
});

describe("alignment", () => {
  const DRIFT_MS = 20;
  const readings = (step: number): readonly Reading[] =>
    Array.from({ length: 40 }, (_, index) => ({ at: index * step }));

  async function order(alignment: SourceOptions<Reading>["alignment"], slow: readonly Reading[]): Promise<number> {
    const job = pipeline("aligned");
    const ledger = ledgerSink<string>();
    const reached = { fast: 0, slow: 0 };
    let furthest = 0;
    const source = (name: keyof typeof reached, of: readonly Reading[], perPoll: number) =>
      job
        .source(name, pacedSource([of], { perPoll }), {
          eventTime: ({ at }) => at,
          ...(alignment === undefined ? {} : { alignment }),
        })
        .map(({ at }) => {
          reached[name] = at;
          if (reached.slow < 39) furthest = Math.max(furthest, reached.fast - reached.slow);
          return `${name} ${at}`;
        });
    source("fast", readings(50), 4)
      .union(source("slow", slow, 1))
      .sink("out", ledger.sink);
    const result = await run(job, { backend: memory(), env: frozenEnv().env, checkpoint: { interval: "1ms" } })
      .finished;
    assert.equal(result.outcome, "finished");
    assert.equal(ledger.rows.length, 40 + slow.length);
    return furthest;
  }

  it("keeps a fast source from running ahead, and lets it go on when the slow one has ended (WM-03, COR-25)", async () => {
    const apart = await order(undefined, readings(1));
    // A poll that was allowed may bring several records.
    const together = await order({ group: "g", maxDrift: `${DRIFT_MS}ms` }, readings(1));
    assert.ok(together <= DRIFT_MS + 4 * 50, `${together} ms ahead`);
    assert.ok(apart > together, `${apart} ms ahead without, ${together} with`);
  });

  it("lets the others go on when a source has nothing at all (COR-25)", async () => {
    await order({ group: "g", maxDrift: "1ms" }, []);
  });
});
