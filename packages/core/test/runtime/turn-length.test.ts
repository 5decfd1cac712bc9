/** A turn of the event loop is short where records take long: how many are handled in it adapts to the clock, if there is one. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Env, pipeline, run, valueState } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { WIDTH } from "../width.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const HOSTS = WIDTH < 1 ? (["local"] as const) : (["local", bytesHost] as const);
const RECORDS = 8_192;

/** How long one record takes. */
const RECORD_MS = 0.1;

/** Counts what user code did between two turns, and passes time while it runs. */
function timed(recordMs: number) {
  const { env } = frozenEnv({ turnMs: 1 });
  const turns: number[] = [];
  let calls = 0;
  let elapsedMs = 0;
  const watched: Env = {
    ...env,
    monotonic: () => env.monotonic() + elapsedMs,
    turn: async () => {
      turns.push(calls);
      calls = 0;
      await env.turn();
    },
  };
  const work = (): void => {
    calls++;
    elapsedMs += recordMs;
  };
  return { env: watched, turns, work };
}

const CASES = [
  { recordMs: RECORD_MS, parallelism: 1 },
  { recordMs: RECORD_MS, parallelism: 3 },
  { recordMs: 0, parallelism: 1 },
];

for (const host of HOSTS) {
  for (const { recordMs, parallelism } of CASES) {
    const what = `records of ${recordMs} ms make turns as long as they should be`;
    test(`run: ${what}, parallelism ${parallelism}, host ${String(host)}`, async () => {
      const { env, turns, work } = timed(recordMs);
      const job = pipeline("timed");
      job
        .source("numbers", pacedSource([Array.from({ length: RECORDS }, (_, index) => index)], { perPoll: 1_024 }))
        .keyBy((n) => n % 10)
        .process("work", {
          state: { count: valueState(0) },
          onRecord(_, { state }) {
            work();
            state.count.update(state.count.get() + 1);
          },
        })
        .sink("none", ledgerSink<never>().sink);
      await run(job, { backend: memory(), env, host, parallelism, checkpoint: { interval: "none" } }).finished;
      const busy = turns.filter((calls) => calls > 0);
      if (recordMs === 0) {
        // A clock that stands still makes no turn shorter.
        assert.ok(Math.max(...busy) >= 1_024, `at most ${Math.max(...busy)} records in a turn`);
        return;
      }
      const later = busy.slice(busy.length >> 1);
      assert.ok(later.length >= 10, `${busy.length} turns with work`);
      // 2 ms are 20 records, for all subtasks together, and the last share may be one of 16.
      assert.ok(Math.max(...later) <= 36, `${Math.max(...later)} records in a turn`);
    });
  }
}
