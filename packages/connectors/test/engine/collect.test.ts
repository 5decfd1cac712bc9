/** `collect` of backend-memory, over sources of this package. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { collect } from "@tidemark/backend-memory";
import { fromArray, toArray } from "@tidemark/connectors/iterable";
import { type AnySource, pipeline, sideOutput, type StepDeadLetter } from "@tidemark/core";
import { count } from "@tidemark/core/aggregates";
import { tumbling } from "@tidemark/core/windows";
import { bytesHost } from "@tidemark/core/testing";

const NUMBERS = Array.from({ length: 50 }, (_, index) => index);

const endless: AnySource<number, true> = { ...(fromArray(NUMBERS) as AnySource<number, true>), bounded: false };

const remainders = (job: ReturnType<typeof pipeline>) =>
  job
    .source("numbers", fromArray(NUMBERS))
    .map((n) => ({ rest: n % 3, sum: n }))
    .keyBy(({ rest }) => rest)
    .reduce("sum", (total, { rest, sum }) => ({ rest, sum: total.sum + sum }));

describe("collect", () => {
  it("gives all rows in order, as often as it is asked", async () => {
    const numbers = pipeline("rows").source("numbers", fromArray(NUMBERS));
    for (const stream of [numbers, numbers.map((n) => n)]) {
      assert.deepEqual(await collect(stream), NUMBERS);
      assert.deepEqual(await collect(stream, { parallelism: 1, host: bytesHost }), NUMBERS);
    }
  });

  it("fires what is still open at the end: a run over sources that end gives final results", async () => {
    const windows = pipeline("windows")
      .source("numbers", fromArray(NUMBERS), { eventTime: (n) => n })
      .keyBy((n) => n % 2)
      .window("sums", tumbling("20ms"))
      .aggregate({ create: () => 0, add: (sum, n) => sum + n, result: (sum) => sum });
    const sums = (await collect(windows, { parallelism: 3 })).map(({ value }) => value).toSorted((a, b) => a - b);
    assert.deepEqual(sums, [90, 100, 220, 225, 290, 300]);
  });

  it("keeps the last row of each key, whose keys alone count for the limit", async () => {
    const rows = await collect(remainders(pipeline("last")), { lastBy: ({ rest }) => rest, limit: 3 });
    assert.deepEqual(rows, [
      { rest: 0, sum: 408 },
      { rest: 1, sum: 425 },
      { rest: 2, sum: 392 },
    ]);
  });

  it("stops at its limit, and says so (SINK_FULL)", async () => {
    const numbers = pipeline("limited").source("numbers", fromArray(NUMBERS));
    assert.equal((await collect(numbers, { limit: 50 })).length, 50);
    await assert.rejects(collect(numbers, { limit: 49 }), {
      code: "SINK_FULL",
      message: /more than 49 rows/,
      details: { limit: 49 },
    });
  });

  it("runs nothing but what leads to the stream, and leaves the pipeline as it is", async () => {
    const job = pipeline("branches");
    const out = toArray<number>();
    const numbers = job.source("numbers", fromArray(NUMBERS));
    const others = job.source("others", fromArray([1])).map((): number => {
      throw new Error("this is not needed");
    });
    numbers.sink("out", out.sink);
    others.sink("others-out", out.sink);
    const before = job.graph.nodes.length;
    assert.deepEqual(await collect(numbers.filter((n) => n < 3)), [0, 1, 2]);
    assert.equal(job.graph.nodes.length, before + 1, "the filter alone was added");
    assert.deepEqual(out.values, []);
  });

  it("gives the rows beside which the rest of the pipeline reads late records and dead letters", async () => {
    const [late, unread] = [sideOutput<number>("late"), sideOutput<StepDeadLetter<number>>("unread")];
    const mapped = pipeline("aside")
      .source("numbers", fromArray([9_000, 1, 7]), { eventTime: (n) => n })
      .map((n) => (n === 7 ? assert.fail("seven") : n), { deadLetters: unread });
    const counts = mapped
      .keyBy(() => 0)
      .window("w", tumbling("1s"), { lateOutput: late })
      .aggregate(count());
    mapped.sideOutput(unread).sink("unread", toArray<unknown>().sink);
    counts.sideOutput(late).sink("late", toArray<number>().sink);
    assert.deepEqual(
      (await collect(counts)).map(({ value }) => value),
      [1],
    );
    assert.deepEqual(await collect(counts.sideOutput(late)), [1]);
    assert.equal((await collect(mapped.sideOutput(unread))).length, 1);
  });

  it("rejects with what makes the job fail, at once", async () => {
    let tries = 0;
    const failing = pipeline("failing")
      .source("numbers", fromArray(NUMBERS))
      .map((n) => {
        tries++;
        if (n === 7) throw new RangeError("seven");
        return n;
      });
    await assert.rejects(collect(failing), { code: "USER_CODE", message: /seven/ });
    assert.equal(tries, 8);
  });

  it("refuses a source without an end unless it is told when to stop (OPTION_INVALID)", async () => {
    const numbers = pipeline("endless").source("numbers", endless);
    await assert.rejects(collect(numbers), { code: "OPTION_INVALID", message: /source "numbers" never ends/ });
    assert.deepEqual(await collect(numbers, { until: { records: 5 } }), [0, 1, 2, 3, 4]);
    await assert.rejects(collect(numbers, { until: "idle", limit: -1 }), { code: "OPTION_INVALID" });
  });
});
