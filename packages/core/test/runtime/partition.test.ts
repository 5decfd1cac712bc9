/** How a stream is dealt out over the subtasks of the next step, and one stream written to several sinks. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, type RunOptions, type Stream, type TraceEvent, unaligned } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { crashesAfter } from "./crash.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const NUMBERS = Array.from({ length: 40 }, (_, index) => index);

/** Which subtask of the step behind the shuffle got which numbers, in order. */
async function dealt(
  shuffle: (numbers: Stream<number>) => Stream<number>,
  options: Partial<RunOptions> = {},
): Promise<ReadonlyMap<number, readonly number[]>> {
  const job = pipeline("dealt");
  const got = new Map<number, number[]>();
  const trace = (event: TraceEvent): void => {
    if (event.kind !== "batch" || event.at.stage !== "out") return;
    got.set(event.at.subtask, [...(got.get(event.at.subtask) ?? []), ...(event.values as number[])]);
  };
  shuffle(job.source("numbers", pacedSource([NUMBERS]), { parallelism: 1 })).sink("out", ledgerSink<number>().sink, {
    parallelism: 3,
  });
  await run(job, { backend: memory(), trace, restart: "none", ...options }).finished;
  return got;
}

test("partition: sends each record to the subtask that the function chooses, in order (TR-01)", async () => {
  for (const host of ["local", bytesHost] as const) {
    const got = await dealt((numbers) => numbers.partition((n, subtasks) => (n < 10 ? 0 : n % subtasks)), { host });
    for (const subtask of [0, 1, 2]) {
      assert.deepEqual(
        got.get(subtask),
        NUMBERS.filter((n) => (n < 10 ? 0 : n % 3) === subtask),
        `subtask ${subtask}, host ${String(host)}`,
      );
    }
  }
});

test("rebalance: deals records out in turn (TR-01)", async () => {
  const got = await dealt((numbers) => numbers.rebalance());
  for (const subtask of [0, 1, 2]) {
    assert.deepEqual(
      got.get(subtask),
      NUMBERS.filter((_, index) => index % 3 === subtask),
    );
  }
});

test("broadcast: gives every record to every subtask (TR-01)", async () => {
  const got = await dealt((numbers) => numbers.broadcast());
  for (const subtask of [0, 1, 2]) assert.deepEqual(got.get(subtask), NUMBERS);
});

test("partition: refuses what is no subtask, and names the step (USER_CODE)", async () => {
  for (const chosen of [-1, 3, 0.5, Number.NaN, undefined as never, "1" as never]) {
    await assert.rejects(
      dealt((numbers) => numbers.partition(() => chosen)),
      { code: "USER_CODE", message: /partitioner of "out" chose subtask .*from 0 to 2/ },
    );
  }
  const fails = (): never => {
    throw new RangeError("no idea");
  };
  await assert.rejects(
    dealt((numbers) => numbers.partition(fails)),
    { code: "USER_CODE", message: /the partitioner of "out" threw: no idea/ },
  );
});

test("partition: keeps barriers in line, so a checkpoint that may overtake and a rescale lose nothing (BAR-10, COR-18)", async () => {
  for (const [before, after] of [
    [2, 3],
    [3, 1],
  ] as const) {
    const ledger = ledgerSink<number>({ fullAt: 2 });
    const build = () => {
      const job = pipeline("moved");
      job
        .source("numbers", pacedSource([NUMBERS, NUMBERS.map((n) => n + 100)]))
        .partition((n, subtasks) => n % subtasks)
        .map((n) => n + 1)
        .sink("out", ledger.sink);
      return job;
    };
    const options = {
      backend: memory(),
      checkpoint: { interval: "1ms", mode: unaligned },
      channelRecords: 4,
    } as const;
    await run(build(), { ...options, parallelism: before, until: { records: 30 } }).finished;
    await run(build(), { ...options, parallelism: after }).finished;
    const expected = [...NUMBERS, ...NUMBERS.map((n) => n + 100)].map((n) => n + 1);
    assert.deepEqual(
      ledger.rows.toSorted((a, b) => a - b),
      expected.toSorted((a, b) => a - b),
    );
  }
});

test("sink: one stream goes to several sinks, and a checkpoint commits to all of them or to none", async () => {
  for (const host of ["local", bytesHost] as const) {
    const crashes = crashesAfter(0, 1);
    const [fast, slow, odd] = [ledgerSink<number>(), ledgerSink<number>({ fullAt: 2 }), ledgerSink<number>()];
    const job = pipeline("fan-out");
    const numbers = job.source("numbers", pacedSource([NUMBERS], { perPoll: 1 })).map((n) => crashes.pass(n));
    numbers.sink("fast", fast.sink);
    numbers.sink("slow", slow.sink, { parallelism: 2 });
    numbers.filter((n) => n % 2 === 1).sink("odd", odd.sink);
    await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      host,
      parallelism: 1,
      checkpoint: { interval: "1ms" },
      restart: { attempts: 5, delay: "2ms" },
      trace: crashes.trace,
    }).finished;
    assert.equal(crashes.thrown, 2);
    assert.deepEqual(fast.rows, NUMBERS);
    assert.deepEqual(
      slow.rows.toSorted((a, b) => a - b),
      NUMBERS,
    );
    assert.deepEqual(
      odd.rows,
      NUMBERS.filter((n) => n % 2 === 1),
    );
    // The same checkpoints, in the same order: those of both that had rows in them.
    const committed = (ledger: typeof fast): readonly number[] =>
      ledger.calls.flatMap((call) => (call.kind === "commit" ? call.checkpointIds : []));
    const both = new Set(committed(fast));
    assert.ok(both.size > 1, "it takes more than one checkpoint");
    assert.deepEqual(
      committed(odd).filter((id) => !both.has(id)),
      [],
    );
  }
});
