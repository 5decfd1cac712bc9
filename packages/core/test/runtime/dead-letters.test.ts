/** Records that a step cannot handle, in whole jobs. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  emits,
  type DeadLetter,
  exponentialDelay,
  isTidemarkError,
  pipeline,
  type Pipeline,
  run,
  type RunOptions,
  sideOutput,
  type StepDeadLetter,
  unaligned,
  valueState,
} from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";
import { statePaging } from "@tidemark/core/state";
import { explain } from "@tidemark/core/explain";

import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

type Form = Omit<RunOptions, "backend">;

const FORMS: Readonly<Record<string, Form>> = {
  alone: {},
  "bytes, not fused": { host: bytesHost, fuse: false },
  "three subtasks": { parallelism: 3, keyGroups: 8 },
  "three subtasks over bytes": { parallelism: 3, keyGroups: 8, host: bytesHost },
  "nothing stays in memory": { parallelism: 2, keyGroups: 8, state: { evict: () => true, paging: statePaging } },
  unaligned: { parallelism: 3, keyGroups: 8, checkpoint: { interval: "1ms", mode: unaligned } },
};

/** The selector throws on what ends with 7, the process on what ends with 3, after it has added and emitted that. */
const hasNoKey = (n: number): boolean => n % 10 === 7;
const isPoison = (n: number): boolean => n % 10 === 3;

test("process: what it throws on comes out of its dead letters once, and leaves nothing, through crashes", async () => {
  for (const [name, form] of Object.entries(FORMS)) {
    const sums = ledgerSink<readonly number[]>();
    const letters = ledgerSink<StepDeadLetter<number, number>>();
    const dead = sideOutput<StepDeadLetter<number, number>>("dead");
    const crashes = crashesAfter(2, 4);
    const job = pipeline("summing");
    const stream = job
      .source("numbers", pacedSource([numbers(0, 40), numbers(40, 80), numbers(80, 120)]))
      .map(crashes.pass)
      .keyBy((n) => {
        if (hasNoKey(n)) throw new TypeError(`${n} has no key`);
        return n % 4;
      })
      .process(
        "sum",
        {
          state: { sum: valueState(0), seen: valueState<number[]>([]) },
          emits: emits<readonly number[]>(),
          onRecord(n, context) {
            const { sum, seen } = context.state;
            sum.update(sum.get() + n);
            seen.update([...seen.get(), n]);
            context.emit([context.key, sum.get()]);
            if (isPoison(n)) throw Object.assign(new RangeError(`cannot stand ${n}`), { code: "E_STAND" });
          },
        },
        { deadLetters: dead },
      );
    stream.sink("sums", sums.sink);
    stream.sideOutput(dead).sink("letters", letters.sink);
    const { env } = frozenEnv();
    const options = { checkpoint: { interval: "2ms" }, restart: { delay: "1ms" }, trace: crashes.trace } as const;
    await run(job, { backend: memory(), env, ...options, ...form }).finished;
    assert.equal(crashes.thrown, 2, name);
    const all = numbers(0, 120);
    for (const key of [0, 1, 2, 3]) {
      const good = all.filter((n) => n % 4 === key && !hasNoKey(n) && !isPoison(n));
      const found = sums.rows.filter(([of]) => of === key);
      assert.equal(found.length, good.length, `${name}, key ${key}`);
      assert.equal(
        Math.max(...found.map(([, sum]) => sum as number)),
        good.reduce((sum, n) => sum + n, 0),
        name,
      );
    }
    const byRecord = letters.rows.toSorted((one, other) => (one.record ?? 0) - (other.record ?? 0));
    assert.deepEqual(
      byRecord.map(({ kind, operator, call, record, error }) => ({ kind, operator, call, record, error })),
      all
        .filter((n) => hasNoKey(n) || isPoison(n))
        .map((n) => ({
          kind: "record",
          operator: "sum",
          call: "onRecord",
          record: n,
          error: hasNoKey(n)
            ? { name: "TypeError", message: `${n} has no key`, code: "USER_CODE" }
            : { name: "RangeError", message: `cannot stand ${n}`, code: "E_STAND" },
        })),
      name,
    );
  }
});

