/** Records that do not fit their job: each is told of with what was found and what to do. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  type DeadLetter,
  isTidemarkError,
  type KeyedStream,
  pipeline,
  type Pipeline,
  run,
  sideOutput,
  type Stream,
  valueState,
} from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource, Rejected } from "./paced-source.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Runs a job that cannot get through, on both hosts, at both parallelisms; every refusal has to satisfy `check`. */
async function rejectsEverywhere(
  build: () => Pipeline,
  check: (error: Error & { code: string; details: Record<string, unknown> }) => void,
): Promise<void> {
  for (const host of ["local", bytesHost] as const) {
    for (const parallelism of [1, 2]) {
      const handle = run(build(), { backend: memory(), env: frozenEnv().env, host, parallelism });
      await assert.rejects(handle.finished, (error) => {
        assert.ok(isTidemarkError(error), String(error));
        check(error as never);
        return true;
      });
      assert.equal(handle.metrics().restarts, 0, "it would only happen again");
    }
  }
}

interface Order {
  readonly id: number;
  readonly customer?: { readonly name: string };
}

const orders: readonly Order[] = [{ id: 1, customer: { name: "a" } }, { id: 2 }, { id: 3, customer: { name: "b" } }];

test("keyBy: a record without a key is refused, with the operator and the field (KEY_UNSUPPORTED)", async () => {
  const steps: readonly [
    string,
    (keyed: KeyedStream<never, Order, "exactly-once">) => Stream<unknown, "exactly-once">,
  ][] = [
    ["reduce", (keyed) => keyed.reduce("per-customer", (_sum, order) => order)],
    ["process", (keyed) => keyed.process("per-customer", { onRecord: () => undefined })],
    [
      "window",
      (keyed) =>
        keyed
          .window("per-customer", tumbling("1s"))
          .aggregate({ create: () => 0, add: (n) => n + 1, result: (n) => n }),
    ],
  ];
  for (const [name, step] of steps) {
    const build = (key: (order: Order) => never) => (): Pipeline => {
      const job = pipeline("orders");
      const stream = job.source("orders", pacedSource([orders]), { eventTime: ({ id }) => id });
      step(stream.keyBy(key)).sink("out", ledgerSink<unknown>().sink);
      return job;
    };
    await rejectsEverywhere(
      build(({ customer }) => customer?.name as never),
      (error) => {
        assert.equal(error.code, "KEY_UNSUPPORTED", name);
        assert.match(error.message, /"per-customer".*undefined/);
        assert.equal(error.details["operator"], "per-customer");
      },
    );
    await rejectsEverywhere(
      build(({ id, customer }) => [id, [customer?.name]] as never),
      (error) => {
        assert.equal(error.code, "KEY_UNSUPPORTED", name);
        assert.match(error.message, /"per-customer".*\[1\]\[0\].*undefined/);
      },
    );
  }
});

test("keyBy: a selector that throws names the step and keeps the cause (USER_CODE)", async () => {
  for (const parallelism of [1, 2]) {
    const job = pipeline("orders");
    job
      .source("orders", pacedSource([orders]))
      .keyBy(({ customer }) => (customer as { readonly name: string }).name)
      .reduce("per-customer", (_sum, order) => order)
      .sink("out", ledgerSink<Order>().sink);
    const handle = run(job, { backend: memory(), env: frozenEnv().env, parallelism, restart: "none" });
    await assert.rejects(handle.finished, (error) => {
      assert.ok(isTidemarkError(error));
      assert.equal(error.code, "USER_CODE");
      assert.match(error.message, /"per-customer"/);
      assert.ok(error.cause instanceof TypeError);
      return true;
    });
  }
});

test("keyBy: a selector that gives another key each time is refused (STATE_KEY_FOREIGN)", async () => {
  const job = pipeline("fickle");
  let calls = 0;
  job
    .source("numbers", pacedSource([numbers(100)]))
    .keyBy(() => calls++)
    .reduce("count", (sum) => sum)
    .sink("out", ledgerSink<number>().sink);
  const handle = run(job, { backend: memory(), env: frozenEnv().env, parallelism: 3 });
  await assert.rejects(handle.finished, {
    code: "STATE_KEY_FOREIGN",
    message: /"count".*same key for the same record/,
  });
});

test("run: state that cannot be stored is refused, with the operator and the place (VALUE_UNSUPPORTED)", async () => {
  const build = (): Pipeline => {
    const job = pipeline("functions");
    job
      .source("numbers", pacedSource([numbers(3)]))
      .keyBy((n) => n)
      .process<number, { last: ReturnType<typeof valueState<unknown>> }>("keeper", {
        state: { last: valueState<unknown>() },
        onRecord: (n, context) => context.state.last.update({ n, nested: [() => n] }),
      })
      .sink("out", ledgerSink<number>().sink);
    return job;
  };
  await rejectsEverywhere(build, (error) => {
    assert.equal(error.code, "VALUE_UNSUPPORTED");
    assert.match(error.message, /"keeper".*nested/);
  });
});

