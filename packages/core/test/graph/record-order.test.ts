import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { emits, pipeline, type Stream, type WindowOptions } from "@tidemark/core";
import { type AggregateFunction, collect, combine, count, first, max, min, sum } from "@tidemark/core/aggregates";
import { asyncMap } from "@tidemark/core/async";
import { explain, mermaid } from "@tidemark/core/explain";
import { coGroup, innerJoin, intervalJoin, leftTemporalJoin, windowJoin } from "@tidemark/core/joins";
import { splitListState, subtaskProcess, valueState } from "@tidemark/core/state";
import { countEvictor, countWindows, tumbling, windowProcess } from "@tidemark/core/windows";

import { ledgerSink } from "../runtime/ledger-sink.ts";
import { pacedSource } from "../runtime/paced-source.ts";

type Numbers = Stream<number, "exactly-once">;

const identity = (n: number): number => n;
const add = (one: number, other: number): number => one + other;

/** What is said of each step, without the heading. */
function told(build: (source: (id: string, splits?: number) => Numbers) => Stream<unknown>, parallelism = 1): unknown {
  const job = pipeline("told");
  const source = (id: string, splits = 1): Numbers =>
    job.source(id, pacedSource(Array.from({ length: splits }, () => [1])), { eventTime: identity });
  build(source).sink("out", ledgerSink<unknown>().sink);
  const lines = explain(job, { parallelism }).split("\n");
  const from = lines.findIndex((line) => line.includes(" depend on timing"));
  const said = lines.slice(from + 1).map((line) => line.trim());
  const chart = mermaid(job, { parallelism });
  for (const line of said) {
    const [id = "", reasons = ""] = line.split(": ");
    const drawn = `may depend on timing: ${reasons.replaceAll('"', "#34;")}"]`;
    assert.ok(
      chart.split("\n").some((box) => box.includes(`"${id}<br>`) && box.endsWith(drawn)),
      chart,
    );
  }
  return said;
}

const reduced = (numbers: Numbers): Stream<number, "exactly-once"> => numbers.keyBy(identity).reduce("sum", add);