test("process: a timer that throws leaves nothing but a dead letter with its key and time, and is not set any more", async () => {
  const dead = sideOutput<StepDeadLetter<number, number>>("dead");
  const [out, letters] = [ledgerSink<number>(), ledgerSink<StepDeadLetter<number, number>>()];
  const job = pipeline("timers");
  const stream = job
    .source("numbers", pacedSource([numbers(0, 30)]), { eventTime: (n) => n })
    .keyBy((n) => n % 3)
    .process(
      "late",
      {
        state: { fired: valueState(0) },
        emits: emits<number>(),
        onRecord: (n, context) => context.setEventTimer(n + 5),
        onTimer(time, context) {
          const fired = context.state.fired.get() + 1;
          context.state.fired.update(fired);
          context.emit(fired);
          if (time % 10 === 9) throw new Error("not now");
        },
      },
      { deadLetters: dead },
    );
  stream.sink("out", out.sink);
  stream.sideOutput(dead).sink("letters", letters.sink);
  await run(job, { backend: memory(), env: frozenEnv().env, checkpoint: { interval: "2ms" } }).finished;
  assert.equal(out.rows.length, 27);
  assert.equal(Math.max(...out.rows), 9, "what a failed timer counted was taken back");
  assert.deepEqual(
    letters.rows.map(({ kind, key, timestamp, call }) => [kind, key, timestamp, call]),
    [
      ["timer", 1, 9, "onTimer"],
      ["timer", 2, 19, "onTimer"],
      ["timer", 0, 29, "onTimer"],
    ],
  );
});

test("steps of all kinds: a job with poison in every one of them goes on to its end", async () => {
  const [atMap, atFilter, atFlat, atReduce, atWindow] = ["map", "filter", "flatMap", "reduce", "window"].map((name) =>
    sideOutput<StepDeadLetter<number>>(name),
  ) as [
    ReturnType<typeof sideOutput<StepDeadLetter<number>>>,
    ...ReturnType<typeof sideOutput<StepDeadLetter<number>>>[],
  ];
  const dead = ledgerSink<StepDeadLetter<number>>();
  const out = ledgerSink<number>();
  const refuse = (at: number) => (n: number) => {
    if (n === at) throw new Error(`refuses ${at}`);
    return n;
  };
  const job = pipeline("all");
  const mapped = job
    .source("numbers", pacedSource([numbers(0, 20)]), { eventTime: (n) => n })
    .map(refuse(1), { deadLetters: atMap });
  const filtered = mapped.filter((n) => refuse(2)(n) >= 0, { deadLetters: atFilter as typeof atMap });
  const flat = filtered.flatMap((n) => [refuse(3)(n)], { deadLetters: atFlat as typeof atMap });
  const reduced = flat
    .keyBy(() => 0)
    .reduce("reduce", (_sum, n) => refuse(4)(n), { deadLetters: atReduce as typeof atMap });
  const windowed = reduced
    .keyBy(() => 0)
    .window("window", tumbling("10ms"), { deadLetters: atWindow as typeof atMap })
    .aggregate({ create: () => 0, add: (sum, n) => sum + refuse(5)(n), result: refuse(30) });
  windowed.map(({ value }) => value).sink("out", out.sink);
  for (const [index, [stream, tag]] of (
    [
      [mapped, atMap],
      [filtered, atFilter],
      [flat, atFlat],
      [reduced, atReduce],
      [windowed, atWindow],
    ] as const
  ).entries()) {
    stream.sideOutput(tag as typeof atMap).sink(`dead ${index}`, dead.sink);
  }
  await run(job, { backend: memory(), env: frozenEnv().env }).finished;
  // The first window sums up to 30, and cannot be fired.
  assert.deepEqual(out.rows, [145]);
  assert.deepEqual(dead.rows.map(({ kind, record, window }) => record ?? `${kind} ${window?.start}`).toSorted(byText), [
    1,
    2,
    3,
    4,
    5,
    "window 0",
  ]);
});