for (const [name, eventTime] of [
  ["NaN", () => NaN],
  ["undefined", () => undefined as never],
  ["a Date", () => new Date(0) as never],
  ["a string", () => "2024-01-01" as never],
  ["Infinity", () => Infinity],
] as const) {
  test(`source: an eventTime of ${name} is refused, with the record (RECORD_INVALID)`, async () => {
    const build = (): Pipeline => {
      const job = pipeline("timed");
      const values = [{ id: 1n, self: undefined as unknown }];
      job.source("things", pacedSource([values]), { eventTime }).sink("out", ledgerSink<unknown>().sink);
      return job;
    };
    await rejectsEverywhere(build, (error) => {
      assert.equal(error.code, "RECORD_INVALID", error.message);
      assert.match(error.message, /"things".*split-0.*eventTime/);
      assert.equal(error.details["sourceId"], "things");
    });
  });
}

test("source: timestamps of its own that are no times are refused (RECORD_INVALID)", async () => {
  const build = (): Pipeline => {
    const job = pipeline("timed");
    const source = pacedSource([numbers(5)], { timestampOf: (n) => (n === 3 ? NaN : n) });
    job.source("numbers", source, { eventTime: "source" }).sink("out", ledgerSink<number>().sink);
    return job;
  };
  await rejectsEverywhere(build, (error) => {
    assert.equal(error.code, "RECORD_INVALID", error.message);
    assert.match(error.message, /"numbers".*NaN/);
  });
});

const reject = (index: number): Rejected =>
  new Rejected({ raw: `{"id":${index}`, position: `line ${index}`, reason: "unexpected end" });

function withRejected(deadLetters?: ReturnType<typeof sideOutput<DeadLetter>>) {
  const job = pipeline("letters");
  const good = ledgerSink<unknown>();
  const dead = ledgerSink<DeadLetter>();
  const values: readonly unknown[] = numbers(20).map((n) => (n % 7 === 3 ? reject(n) : n));
  const stream = job.source("numbers", pacedSource([values]), deadLetters === undefined ? {} : { deadLetters });
  stream.sink("good", good.sink);
  if (deadLetters !== undefined) stream.sideOutput(deadLetters).sink("dead", dead.sink);
  return { job, good, dead };
}

test("source: a record that cannot be decoded fails the job, with its place and what to do (RECORD_INVALID)", async () => {
  await rejectsEverywhere(
    () => withRejected().job,
    (error) => {
      assert.equal(error.code, "RECORD_INVALID");
      assert.match(error.message, /"numbers" at line 3: unexpected end.*deadLetters/);
    },
  );
});

test("source: records that cannot be decoded go to the dead letters, once each", async () => {
  for (const host of ["local", bytesHost] as const) {
    for (const fuse of [true, false]) {
      const { job, good, dead } = withRejected(sideOutput<DeadLetter>("dead"));
      const backend = memory();
      await run(job, { backend, env: frozenEnv().env, host, fuse, until: { records: 5 } }).finished;
      await run(job, { backend, env: frozenEnv().env, host, fuse }).finished;
      assert.deepEqual(
        good.rows,
        numbers(20).filter((n) => n % 7 !== 3),
      );
      assert.deepEqual(
        dead.rows,
        [3, 10, 17].map((n) => ({
          raw: `{"id":${n}`,
          position: `line ${n}`,
          reason: "unexpected end",
          source: "numbers",
        })),
      );
    }
  }
});

test("source: a record whose eventTime is no time goes to the dead letters, if there are any", async () => {
  const deadLetters = sideOutput<DeadLetter>("dead");
  const job = pipeline("letters");
  const [good, dead]: [LedgerSink<number>, LedgerSink<DeadLetter>] = [ledgerSink(), ledgerSink()];
  const found: Readonly<Record<number, unknown>> = { 4: NaN, 6: "6" };
  const eventTime = (n: number): number => (found[n] ?? n) as number;
  const stream = job.source("numbers", pacedSource([numbers(8)]), { eventTime, deadLetters });
  stream.sink("good", good.sink);
  stream.sideOutput(deadLetters).sink("dead", dead.sink);
  await run(job, { backend: memory(), env: frozenEnv().env }).finished;
  assert.deepEqual(good.rows, [0, 1, 2, 3, 5, 7]);
  assert.deepEqual(
    dead.rows.map(({ raw, reason }) => [raw, reason]),
    [
      ["4", "eventTime gave NaN, which is no number of milliseconds"],
      ["6", 'eventTime gave "6", which is no number of milliseconds'],
    ],
  );
});

test("window: records without event time are refused, with what to do (OPTION_INVALID)", async () => {
  const build = (): Pipeline => {
    const job = pipeline("untimed");
    job
      .source("numbers", pacedSource([numbers(5)]))
      .keyBy((n) => n)
      .window("hourly", tumbling("1h"))
      .aggregate({ create: () => 0, add: (n) => n + 1, result: (n) => n })
      .sink("out", ledgerSink<unknown>().sink);
    return job;
  };
  await rejectsEverywhere(build, (error) => {
    assert.equal(error.code, "OPTION_INVALID");
    assert.match(error.message, /"hourly".*eventTime/);
  });
});
