/** Savepoints of a job whose barriers overtake: they alone stay in line. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type Pipeline, pipeline, run, type TraceEvent, unaligned } from "@tidemark/core";
import { fork, memorySavepoint, openSavepoint, type SavepointSummary } from "@tidemark/core/savepoints";
import { frozenEnv } from "@tidemark/core/testing";

import { type LedgerSink, ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { pacedSource } from "../runtime/paced-source.ts";

const NUMBERS = Array.from({ length: 150 }, (_, index) => index);
const ALL = [...NUMBERS, ...NUMBERS].toSorted((a, b) => a - b);

/** Two shuffles before a slow sink. @param extra whether there is one more step between them. */
function shuffling(sink: LedgerSink<number>["sink"], extra = false): Pipeline {
  const job = pipeline("shuffling");
  const source = job.source("numbers", pacedSource([NUMBERS, NUMBERS]));
  const kept = extra ? source.filter((n) => n >= 0) : source;
  kept
    .keyBy((n) => n % 7)
    .process<number>("through", { onRecord: (n, context) => context.emit(n) })
    .rebalance()
    .sink("out", sink);
  return job;
}

describe("handle.savepoint of a job whose barriers overtake", () => {
  for (const alignedTimeout of [undefined, "1ms"] as const) {
    it(`is of a checkpoint whose barriers wait their turn, however full channels are, ${alignedTimeout ?? "at once"} (BAR-13, COR-21)`, async () => {
      const location = memorySavepoint();
      const { sink, rows } = ledgerSink<number>({ fullAt: 4 });
      const events: TraceEvent[] = [];
      const rowsAt = new Map<number, readonly number[]>();
      let savepoint: Promise<SavepointSummary> | undefined;
      const handle = run(shuffling(sink), {
        backend: memory(),
        env: frozenEnv().env,
        parallelism: 2,
        channelRecords: 12,
        checkpoint: { interval: "4ms", mode: unaligned, ...(alignedTimeout === undefined ? {} : { alignedTimeout }) },
        trace: (event) => {
          events.push(event);
          if (event.kind === "head-written") rowsAt.set(event.checkpointId, [...rows]);
          if (event.kind === "checkpoint-completed") savepoint ??= handle.savepoint(location);
        },
      });
      assert.equal((await handle.finished).outcome, "finished");
      assert.deepEqual(
        rows.toSorted((a, b) => a - b),
        ALL,
      );
      const { checkpointId } = (await savepoint) as SavepointSummary;
      const inFlightOf = (isOf: (id: number) => boolean): number =>
        events.reduce(
          (sum, event) =>
            sum + (event.kind === "snapshot-written" && isOf(event.checkpointId) ? event.inFlightBytes : 0),
          0,
        );
      const request = events.find(
        (event) => event.kind === "checkpoint-triggered" && event.checkpointId === checkpointId,
      );
      assert.ok(request?.kind === "checkpoint-triggered" && request.request === "savepoint");
      assert.ok(
        events.every((event) => event.kind !== "barrier-overtook" || event.checkpointId !== checkpointId),
        "a barrier of the savepoint overtook records",
      );
      assert.equal(
        inFlightOf((id) => id === checkpointId),
        0,
      );
      assert.ok(inFlightOf((id) => id !== checkpointId) > 0, "no other barrier overtook anything");

      // Nothing in it lies between two steps: another pipeline goes on from it, and has what it needs.
      assert.equal((await openSavepoint(location)).checkpointId, checkpointId);
      const other = ledgerSink<number>();
      const from = fork(location, { committables: "commit" });
      await run(shuffling(other.sink, true), { backend: memory(), env: frozenEnv().env, parallelism: 2, from })
        .finished;
      const both = [...(rowsAt.get(checkpointId) ?? []), ...other.rows];
      assert.deepEqual(
        both.toSorted((a, b) => a - b),
        ALL,
      );
    });
  }
});
