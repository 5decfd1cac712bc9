/** A value that cannot be stored, found out about by user code that catches what it is told. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type JobHandle, pipeline, run, valueState } from "@tidemark/core";
import { listCheckpoints } from "@tidemark/core/savepoints";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

/** So many that a checkpoint of them is not encoded in one turn. */
const OTHERS = 20_000;

for (const host of ["local", bytesHost] as const) {
  test(`run: no checkpoint goes without a value that could not be stored, though the user's code has caught that, host ${String(host)} (VALUE_UNSUPPORTED)`, async () => {
    const { env, points } = frozenEnv({ development: false });
    const backend = memory();
    const records = [...Array.from({ length: OTHERS }, (_, other) => `other ${other}`), "broken", "broken", "broken"];
    let caught = 0;
    const job = pipeline("caught");
    // Before the second record of the broken key: its value is frozen, and has not been encoded.
    const hold = (_split: number, position: number): Promise<void> | undefined =>
      position === OTHERS + 1 && !points.includes("snapshot.frozen") ? frozen() : undefined;
    job
      .source("records", pacedSource([records], { perPoll: 1_000, hold }))
      .keyBy((record) => record)
      .process("keep", {
        state: { kept: valueState<unknown>(undefined) },
        onRecord(record, { state: { kept } }) {
          try {
            kept.update(record === "broken" && kept.get() === undefined ? () => record : record);
          } catch {
            caught++;
            kept.update(record);
          }
        },
      })
      .sink("out", ledgerSink<unknown>().sink);
    const handle: JobHandle = run(job, { backend, env, host, restart: "none", checkpoint: { interval: "none" } });
    let checkpoint: Promise<unknown> | undefined;
    async function frozen(): Promise<void> {
      checkpoint = handle.checkpoint().catch((error: unknown) => error);
      while (!points.includes("snapshot.frozen")) await env.turn();
    }
    await assert.rejects(handle.finished, {
      code: "VALUE_UNSUPPORTED",
      message: /"kept" of operator "keep", key "broken"/,
    });
    assert.equal(caught, 1);
    assert.equal(((await checkpoint) as { readonly code: string }).code, "CHECKPOINT_ABORTED");
    assert.deepEqual(await listCheckpoints(backend, { job: "caught", env }), []);
  });
}
