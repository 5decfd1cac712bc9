import assert from "node:assert/strict";
import { test } from "node:test";

import { type AnySink, type AnySource, type Duration, pipeline, sideOutput, type SourceOptions } from "@tidemark/core";
import { tumbling } from "@tidemark/core/windows";
import { explain } from "@tidemark/core/explain";

import { ledgerSink } from "../runtime/ledger-sink.ts";
import { pacedSource } from "../runtime/paced-source.ts";

const once: AnySource<number> = { ...pacedSource([[1]]), name: "socket", replayable: false };
const repeating: AnySink<number> = { ...ledgerSink<number>().sink, name: "log", delivery: "at-least-once" };

test("pipeline: refuses a missing name (ID_MISSING)", () => {
  for (const name of ["", " ", undefined as never, 7 as never]) {
    assert.throws(() => pipeline(name), { code: "ID_MISSING", message: /without a name/ });
  }
});

test("pipeline: refuses at run time what the compiler refuses, and says what to do (GUARANTEE_UNSUPPORTED)", () => {
  const exactly = pipeline("exactly");
  assert.throws(() => exactly.source("in", once), {
    code: "GUARANTEE_UNSUPPORTED",
    message: /socket as "in".*exactly-once.*replayable source.*at-least-once/,
  });
  const stream = exactly.source("numbers", pacedSource([[1]]));
  assert.throws(() => stream.sink("out", repeating), {
    code: "GUARANTEE_UNSUPPORTED",
    message: /log as "out".*exactly-once.*delivery: 'at-least-once'/,
  });
  assert.throws(() => stream.sink("out", repeating, { parallelism: 1 }), { code: "GUARANTEE_UNSUPPORTED" });
  assert.throws(() => stream.sink("out", repeating, { delivery: "exactly-once" }), { code: "GUARANTEE_UNSUPPORTED" });
});

test("pipeline: takes what it refused when the user says so", () => {
  pipeline("at-least", { guarantee: "at-least-once" }).source("in", once).sink("out", repeating);
  const stream = pipeline("exactly").source("numbers", pacedSource([[1]]));
  stream.sink("out", repeating, { delivery: "at-least-once" });
});

test("pipeline: refuses a guarantee that there is none of (OPTION_INVALID)", () => {
  assert.throws(() => pipeline("job", { guarantee: "at-most-once" as never }), {
    code: "OPTION_INVALID",
    message: /"at-most-once".*"exactly-once".*"at-least-once"/,
  });
});

test("pipeline.source: refuses times that make no sense (OPTION_INVALID)", () => {
  const refused = (options: SourceOptions<number>): RegExp | void =>
    assert.throws(() => pipeline("job").source("numbers", pacedSource([[1]]), options), { code: "OPTION_INVALID" });
  refused({ outOfOrder: "1s" });
  refused({ idleAfter: "1s" });
  refused({ eventTime: (n) => n, outOfOrder: "soon" as Duration });
  refused({ eventTime: (n) => n, outOfOrder: "-1s" as Duration });
  refused({ eventTime: (n) => n, idleAfter: "1" as Duration });
  refused({ eventTime: (n) => n, idleAfter: "0s" });
  refused({ eventTime: "record" as never });
  refused({ eventTime: 7 as never });
});

test("tumbling: refuses sizes that make no sense (OPTION_INVALID)", () => {
  for (const size of ["0s", "1", "h", "-1h", "1 h", "", "Infinitys"]) {
    assert.throws(() => tumbling(size as Duration), { code: "OPTION_INVALID" }, size);
  }
  assert.throws(() => tumbling("1h", { offset: "soon" as Duration }), { code: "OPTION_INVALID" });
});

