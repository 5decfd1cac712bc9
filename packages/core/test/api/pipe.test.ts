import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type KeyedStream, type Pipeline, pipeline, run, type Stream } from "@tidemark/core";
import { tumbling } from "@tidemark/core/windows";
import { explain } from "@tidemark/core/explain";

import { ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { pacedSource } from "../runtime/paced-source.ts";

const idsOf = ({ graph }: Pipeline): readonly string[] => graph.nodes.map(({ id }) => id);

/** A part of a pipeline as a user writes it: the total of each remainder so far. */
const totals = (numbers: Stream<number>, modulus: number): Stream<{ rest: number; total: number }> =>
  numbers
    .map((n) => ({ rest: n % modulus, total: n }))
    .keyBy(({ rest }) => rest)
    .reduce("total", (sum, { rest, total }) => ({ rest, total: sum.total + total }));

describe("Stream.pipe", () => {
  it("puts its id before those of all steps inside, and only of those", () => {
    const job = pipeline("scopes");
    const numbers = job.source("numbers", pacedSource([[1]]));
    const piped = numbers.pipe("odd", (stream) => stream.filter((n) => n % 2 === 1).map((n) => n + 1));
    piped.keyBy((n) => n).reduce("sum", (sum, n) => sum + n);
    numbers.pipe("side", (stream) => stream.sink("out", ledgerSink<number>().sink));
    assert.deepEqual(idsOf(job), ["numbers", "odd/filter#1", "odd/map#2", "sum", "side/out"]);
  });

  it("nests, on plain and on keyed streams, windows and sources included", () => {
    const job = pipeline("scopes");
    const byRest = (stream: Stream<number>): KeyedStream<number, number> => stream.keyBy((n) => n % 2);
    const hourly = (stream: KeyedStream<number, number>): Stream<{ value: number }> =>
      stream
        .window("hourly", tumbling("1h"))
        .aggregate({ create: () => 0, add: (sum, n) => sum + n, result: (sum) => sum });
    job
      .source("numbers", pacedSource([[1]]))
      .pipe("outer", (stream) => {
        const more = job.source("more", pacedSource([[2]]));
        return stream.union(more).pipe("keys", byRest).pipe("inner", hourly);
      })
      .sink("out", ledgerSink<unknown>().sink);
    assert.deepEqual(idsOf(job), ["numbers", "outer/more", "outer/inner/hourly", "out"]);
  });

  it("hands on what it is given, and gives back what the function returns", () => {
    const job = pipeline("two");
    const one = job.source("one", pacedSource([[1]]));
    const other = job.source("other", pacedSource([["a"]]));
    const { both, words } = one.pipe(
      "merge",
      (numbers, others, prefix) => ({
        both: numbers.map((n) => `${prefix}${n}`).union(others),
        words: others,
      }),
      other,
      "n",
    );
    assert.equal(words, other);
    both.sink("out", ledgerSink<string>().sink);
    assert.deepEqual(idsOf(job), ["one", "other", "merge/map#2", "out"]);
  });

  it("takes steps out of the scope again when the function throws", () => {
    const job = pipeline("scopes");
    const numbers = job.source("numbers", pacedSource([[1]]));
    const fails = (): never => {
      throw new RangeError("no such part");
    };
    assert.throws(() => numbers.pipe("failed", fails), { message: "no such part" });
    numbers.sink("out", ledgerSink<number>().sink);
    assert.deepEqual(idsOf(job), ["numbers", "out"]);
  });

  it("refuses a missing id and a promise, and names the scope (ID_MISSING, OPTION_INVALID)", () => {
    const numbers = pipeline("scopes").source("numbers", pacedSource([[1]]));
    const inside = (id: unknown) => () => numbers.pipe("outer", (stream) => stream.pipe(id as string, (same) => same));
    assert.throws(inside(""), { code: "ID_MISSING", message: /in "outer" without an id/ });
    assert.throws(() => numbers.pipe(undefined as never, (same) => same), { code: "ID_MISSING" });
    assert.throws(() => numbers.pipe("later", async (stream) => stream), {
      code: "OPTION_INVALID",
      message: /"later".*promise/,
    });
  });

  it("refuses an id used twice, and says it in full (ID_REPEATED)", () => {
    const job = pipeline("scopes");
    const numbers = job.source("numbers", pacedSource([[1]]));
    numbers.pipe("eu", totals, 2).sink("eu-out", ledgerSink<unknown>().sink);
    assert.throws(() => numbers.pipe("eu", totals, 3), { code: "ID_REPEATED", message: /"eu" a second time/ });
    numbers.pipe("us", (stream) => {
      stream.sink("out", ledgerSink<number>().sink);
      stream.sink("out", ledgerSink<number>().sink);
    });
    assert.throws(() => explain(job), { code: "ID_REPEATED", message: /"us\/out"/ });
  });

  it("names the step in full where user code throws (USER_CODE)", async () => {
    const job = pipeline("scopes");
    const fail = (): never => {
      throw new RangeError("odd");
    };
    job
      .source("numbers", pacedSource([[1]]))
      .pipe("part", (stream) => stream.keyBy((n) => n).reduce("sum", fail))
      .sink("out", ledgerSink<number>().sink);
    job.source("again", pacedSource([[1]])).pipe("twice", (stream) => stream.keyBy(fail).reduce("sum", (n) => n));
    const { finished } = run(job, { backend: memory(), restart: "none" });
    await assert.rejects(finished, { code: "USER_CODE", message: /of "(?:part|twice)\/sum" threw: odd/ });
  });

  it("gives each use of one function its own state", async () => {
    const ledger = ledgerSink<string>();
    const job = pipeline("twice");
    const numbers = job.source("numbers", pacedSource([[1, 2, 3, 4]]));
    for (const modulus of [2, 3]) {
      numbers
        .pipe(`by-${modulus}`, totals, modulus)
        .map(({ rest, total }) => `${modulus}:${rest}=${total}`)
        .sink(`out-${modulus}`, ledger.sink);
    }
    await run(job, { backend: memory() }).finished;
    const expected = ["2:1=1", "2:0=2", "2:1=4", "2:0=6", "3:1=1", "3:2=2", "3:0=3", "3:1=5"];
    assert.deepEqual(ledger.rows.toSorted(), expected.toSorted());
  });
});
