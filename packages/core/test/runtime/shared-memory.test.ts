import assert from "node:assert/strict";
import { test } from "node:test";

import { emits, pipeline, run, valueState } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { statePaging } from "@tidemark/core/state";

import { endsWithin } from "./ends-within.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

for (const host of ["local", bytesHost] as const) {
  test(`run: subtasks that share little memory write for one another while one waits for room, host ${String(host)}`, async () => {
    // The first step waits for the second one's channel to have room, the second one for the first one's state to be written:
    // through bytes the first was asked to write it when it was called next, and nobody called it.
    const { env } = frozenEnv();
    const numbers = Array.from({ length: 80 }, (_, number) => number);
    const { sink, rows } = ledgerSink<number>();
    const job = pipeline("shared");
    const state = { kept: valueState("") };
    const keep = (number: number): string => `${number} `.repeat(20);
    job
      .source("numbers", pacedSource([numbers], { perPoll: 4 }))
      .keyBy((number) => number)
      .process("first", {
        state,
        emits: emits<number>(),
        onRecord: (number: number, context) => {
          context.state.kept.update(keep(number));
          for (let copy = 0; copy < 4; copy++) context.emit(4 * number + copy);
        },
      })
      .keyBy(Number)
      .process("second", {
        state,
        emits: emits<number>(),
        onRecord: (number: number, context) => {
          context.state.kept.update(keep(number));
          context.emit(number);
        },
      })
      .sink("out", sink);
    const handle = run(job, {
      backend: memory(),
      env,
      host,
      parallelism: 2,
      channelRecords: 2,
      checkpoint: { interval: "1h" },
      state: { limitBytes: 8_192, evict: () => false, paging: statePaging },
    });
    assert.equal((await endsWithin(600_000, env, handle)).outcome, "finished");
    assert.equal(rows.length, 4 * numbers.length);
  });
}