test("Pipeline.explain: shows stages, shuffles, state and what depends on timing", () => {
  const job = pipeline("flights");
  const late = sideOutput<number>("late");
  const source = job.source("flights", pacedSource([[1]]), { eventTime: (n) => n, outOfOrder: "3h", idleAfter: "1m" });
  const hourly = source
    .filter((n) => n > 0)
    .keyBy((n) => n % 2)
    .window("hourly", tumbling("1h"), { lateOutput: late })
    .aggregate({ create: () => 0, add: (sum, n) => sum + n, result: (sum) => sum });
  hourly.sink("out", ledgerSink<unknown>().sink);
  hourly.sideOutput(late).sink("late-out", ledgerSink<number>().sink, { parallelism: 1 });
  assert.equal(
    explain(job, { parallelism: 2 }),
    [
      "pipeline flights: exactly-once, 3 stages, 128 key groups",
      "stage 0 × 2",
      "  flights: source paced arrays, replayable, bounded, event time, up to 3h out of order",
      "  filter#1: filter",
      "stage 1 × 2",
      "  from stage 0, filter#1 by hash",
      "  hourly: window tumbling 1h, keyed state $window (aggregating)",
      "  out: sink ledger, exactly-once",
      "stage 2 × 1",
      '  from stage 1, hourly (side output "late") by rebalance',
      "  late-out: sink ledger, exactly-once",
      "may depend on timing",
      "  flights: idle after 1m",
    ].join("\n"),
  );
  assert.match(explain(job), /, 1 stage, /);
  assert.throws(() => explain(job, { parallelism: 0 }), { code: "PARALLELISM_INVALID" });
});

test("Pipeline.explain: shows which input each of two connected streams feeds", () => {
  const job = pipeline("meeting");
  const left = job.source("left", pacedSource([[1]])).keyBy((n) => n);
  const right = job.source("right", pacedSource([[1]])).keyBy((n) => n);
  left
    .connect(right)
    .process("meet", { onLeft: () => undefined, onRight: () => undefined })
    .sink("out", ledgerSink<unknown>().sink);
  assert.equal(
    explain(job),
    [
      "pipeline meeting: exactly-once, 3 stages, 128 key groups",
      "stage 0 × 1",
      "  left: source paced arrays, replayable, bounded, no event time",
      "stage 1 × 1",
      "  right: source paced arrays, replayable, bounded, no event time",
      "stage 2 × 1",
      "  from stage 0, left by hash",
      "  from stage 1, right by hash, input 1",
      "  meet: connect, process, keyed state",
      "  out: sink ledger, exactly-once",
      "may depend on timing",
      "  meet: the order of its inputs",
    ].join("\n"),
  );
});

test("KeyedStream.connect: refuses at run time a stream without keys (KEY_MISSING)", () => {
  const stream = pipeline("job").source("numbers", pacedSource([[1]]));
  assert.throws(() => stream.keyBy((n) => n).connect(stream as never), { code: "KEY_MISSING", message: /keyBy/ });
});

test("pipeline: refuses a step with something else in the place of its id, in the moment it is written (ID_MISSING)", () => {
  const job = pipeline("ids");
  const numbers = job.source("numbers", pacedSource([[1]]));
  const keyed = numbers.keyBy((n) => n);
  const written: readonly (() => unknown)[] = [
    () => job.source(pacedSource([[1]]) as never),
    () => numbers.process({} as never),
    () => numbers.sink(ledgerSink<number>().sink as never),
    () => keyed.reduce(((sum: number) => sum) as never),
    () => keyed.process({} as never),
    () => keyed.window(tumbling("1h") as never),
    () => keyed.connect(keyed).process({} as never),
    () => keyed.connect(numbers.broadcast()).process({} as never),
    () => numbers.connect(numbers.broadcast()).process({} as never),
    () => keyed.join(keyed as never, {}, () => 0),
    () => numbers.sink(undefined as never, ledgerSink<number>().sink),
  ];
  for (const write of written) {
    assert.throws(write, { code: "ID_MISSING", message: /^Cannot plan pipeline "ids": a step has no id/ });
  }
  assert.equal(job.graph.nodes.length, 1);
});
