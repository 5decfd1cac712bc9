/** What a restart finds again: splits on their way, cuts of aborted checkpoints, event time. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, run, sideOutput, type Source, type SourceSplit, type TraceEvent } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

const HOSTS = ["local", bytesHost] as const;
const numbers = (count: number, first: number = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);
const inOrder = (rows: readonly number[]): readonly number[] => rows.toSorted((a, b) => a - b);

function expiredIn(events: readonly TraceEvent[]): number {
  return events.filter((event) => event.kind === "checkpoint-aborted" && event.reason === "expired").length;
}

for (const host of HOSTS) {
  test(`run: what was cut for a checkpoint that was aborted is committed with the next one, host ${String(host)} (COR-05)`, async () => {
    const { env } = frozenEnv();
    const events: TraceEvent[] = [];
    const slow = { gate: latch(), prepared: 0 };
    const [quick, late] = [ledgerSink<number>(), ledgerSink<number>()];
    const job = pipeline("aborted");
    const stream = job.source("numbers", pacedSource([numbers(60)]));
    stream.sink("quick", quick.sink);
    stream.sink("late", {
      ...late.sink,
      createWriter: (context) => {
        const writer = late.sink.createWriter(context);
        return {
          write: (values, timestamps) => writer.write(values, timestamps),
          full: false,
          drained: () => writer.drained(),
          close: () => writer.close(),
          prepareCommit: async (checkpointId) => {
            const cut = writer.prepareCommit(checkpointId);
            if (slow.prepared++ === 1) await slow.gate.opened;
            return cut;
          },
        };
      },
    });
    const handle = run(job, {
      backend: memory(),
      env,
      host,
      checkpoint: { interval: "4ms", timeout: "9ms", tolerableFailures: 100 },
      trace: (event) => events.push(event),
    });
    await until(env, () => expiredIn(events) >= 2, "two checkpoints expire");
    slow.gate.open();
    await handle.finished;
    assert.ok(handle.metrics().checkpoints.aborted >= 2);
    assert.deepEqual(quick.rows, numbers(60));
    assert.deepEqual(late.rows, numbers(60));
  });

  test(`run: more aborted checkpoints in a row than tolerated fail the job, host ${String(host)} (CHECKPOINT_TOLERANCE)`, async () => {
    const never = new Promise<never>(() => undefined);
    const { sink } = ledgerSink<number>();
    const job = pipeline("intolerable");
    job.source("numbers", pacedSource([numbers(60)])).sink("out", {
      ...sink,
      createWriter: (context) => {
        const writer = sink.createWriter(context);
        return {
          write: () => undefined,
          full: false,
          drained: () => writer.drained(),
          close: () => writer.close(),
          prepareCommit: () => never,
        };
      },
    });
    const handle = run(job, {
      backend: memory(),
      env: frozenEnv().env,
      host,
      checkpoint: { interval: "4ms", timeout: "9ms", tolerableFailures: 2 },
      restart: { attempts: 1, delay: "1ms" },
    });
    await assert.rejects(handle.finished, {
      code: "CHECKPOINT_TOLERANCE",
      message: /expired.*timeout.*tolerableFailures/,
    });
    assert.equal(handle.metrics().restarts, 1);
    assert.equal(handle.metrics().checkpoints.aborted, 6);
  });

  test(`run: a split given out between the cut of its enumerator and the barrier of its reader is read once, host ${String(host)} (TRG-01, SRC-04, COR-11)`, async () => {
    const { env } = frozenEnv();
    const drain = latch();
    const ledger = ledgerSink<number>({ fullAt: 5, drain: () => drain.opened });
    const events: TraceEvent[] = [];
    const splits = twoSplits();
    const job = pipeline("handed-out");
    job.source("numbers", splits.source).sink("out", ledger.sink);
    const backend = memory();
    const first = run(job, {
      backend,
      env,
      host,
      checkpoint: { interval: "none" },
      trace: (event) => events.push(event),
    });
    // The sink has no room: the reader's subtask waits, and so does the barrier that is put into it now.
    await until(env, () => ledger.written >= 5, "the sink is full");
    void first.checkpoint();
    assert.ok(events.some(({ kind }) => kind === "checkpoint-triggered"));
    splits.giveOut();
    for (let turn = 0; turn < 10; turn++) await env.turn();
    drain.open();
    await until(env, () => first.metrics().checkpoints.completed === 1, "the checkpoint");
    first.cancel();
    await assert.rejects(first.finished, { code: "ABORTED" });

    splits.giveOutAtOnce = true;
    await run(job, { backend, env: frozenEnv().env, host }).finished;
    assert.deepEqual(inOrder(ledger.rows), numbers(20));
  });

  test(`run: a split given out between two cuts, neither of which has reached its reader, is in the second, host ${String(host)} (SRC-04, COR-11)`, async () => {
    const { env } = frozenEnv();
    const drain = latch();
    const ledger = ledgerSink<number>({ fullAt: 5, drain: () => drain.opened });
    const splits = twoSplits();
    const job = pipeline("handed-out");
    job.source("numbers", splits.source).sink("out", ledger.sink);
    const backend = memory();
    const checkpoint = { interval: "none", maxConcurrent: 2 } as const;
    const first = run(job, { backend, env, host, checkpoint });
    await until(env, () => ledger.written >= 5, "the sink is full");
    const asked = [first.checkpoint()];
    splits.giveOut();
    asked.push(first.checkpoint());
    for (let turn = 0; turn < 10; turn++) await env.turn();
    assert.equal(first.metrics().checkpoints.completed, 0);
    drain.open();
    const [one, other] = await Promise.all(asked);
    assert.ok(one !== undefined && other !== undefined && one.checkpointId < other.checkpointId);
    first.cancel();
    await assert.rejects(first.finished, { code: "ABORTED" });

    splits.giveOutAtOnce = true;
    await run(job, { backend, env: frozenEnv().env, host }).finished;
    assert.deepEqual(inOrder(ledger.rows), numbers(20));
  });

  test(`run: event time is where it was after a restart, host ${String(host)} (WM-04)`, async () => {
    const times = [100, 50, 160, 120];
    const backend = memory();
    const announced: number[][] = [];
    for (let leg = 0; leg < times.length; leg++) {
      const job = pipeline("timed");
      const source = pacedSource([times], { perPoll: 1, bounded: false });
      job
        .source("times", source, { eventTime: (time) => time, outOfOrder: "60ms" })
        .sink("out", ledgerSink<number>().sink);
      const heard: number[] = [];
      await run(job, {
        backend,
        env: frozenEnv().env,
        host,
        until: { records: 1 },
        trace: (event) => {
          if (event.kind === "watermark") heard.push(event.time);
        },
      }).finished;
      announced.push(heard);
    }
    assert.deepEqual(announced, [[39], [39], [99], [99]]);
  });

  test(`run: what came late stays late after a restart, though another input has not spoken yet, host ${String(host)} (COR-08)`, async () => {
    for (const parallelism of [1, 3]) {
      const backend = memory();
      const late = sideOutput<number>("late");
      const [rows, lateRows]: [LedgerSink<string>, LedgerSink<number>] = [ledgerSink(), ledgerSink()];
      const build = (hold: Promise<void> | undefined) => {
        const job = pipeline("united");
        const options = { eventTime: (time: number) => time, parallelism: 1 };
        const one = job.source("one", pacedSource([[10, 500, 20, 510]], { perPoll: 1 }), options);
        const other = job.source(
          "other",
          pacedSource([[30, 505, 600]], { perPoll: 1, hold: (_split, at) => (at < 2 ? undefined : hold) }),
          options,
        );
        const windows = one
          .union(other)
          .keyBy((time) => time % 7)
          .window("windows", tumbling("100ms"), { lateOutput: late })
          .aggregate({ create: () => 0, add: (count) => count + 1, result: (count) => count });
        windows.map(({ key, window, value }) => `${key} ${window.start}: ${value}`).sink("rows", rows.sink);
        windows.sideOutput(late).sink("late", lateRows.sink);
        return job;
      };
      await run(build(undefined), { backend, env: frozenEnv().env, host, until: { records: 4 } }).finished;
      // Both inputs have passed 500: the windows before it are fired, and 20 comes too late for its own.
      const { env } = frozenEnv();
      const gate = latch();
      const second = run(build(gate.hold), { backend, env, host, parallelism, checkpoint: { interval: "2ms" } });
      await until(env, () => second.metrics().recordsIn >= 2, "the late record is read");
      for (let turn = 0; turn < 10; turn++) await env.turn();
      gate.open();
      second.stop();
      await second.finished;
      await run(build(undefined), { backend, env: frozenEnv().env, host }).finished;
      assert.deepEqual(lateRows.rows, [20], `at parallelism ${parallelism}`);
      assert.deepEqual(rows.rows.toSorted(), ["1 500: 1", "2 0: 1", "3 0: 1", "3 500: 1", "5 600: 1", "6 500: 1"]);
    }
  });

  test(`run: a step that multiplies records stops when there is no room, host ${String(host)} (RUN-02)`, async () => {
    const { env } = frozenEnv();
    const drain = latch();
    const ledger = ledgerSink<number>({ fullAt: 10, drain: () => drain.opened });
    let made = 0;
    const job = pipeline("bounded");
    job
      .source("one", pacedSource([[50_000]]))
      .flatMap(function* (size) {
        while (made < size) yield made++;
      })
      .sink("out", ledger.sink);
    const handle = run(job, { backend: memory(), env, host, fuse: false, channelRecords: 10 });
    await until(env, () => ledger.written > 0, "the first records");
    for (let turn = 0; turn < 200; turn++) await env.turn();
    assert.ok(made <= 4 * 1024, `${made} records were made and ${ledger.written} taken`);
    drain.open();
    await handle.finished;
    assert.deepEqual(ledger.rows, numbers(50_000));
  });
}

type Split = SourceSplit & { readonly next: number; readonly end: number };

/** A source of one reader, whose second split is given out when the test says so. */
function twoSplits() {
  const control = { giveOutAtOnce: false, giveOut: (): void => undefined };
  const source: Source<number, Split, readonly Split[], true> = {
    name: "two splits",
    replayable: true,
    bounded: true,
    createEnumerator: (context, restored) => {
      const left: Split[] = [
        ...(restored ?? [
          { id: "first", next: 0, end: 10 },
          { id: "second", next: 10, end: 20 },
        ]),
      ];
      const give = (): void => {
        const split = left.shift();
        if (split !== undefined) context.assign(0, split);
        else context.noMoreSplits(0);
      };
      control.giveOut = give;
      return {
        start: async () => {
          if (restored === undefined) give();
        },
        handleSplitRequest: () => {
          if (control.giveOutAtOnce) give();
        },
        snapshot: () => [...left],
        close: async () => undefined,
      };
    },
    createReader: () => {
      let open: Split[] = [];
      return {
        addSplits: (splits) => {
          open.push(...splits);
        },
        poll: (limit) => {
          const [split, ...others] = open;
          if (split === undefined) return "finished";
          const end = Math.min(split.end, split.next + Math.min(limit, 5));
          open = end < split.end ? [{ ...split, next: end }, ...others] : others;
          return { splitId: split.id, values: [...numbers(end - split.next, split.next)] };
        },
        available: () => new Promise(() => undefined),
        snapshot: () => [...open],
        close: async () => undefined,
      };
    },
  };
  return Object.assign(control, { source });
}