test("source: a record whose eventTime or watermark throws goes to the dead letters", async () => {
  const deadLetters = sideOutput<DeadLetter>("dead");
  const [good, dead] = [ledgerSink<number>(), ledgerSink<DeadLetter>()];
  const job = pipeline("letters");
  const stream = job.source("numbers", pacedSource([numbers(0, 8)]), {
    deadLetters,
    eventTime: (n) => {
      if (n === 2) throw new Error("no time");
      return n;
    },
    watermarks: (n) => {
      if (n === 5) throw new Error("no watermark");
      return n - 1;
    },
  });
  stream.sink("good", good.sink);
  stream.sideOutput(deadLetters).sink("dead", dead.sink);
  await run(job, { backend: memory(), env: frozenEnv().env }).finished;
  assert.deepEqual(good.rows, [0, 1, 3, 4, 6, 7]);
  assert.deepEqual(
    dead.rows.map(({ raw, reason }) => [raw, reason]),
    [
      ["2", "eventTime threw: no time"],
      ["5", "watermarks threw: no watermark"],
    ],
  );
});

test("partition: what its function throws on, or has no subtask for, goes to its dead letters, at any parallelism", async () => {
  const all = numbers(0, 60);
  const choose = (n: number, subtasks: number): number => {
    if (hasNoKey(n)) throw new TypeError(`${n} belongs nowhere`);
    return isPoison(n) ? subtasks : n % subtasks;
  };
  for (const [name, form] of Object.entries(FORMS)) {
    const dead = sideOutput<StepDeadLetter<number>>("dead");
    const [out, letters] = [ledgerSink<number>(), ledgerSink<StepDeadLetter<number>>()];
    const crashes = crashesAfter(2);
    const job = pipeline("dealt");
    const from = (first: number) =>
      job.source(`numbers from ${first}`, pacedSource([numbers(first, first + 30)]), { parallelism: 1 });
    const dealt = from(0).union(from(30)).partition(choose, { deadLetters: dead });
    dealt.map(crashes.pass).sink("out", out.sink);
    dealt.filter((n) => n % 2 === 0).sink("even", ledgerSink<number>().sink, { parallelism: 2 });
    dealt.sideOutput(dead).sink("dead", letters.sink);
    const options = { checkpoint: { interval: "2ms" }, restart: { delay: "1ms" }, trace: crashes.trace } as const;
    const handle = run(job, { backend: memory(), env: frozenEnv().env, ...options, ...form });
    await handle.finished;
    assert.equal(crashes.thrown, 1, name);
    const bad = (n: number): boolean => hasNoKey(n) || isPoison(n);
    const inOrder = (rows: readonly number[]): readonly number[] => rows.toSorted((one, other) => one - other);
    assert.deepEqual(
      inOrder(out.rows),
      all.filter((n) => !bad(n)),
      name,
    );
    assert.deepEqual(inOrder(letters.rows.map(({ record }) => record ?? -1)), all.filter(bad), name);
    for (const { record, call, error } of letters.rows) {
      assert.equal(call, "the partitioner");
      if (hasNoKey(record ?? 0)) assert.equal(error.message, `${record} belongs nowhere`);
      else assert.match(error.message, /^it chose subtask \d: it must be a whole number from 0 to \d$/);
    }
  }
});