describe("explain, of the order of records", () => {
  it("says nothing of a source with one split, with however many subtasks", () => {
    for (const parallelism of [1, 3]) {
      assert.deepEqual(
        told((source) => reduced(source("in").map(identity)), parallelism),
        [],
      );
    }
  });

  it("names splits, as the first cause of all", () => {
    for (const parallelism of [1, 3]) {
      assert.deepEqual(
        told((source) => reduced(source("in", 2).map(identity)), parallelism),
        ["sum: the order of records from several splits"],
      );
    }
  });

  it("names streams that become one", () => {
    assert.deepEqual(
      told((source) => reduced(source("one").union(source("other").map(identity)))),
      ["sum: the order of records from several streams"],
    );
    assert.deepEqual(
      told((source) => reduced(source("one").union(source("other", 2)))),
      ["sum: the order of records from several streams and several splits"],
    );
  });

  it("names subtasks that write to the same one, and only where there are several", () => {
    const dealtOut = (source: (id: string) => Numbers): Numbers => reduced(source("in").rebalance().map(identity));
    assert.deepEqual(told(dealtOut), []);
    assert.deepEqual(told(dealtOut, 2), ["sum: the order of records from several subtasks"]);
    const twice = (source: (id: string) => Numbers): Numbers =>
      reduced(source("in"))
        .keyBy((n) => n % 2)
        .reduce("again", add);
    assert.deepEqual(told(twice), []);
    assert.deepEqual(told(twice, 2), ["again: the order of records from several subtasks"]);
    const gathered = (source: (id: string) => Numbers): Stream<unknown> =>
      source("in")
        .rebalance()
        .map(identity)
        .keyBy(() => 0)
        .reduce("sum", add, { parallelism: 1 });
    assert.deepEqual(told(gathered, 2), ["sum: the order of records from several subtasks"]);
  });

  it("names steps whose results depend on timing themselves", () => {
    const later = asyncMap(async (n: number) => n, { order: "unordered" });
    assert.deepEqual(
      told((source) => reduced(source("in").pipe("later", later))),
      ["later: results as they come", 'sum: the order of records from "later"'],
    );
  });

  it("speaks of steps that keep something: of no others", () => {
    const stateless = (source: (id: string, splits: number) => Numbers): Stream<unknown> =>
      source("in", 2)
        .map(identity)
        .filter((n) => n > 0)
        .flatMap((n) => [n])
        .pipe(
          "double",
          asyncMap(async (n) => n * 2),
        )
        .keyBy(identity)
        .process("passed on", { emits: emits<number>(), onRecord: (n, { emit }) => emit(n) });
    assert.deepEqual(told(stateless), []);
    const kept = (source: (id: string, splits: number) => Numbers): Stream<unknown> =>
      source("in", 2)
        .process(
          "pairs",
          subtaskProcess({ state: { one: splitListState<number>() }, onRecord: (_: number) => undefined }),
        )
        .keyBy(identity)
        .process("latest", { state: { n: valueState(0) }, onRecord: (n, { state }) => state.n.update(n) });
    assert.deepEqual(told(kept), [
      "pairs: the order of records from several splits",
      "latest: the order of records from several splits",
    ]);
  });

  it("knows which windows do not care", () => {
    const windows = <A, R>(aggregate: AggregateFunction<number, A, R>, options?: WindowOptions<number>): unknown =>
      told((source) => source("in", 2).keyBy(identity).window("w", tumbling("1s"), options).aggregate(aggregate));
    const careful = ["w: the order of records from several splits"];
    for (const aggregate of [count<number>(), min(identity), max(identity)]) assert.deepEqual(windows(aggregate), []);
    assert.deepEqual(windows(combine({ n: count<number>(), most: max(identity) })), []);
    // Of fractions a sum has other last digits in another order.
    assert.deepEqual(windows(sum(identity)), careful);
    assert.deepEqual(windows(first<number>()), careful);
    assert.deepEqual(windows(collect<number>()), careful);
    assert.deepEqual(windows(combine({ n: count<number>(), first: first<number>() })), careful);
    assert.deepEqual(windows(count<number>(), { evictor: countEvictor(3) }), careful);
    const process = (source: (id: string, splits: number) => Numbers): Stream<unknown> =>
      source("in", 2)
        .keyBy(identity)
        .window("w", tumbling("1s"))
        .process(windowProcess({ onWindow: (all) => all }));
    assert.deepEqual(told(process), careful);
    const counted = (source: (id: string, splits: number) => Numbers): Stream<unknown> =>
      source("in", 2).keyBy(identity).window("w", countWindows(3)).aggregate(count());
    assert.deepEqual(told(counted), ["w: the order in which records come"], "once is enough");
  });

  it("knows which joins do not care, and that two inputs are no stream in an order", () => {
    const joined = (join: (numbers: Numbers, others: Numbers) => Stream<unknown>): unknown =>
      told((source) => join(source("in", 2), source("table", 2)));
    const by = (numbers: Numbers) => numbers.keyBy(identity);
    const bounds = { from: "0s", to: "1s" } as const;
    assert.deepEqual(
      joined((one, other) => by(one).join("j", by(other), intervalJoin(bounds), add)),
      [],
    );
    assert.deepEqual(
      joined((one, other) => by(one).join("j", by(other), innerJoin({ retention: "1s" }), add)),
      [],
    );
    assert.deepEqual(
      joined((one, other) => by(one).join("j", by(other), windowJoin(tumbling("1s")), add)),
      [],
    );
    const grouped = ["j: the order of records from several splits"];
    assert.deepEqual(
      joined((one, other) => by(one).join("j", by(other), coGroup(tumbling("1s")), (all) => all.length)),
      grouped,
    );
    assert.deepEqual(
      joined((one, other) => by(one).join("j", by(other), leftTemporalJoin(), (n) => n)),
      grouped,
      "of two versions for one time the later counts",
    );
    const after = (source: (id: string) => Numbers): Stream<unknown> =>
      by(by(source("in")).join("j", by(source("other")), intervalJoin(bounds), add)).reduce("sum", add);
    assert.deepEqual(told(after), ["sum: the order of records from several streams"]);
  });
});
