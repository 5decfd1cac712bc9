/** Who is told that a checkpoint is complete, when, and what becomes of a failure to take it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type AnySource, pipeline, run, type Source, type TraceEvent } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource, type PacedSplit } from "./paced-source.ts";

const HOSTS = ["local", bytesHost] as const;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Told by a reader that a checkpoint is complete. */
type Told = (subtask: number, checkpointId: number) => void;

/** A source whose readers pass on what they are told. */
function listening(told: Told): Source<number, PacedSplit, unknown, true> {
  const source: AnySource<number, true> = pacedSource([numbers(40), numbers(40), numbers(40)], { perPoll: 1 });
  return {
    ...source,
    createReader: (context) => {
      const reader = source.createReader(context);
      return {
        addSplits: (splits) => reader.addSplits(splits),
        poll: (limit) => reader.poll(limit),
        available: () => reader.available(),
        snapshot: () => reader.snapshot(),
        checkpointCompleted: (checkpointId) => told(context.subtask, checkpointId),
        close: () => reader.close(),
      };
    },
  };
}

for (const host of HOSTS) {
  test(`run: everybody is told of a checkpoint once its commits are settled, and nobody of another, host ${String(host)} (NOT-02, NOT-04)`, async () => {
    const ledger = ledgerSink<number>();
    const events: TraceEvent[] = [];
    const told = new Map<number, number[]>();
    const job = pipeline("told");
    const source = listening((subtask, checkpointId) => {
      told.set(checkpointId, [...(told.get(checkpointId) ?? []), subtask]);
    });
    job.source("numbers", source).sink("out", ledger.sink);
    await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      host,
      parallelism: 3,
      checkpoint: { interval: "3ms" },
      trace: (event) => {
        events.push(event);
        if (event.kind !== "committed") return;
        assert.ok(!told.has(event.checkpointId), `checkpoint ${event.checkpointId} was told of before its commits`);
      },
    }).finished;
    assert.ok(events.filter(({ kind }) => kind === "committed").length > 3);
    const completed = events.flatMap((event) => (event.kind === "checkpoint-completed" ? [event.checkpointId] : []));
    assert.ok(completed.length > 3);
    assert.deepEqual(
      [...told],
      completed.map((checkpointId) => [checkpointId, [0, 1, 2]]),
    );
  });

  test(`run: who throws when told fails the attempt; the others are told, and the checkpoint stays complete, host ${String(host)} (NOT-06)`, async () => {
    const ledger = ledgerSink<number>();
    const told: number[] = [];
    const attempts: (number | undefined)[] = [];
    let thrownAt: number | undefined;
    const job = pipeline("throwing");
    const source = listening((subtask, checkpointId) => {
      if (thrownAt === undefined && subtask === 0 && checkpointId > 2) {
        thrownAt = checkpointId;
        throw new Error("the reader has no room for this");
      }
      if (checkpointId === thrownAt) told.push(subtask);
    });
    job.source("numbers", source).sink("out", ledger.sink);
    const { metrics } = await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      host,
      parallelism: 3,
      checkpoint: { interval: "3ms" },
      restart: { delay: "1ms" },
      trace: (event) => {
        if (event.kind === "attempt-started") attempts.push(event.restoredFrom);
      },
    }).finished;
    assert.deepEqual(told, [1, 2], "the others are told all the same");
    assert.equal(metrics.restarts, 1);
    assert.deepEqual(attempts, [undefined, thrownAt], "it goes on from the checkpoint that it failed to take note of");
    const expected = [...numbers(40), ...numbers(40), ...numbers(40)].toSorted((a, b) => a - b);
    assert.deepEqual(
      ledger.rows.toSorted((a, b) => a - b),
      expected,
    );
  });
}
