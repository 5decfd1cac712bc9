/** Jobs that do not fit their state: each is told what was found and what to do. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isTidemarkError,
  pipeline,
  type Pipeline,
  run,
  type RunOptions,
  type Sink,
  type Stream,
  valueState,
} from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";
import { statePaging } from "@tidemark/core/state";

import { ledgerSink } from "./ledger-sink.ts";
import { openMemory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

type Numbers = Stream<number, "exactly-once">;

/** A job of numbers with whatever steps in between. */
function jobOf(steps: (stream: Numbers) => Stream<unknown, "exactly-once">, name: string = "numbers"): Pipeline {
  const job = pipeline(name);
  steps(job.source("numbers", pacedSource([numbers(30)]), { eventTime: (n) => n * 10 })).sink(
    "out",
    ledgerSink<unknown>().sink,
  );
  return job;
}

const counted = (id: string) => (stream: Numbers) => stream.keyBy((n) => n % 3).reduce(id, (sum, n) => sum + n);

/** Runs half of the first job, then the second one on what it has left: refused, and nothing stored but the head changes. */
async function refused(
  first: Pipeline,
  second: Pipeline,
  code: string,
  message: RegExp,
  options: Partial<RunOptions> = {},
): Promise<void> {
  const store = openMemory();
  await run(first, { backend: store.backend, env: frozenEnv().env, until: { records: 15 } }).finished;
  const before = store.dump();
  const handle = run(second, { backend: store.backend, env: frozenEnv().env, ...options });
  await assert.rejects(handle.finished, (error) => {
    assert.ok(isTidemarkError(error), String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
  assert.equal(handle.metrics().restarts, 0);
  const after = store.dump();
  assert.deepEqual([...after.keys()], [...before.keys()]);
  for (const [name, bytes] of before) if (name !== "head") assert.deepEqual(after.get(name), bytes, name);
  // The first program still goes on.
  assert.equal((await run(first, { backend: store.backend, env: frozenEnv().env }).finished).outcome, "finished");
}

test("run: state of a step that is gone is refused (STATE_UNMAPPED)", async () => {
  const gone = /"count".*(old id|empty)/;
  await refused(
    jobOf(counted("count")),
    jobOf((stream) => stream),
    "STATE_UNMAPPED",
    gone,
  );
  await refused(jobOf(counted("count")), jobOf(counted("counts")), "STATE_UNMAPPED", gone);
});

test("run: a source or a sink that is gone is refused (STATE_UNMAPPED)", async () => {
  const second = pipeline("numbers");
  second.source("other", pacedSource([numbers(30)])).sink("out", ledgerSink<number>().sink);
  await refused(
    jobOf((stream) => stream),
    second,
    "STATE_UNMAPPED",
    /"numbers"/,
  );

  const renamed = pipeline("numbers");
  renamed.source("numbers", pacedSource([numbers(30)])).sink("elsewhere", ledgerSink<number>().sink);
  await refused(
    jobOf((stream) => stream),
    renamed,
    "STATE_UNMAPPED",
    /"out"/,
  );
});

test("run: an id that has become another kind of step does not find the state of the old one (STATE_UNMAPPED)", async () => {
  const second = pipeline("numbers");
  const stream = second.source("numbers", pacedSource([numbers(30)]));
  stream.sink("count", ledgerSink<number>().sink);
  stream.sink("out", ledgerSink<number>().sink);
  await refused(jobOf(counted("count")), second, "STATE_UNMAPPED", /"count"/);
});

test("run: a declared state that is gone is refused (STATE_UNMAPPED)", async () => {
  const withState = (name: string) => (stream: Numbers) =>
    stream
      .keyBy((n) => n % 3)
      .process("sums", {
        state: { [name]: valueState(0) },
        onRecord: (n: number, context) => context.state[name]?.update(n),
      });
  await refused(jobOf(withState("total")), jobOf(withState("sum")), "STATE_UNMAPPED", /"total".*"sums".*"sum"/);
});

test("run: a declared state that is gone is refused where a start reads only a part of the state, too (STATE_UNMAPPED)", async () => {
  // The part that is read holds entries of the first state, and none of the second.
  const withStates =
    (...names: readonly string[]) =>
    (stream: Numbers) =>
      stream
        .keyBy((n) => n % 3)
        .process("sums", {
          state: Object.fromEntries(names.map((name) => [name, valueState(0)])),
          onRecord(n: number, { state }) {
            for (const name of names) state[name]?.update(n);
          },
        });
  await refused(
    jobOf(withStates("average", "total")),
    jobOf(withStates("average")),
    "STATE_UNMAPPED",
    /"total".*"sums".*"average"/,
    { state: { limitBytes: 1, evict: () => true, paging: statePaging } },
  );
});

test("run: another kind of keyed step under the same id is refused (STATE_UNMAPPED)", async () => {
  const windowed = (stream: Numbers) =>
    stream
      .keyBy((n) => n % 3)
      .window("count", tumbling("100ms"))
      .aggregate({ create: () => 0, add: (sum, n) => sum + n, result: (sum) => sum });
  await refused(jobOf(counted("count")), jobOf(windowed), "STATE_UNMAPPED", /"result".*"count"/);
});

test("run: another number of key groups is refused, with the one to set (STATE_INCOMPATIBLE, RSC-03)", async () => {
  const job = jobOf(counted("count"));
  await refused(job, job, "STATE_INCOMPATIBLE", /set keyGroups to 128/, { keyGroups: 64 });
  await refused(job, job, "STATE_INCOMPATIBLE", /set keyGroups to 128/, { keyGroups: 256, parallelism: 2 });
});

test("run: the backend of another job is refused (STATE_FOREIGN_JOB)", async () => {
  const keep = (stream: Numbers): Numbers => stream;
  await refused(jobOf(keep, "mine"), jobOf(keep, "yours"), "STATE_FOREIGN_JOB", /"yours".*"mine"/);
});

test("run: a sink that holds what is to be committed, and can commit no more, is refused (STATE_INCOMPATIBLE)", async () => {
  const plain: Sink<number, never, "idempotent"> = {
    name: "plain",
    delivery: "idempotent",
    createWriter: () => ({
      write: () => undefined,
      full: false,
      drained: async () => undefined,
      prepareCommit: async () => [],
      close: async () => undefined,
    }),
  };
  const second = pipeline("numbers");
  second.source("numbers", pacedSource([numbers(30)])).sink("out", plain);
  await refused(
    jobOf((stream) => stream),
    second,
    "STATE_INCOMPATIBLE",
    /"out".*plain/,
  );
});
