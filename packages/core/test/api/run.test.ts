import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type ConfigurationError,
  isTidemarkError,
  type LogEntry,
  pipeline,
  type Pipeline,
  run,
  type RunOptions,
  type StateBackend,
} from "@tidemark/core";
import { statePaging } from "@tidemark/core/state";
import { frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { pacedSource } from "../runtime/paced-source.ts";

function small(): Pipeline {
  const job = pipeline("small");
  job.source("numbers", pacedSource([[1, 2, 3]])).sink("out", ledgerSink<number>().sink);
  return job;
}

/** What `run` throws, at once, for these options. */
function refusal(options: Record<string, unknown>, job: Pipeline = small()): ConfigurationError {
  try {
    run(job, { backend: memory(), env: frozenEnv().env, ...options } as unknown as RunOptions).finished.catch(
      () => undefined,
    );
  } catch (error) {
    assert.ok(isTidemarkError(error) && error.name === "ConfigurationError", String(error));
    return error as ConfigurationError;
  }
  assert.fail(`these options were taken: ${JSON.stringify(options)}`);
}

const REFUSED: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ["no backend", { backend: undefined }, /backend/],
  ["a backend that is none", { backend: { name: "none" } }, /backend/],
  ["a host that is none", { host: "remote" }, /host.*"remote".*"local".*bytesHost/],
  ["an end that is none", { until: "tomorrow" }, /until "tomorrow"/],
  ["an end without a limit", { until: {} }, /until {}/],
  ["an end of null", { until: null }, /until null/],
  ["a negative number of records", { until: { records: -1 } }, /-1/],
  ["half a record", { until: { records: 1.5 } }, /1\.5/],
  ["a deadline of NaN", { until: { deadlineMs: NaN } }, /until/],
  ["channels for no record", { channelRecords: 0 }, /channelRecords 0/],
  ["channels for half a record", { channelRecords: 0.5 }, /channelRecords 0\.5/],
  ["channels for any number of records", { channelRecords: Infinity }, /channelRecords Infinity/],
  ["an interval without a unit", { checkpoint: { interval: "10" } }, /checkpoint\.interval "10".*"10s"/],
  ["an interval as a number", { checkpoint: { interval: 10 } }, /checkpoint\.interval 10/],
  ["an interval of nothing", { checkpoint: { interval: "0s" } }, /interval.*at least 1 ms/],
  ["a timeout of nothing", { checkpoint: { timeout: "0ms" } }, /timeout.*at least 1 ms/],
  ["a negative pause", { checkpoint: { minPause: "-1s" } }, /minPause/],
  ["half a failure", { checkpoint: { tolerableFailures: 0.5 } }, /tolerableFailures 0\.5/],
  ["no checkpoint retained", { checkpoint: { retained: 0 } }, /retained 0/],
  ["negative attempts", { restart: { attempts: -1 } }, /attempts -1/],
  ["a delay without a unit", { restart: { delay: "soon" } }, /restart\.delay "soon"/],
];

for (const [what, options, message] of REFUSED) {
  test(`run: refuses ${what}, at once (OPTION_INVALID)`, () => {
    const { code, message: found } = refusal(options);
    assert.equal(code, "OPTION_INVALID");
    assert.match(found, message);
  });
}

test("run: refuses a parallelism that does not fit the key groups (PARALLELISM_INVALID)", () => {
  for (const options of [
    { parallelism: 0 },
    { parallelism: -1 },
    { parallelism: 1.5 },
    { parallelism: NaN },
    { parallelism: "2" },
    { keyGroups: 0 },
    { keyGroups: 32_769 },
    { parallelism: 5, keyGroups: 4 },
  ]) {
    assert.equal(refusal(options).code, "PARALLELISM_INVALID", JSON.stringify(options));
  }
});

test("run: refuses a pipeline without a source or a sink (GRAPH_EMPTY)", () => {
  assert.equal(refusal({}, pipeline("empty")).code, "GRAPH_EMPTY");
  const open = pipeline("open");
  open.source("numbers", pacedSource([[1]])).map((n) => n);
  assert.match(refusal({}, open).message, /"open".*source.*sink/);
});

test("run: refuses ids that are missing or repeated (ID_MISSING, ID_REPEATED)", () => {
  for (const id of ["", "  "]) {
    const job = pipeline("ids");
    job.source("numbers", pacedSource([[1]])).sink(id, ledgerSink<number>().sink);
    const { code, message } = refusal({}, job);
    assert.equal(code, "ID_MISSING");
    assert.match(message, /"ids".*sink ledger/);
  }
  const job = pipeline("ids");
  const source = job.source("numbers", pacedSource([[1]]));
  source
    .keyBy((n) => n)
    .reduce("sum", (sum) => sum)
    .sink("out", ledgerSink<number>().sink);
  source
    .keyBy((n) => n)
    .reduce("sum", (sum) => sum)
    .sink("out-2", ledgerSink<number>().sink);
  const { code, message } = refusal({}, job);
  assert.equal(code, "ID_REPEATED");
  assert.match(message, /"sum"/);
});

