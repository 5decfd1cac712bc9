import assert from "node:assert/strict";
import { test } from "node:test";

import { emits, pipeline, run, type TraceEvent, valueState } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { statePaging } from "@tidemark/core/state";

import { endsWithin } from "./ends-within.ts";
import { failingStore } from "./failing-store.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

for (const host of ["local", bytesHost] as const) {
  // What was declined stayed in memory until the next checkpoint, and records that waited for room kept its barriers back.
  test(`run: what a declined checkpoint leaves in little memory is written though no other one follows, host ${String(host)}`, async () => {
    const { env } = frozenEnv();
    const numbers = Array.from({ length: 400 }, (_, number) => number);
    const { sink, rows } = ledgerSink<number>();
    const declined: number[] = [];
    let refusals = 4;
    const job = pipeline("declined");
    job
      .source("numbers", pacedSource([numbers], { perPoll: 40 }))
      .keyBy((number) => number)
      .process("keep", {
        state: { kept: valueState("") },
        emits: emits<number>(),
        onRecord: (number: number, { state, emit }) => {
          state.kept.update(`${number} `.repeat(20));
          emit(number);
        },
      })
      .sink("out", sink);
    const handle = run(job, {
      backend: failingStore(memory(), (act) => act === "write" && refusals-- > 0),
      env,
      host,
      checkpoint: { interval: "1ms", tolerableFailures: 10 },
      state: { limitBytes: 4_096, evict: () => false, paging: statePaging },
      trace: (event: TraceEvent) => {
        if (event.kind === "checkpoint-aborted") declined.push(event.checkpointId);
      },
    });
    assert.equal((await endsWithin(600_000, env, handle)).outcome, "finished");
    assert.ok(declined.length > 0);
    assert.equal(rows.length, numbers.length);
  });
}