test("JobHandle.metrics: counts dead letters by step and function", async () => {
  for (const host of ["local", bytesHost] as const) {
    const unread = sideOutput<DeadLetter>("unread");
    const [atMap, atSum] = ["map", "sum"].map((name) => sideOutput<StepDeadLetter<number>>(name)) as [
      ReturnType<typeof sideOutput<StepDeadLetter<number>>>,
      ReturnType<typeof sideOutput<StepDeadLetter<number>>>,
    ];
    const job = pipeline("counted");
    const throwsOn = (last: number, n: number): number => {
      if (n % 10 === last) throw new Error("no");
      return n;
    };
    const source = job.source("numbers", pacedSource([numbers(0, 40)]), {
      deadLetters: unread,
      eventTime: (n) => throwsOn(1, n),
    });
    const mapped = source.map((n) => throwsOn(2, n), { deadLetters: atMap });
    const summed = mapped
      .keyBy((n) => throwsOn(3, n) % 2)
      .process(
        "sum",
        {
          emits: emits<number>(),
          onRecord: (n, context) => {
            if (n < 20) context.setEventTimer(n);
            context.emit(throwsOn(4, n));
          },
          onTimer: (time) => void throwsOn(5, time),
        },
        { deadLetters: atSum },
      );
    const letters = ledgerSink<unknown>();
    source.sideOutput(unread).sink("unread", letters.sink);
    mapped.sideOutput(atMap).sink("at map", letters.sink);
    summed.sideOutput(atSum).sink("at sum", letters.sink);
    summed.sink("out", ledgerSink<number>().sink);
    const handle = run(job, { backend: memory(), env: frozenEnv().env, host });
    await handle.finished;
    const { deadLetters } = handle.metrics();
    assert.deepEqual(
      deadLetters.map(({ operator, call, letters: count }) => [operator, call, count]).toSorted(byText),
      [
        ["map#1", "map", 4],
        ["numbers", "eventTime", 4],
        ["sum", "onRecord", 8],
        ["sum", "onTimer", 2],
      ],
    );
    assert.equal(letters.rows.length, 18);
  }
});

const byText = (one: unknown, other: unknown): number => (String(one) < String(other) ? -1 : 1);

function fails(restart: RunOptions["restart"], form: Form = {}) {
  const job = pipeline("poisoned");
  job
    .source("numbers", pacedSource([numbers(0, 60)]))
    .keyBy((n) => n % 2)
    .process("picky", {
      emits: emits<number>(),
      onRecord: (n, context) => {
        if (n === 31) throw new RangeError("cannot stand 31");
        context.emit(n);
      },
    })
    .sink("out", ledgerSink<number>().sink);
  const { env } = frozenEnv();
  return run(job, {
    backend: memory(),
    env,
    checkpoint: { interval: "2ms" },
    ...(restart === undefined ? {} : { restart }),
    ...form,
  });
}

test("run: a record that nobody sets aside ends the job under every strategy, with the step and the record", async () => {
  for (const form of Object.values(FORMS)) {
    const handle = fails(exponentialDelay({ initialDelay: "1ms" }), form);
    await assert.rejects(handle.finished, (error) => {
      assert.ok(isTidemarkError(error));
      assert.equal(error.code, "USER_CODE");
      const { operator, call, record } = error.details;
      assert.deepEqual({ operator, call, record }, { operator: "picky", call: "onRecord", record: "31" });
      return true;
    });
    assert.equal(handle.metrics().restarts, 9);
  }
});

test("deadLetters: refused where nobody reads them, and in the output of late records (OPTION_INVALID)", async () => {
  const tag = sideOutput<StepDeadLetter<number>>("dead");
  const unread = (): Pipeline => {
    const job = pipeline("unread");
    job
      .source("numbers", pacedSource([numbers(0, 2)]))
      .map((n) => n, { deadLetters: tag })
      .sink("out", ledgerSink().sink);
    return job;
  };
  assert.throws(() => explain(unread()), /OPTION_INVALID|nobody reads the dead letters "dead"/);
  assert.throws(
    () =>
      pipeline("both")
        .source("numbers", pacedSource([numbers(0, 2)]), { eventTime: (n) => n })
        .keyBy((n) => n)
        .window("w", tumbling("1ms"), { deadLetters: tag, lateOutput: sideOutput<number>("dead") })
        .reduce((one) => one),
    /late records and dead letters of "w" into one output "dead"/,
  );
});