test("run: refuses a stream of another pipeline (GRAPH_FOREIGN_STREAM)", () => {
  const [one, other] = [pipeline("one"), pipeline("other")];
  const foreign = other.source("theirs", pacedSource([[1]]));
  one
    .source("mine", pacedSource([[1]]))
    .union(foreign)
    .sink("out", ledgerSink<number>().sink);
  const { code, message } = refusal({}, one);
  assert.equal(code, "GRAPH_FOREIGN_STREAM");
  assert.match(message, /"one".*"theirs"/);
});

test("run: refuses before anything is opened, and a pipeline can be run again and again", async () => {
  const job = small();
  refusal({ parallelism: 0 }, job);
  for (let times = 0; times < 3; times++) {
    const { outcome } = await run(job, { backend: memory(), env: frozenEnv().env }).finished;
    assert.equal(outcome, "finished");
  }
});

test("run: what is written to a pipeline after it was started is not part of the run", async () => {
  const job = pipeline("growing");
  const [first, second] = [ledgerSink<number>(), ledgerSink<number>()];
  const stream = job.source("numbers", pacedSource([[1, 2, 3]]));
  stream.sink("first", first.sink);
  const handle = run(job, { backend: memory(), env: frozenEnv().env });
  stream.sink("second", second.sink);
  await handle.finished;
  assert.deepEqual(first.rows, [1, 2, 3]);
  assert.deepEqual(second.rows, []);
});

test("run: durable refuses a backend whose checkpoints end with the process, and no other (GUARANTEE_UNSUPPORTED)", async () => {
  const { code, message } = refusal({ durable: true });
  assert.equal(code, "GUARANTEE_UNSUPPORTED");
  assert.match(message, /they end with the process/);
  const backend = memory();
  const lasting: StateBackend = {
    name: "lasting",
    capabilities: { ...backend.capabilities, durable: true },
    open: (job) => backend.open(job),
  };
  for (const options of [{ backend: lasting, durable: true }, { backend, durable: false }, { backend }]) {
    const { outcome } = await run(small(), { env: frozenEnv().env, ...options }).finished;
    assert.equal(outcome, "finished");
  }
});

test("run: warns where rows outlive the process and the checkpoints do not, unless that is said to be meant", async () => {
  /** What is said to a run of one record into a sink. */
  const warnings = async (
    change: { readonly sink?: object; readonly guarantee?: "at-least-once" },
    options: Partial<RunOptions> = {},
  ): Promise<readonly LogEntry[]> => {
    const { env, logged } = frozenEnv();
    const job = pipeline("small", change.guarantee === undefined ? {} : { guarantee: change.guarantee });
    const ledger = ledgerSink<number>();
    job.source("numbers", pacedSource([[1]])).sink("paid", { ...ledger.sink, ...change.sink });
    await run(job, { backend: memory(), env, ...options }).finished;
    assert.deepEqual(ledger.rows, [1]);
    return logged;
  };
  const [warning, ...others] = await warnings({});
  assert.equal(others.length, 0);
  assert.equal(warning?.level, "warn");
  assert.match(warning.message, /what paid has committed does not: the next process would begin at the start/);
  assert.deepEqual(warning.fields, { code: "GUARANTEE_UNSUPPORTED", backend: memory().name, sinks: ["paid"] });
  const backend = memory();
  const lasting: StateBackend = {
    name: "lasting",
    capabilities: { ...backend.capabilities, durable: true },
    open: (job) => backend.open(job),
  };
  assert.deepEqual(await warnings({}, { durable: false }), []);
  assert.deepEqual(await warnings({}, { backend: lasting }), []);
  assert.deepEqual(await warnings({ sink: { volatile: true } }), []);
  assert.deepEqual(await warnings({ guarantee: "at-least-once" }), []);
});

test("run: a limit of memory needs what lets state leave it, from the backend or besides (OPTION_INVALID)", async () => {
  for (const state of [{ limitBytes: 2 ** 20 }, { evict: () => true }, { limitBytes: 2 ** 20, paging: {} as never }]) {
    const { code, message } = refusal({ state });
    assert.equal(code, "OPTION_INVALID");
    assert.match(message, /statePaging of "@tidemark\/core\/state"/);
  }
  const bringsIt: StateBackend = { ...memory(), paging: statePaging, open: (job) => memory().open(job) };
  for (const options of [
    { backend: memory(), state: { limitBytes: 2 ** 20, paging: statePaging } },
    { backend: bringsIt, state: { limitBytes: 2 ** 20 } },
    { backend: memory(), state: { limitBytes: Infinity } },
  ]) {
    const { outcome } = await run(small(), { env: frozenEnv().env, ...options }).finished;
    assert.equal(outcome, "finished");
  }
});
