/** What a rescale between the firing of a window and a late record must not change: who is late. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { pipeline, type Pipeline, run, sideOutput } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

interface Visit {
  readonly key: number;
  readonly time: number;
}

/** So many that at any parallelism here every subtask has several. */
const KEYS = 12;
const at = (time: number): readonly Visit[] => Array.from({ length: KEYS }, (_, key) => ({ key, time: time + key }));
/** The records at 20 come when windows up to 500 are fired; those at 540 come in time for a window that is open. */
const ONE = [...at(10), ...at(500), ...at(20), ...at(540)];
const OTHER = [...at(30), ...at(505), ...at(600)];
/** The first run reads so many of each: up to the firing of the windows before 500. */
const BEFORE = 2 * KEYS;

interface Outputs {
  readonly rows: LedgerSink<string>;
  readonly late: LedgerSink<string>;
}

function build({ rows, late }: Outputs, hold: (position: number) => Promise<void> | undefined): Pipeline {
  const job = pipeline("united");
  const lateVisits = sideOutput<Visit>("late");
  const options = { eventTime: ({ time }: Visit) => time, parallelism: 1, outOfOrder: "15ms" } as const;
  const held = { perPoll: 1, hold: (_split: number, position: number) => hold(position) };
  const one = job.source("one", pacedSource([ONE], { perPoll: 1 }), options);
  const other = job.source("other", pacedSource([OTHER], held), options);
  const windows = one
    .union(other)
    .keyBy(({ key }) => key)
    .window("windows", tumbling("100ms"), { lateOutput: lateVisits })
    .aggregate({ create: () => 0, add: (count) => count + 1, result: (count) => count });
  windows.map(({ key, window, value }) => `${key}@${window.start}: ${value}`).sink("rows", rows.sink);
  windows
    .sideOutput(lateVisits)
    .map(({ key, time }) => `${key}@${time}`)
    .sink("late", late.sink);
  return job;
}

const expectedLate = at(20).map(({ key, time }) => `${key}@${time}`);
/** A window for each hundred: 10 and 30 are two, 500, 505 and 540 are three, 600 is one. */
const expectedRows = at(0).flatMap(({ key }) => [`${key}@0: 2`, `${key}@500: 3`, `${key}@600: 1`]);

for (const host of ["local", bytesHost] as const) {
  for (const [before, after] of [
    [3, 2],
    [2, 3],
    [1, 3],
  ] as const) {
    test(`run: who was late before a rescale is late after it, and nobody else, ${before} to ${after}, host ${String(host)} (COR-08, RSC-07)`, async () => {
      const backend = memory();
      const outputs: Outputs = { rows: ledgerSink(), late: ledgerSink() };
      const free = (): undefined => undefined;
      const { env: first } = frozenEnv();
      const gate = latch();
      const begun = run(
        build(outputs, (position) => (position < BEFORE ? undefined : gate.hold)),
        { backend, env: first, host, parallelism: before, until: { records: 2 * BEFORE } },
      );
      await begun.finished;
      assert.equal(begun.metrics().recordsIn, 2 * BEFORE);
      // One input alone goes on from here: the gates of the new subtasks have heard nothing from the other one.
      const { env } = frozenEnv();
      const second = run(
        build(outputs, () => gate.hold),
        { backend, env, host, parallelism: after, checkpoint: { interval: "2ms" } },
      );
      await until(env, () => second.metrics().recordsIn >= 2 * KEYS, "the late records are read, and those in time");
      for (let turn = 0; turn < 10; turn++) await env.turn();
      second.stop();
      await second.finished;
      gate.open();
      await run(build(outputs, free), { backend, env: frozenEnv().env, host, parallelism: before }).finished;
      assert.deepEqual(outputs.late.rows.toSorted(), expectedLate.toSorted());
      assert.deepEqual(outputs.rows.rows.toSorted(), expectedRows.toSorted());
    });
  }
}
