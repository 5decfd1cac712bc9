/** Each query runs three ways, and each time gives the oracle's answer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { memory } from "@tidemark/backend-memory";
import { generatorSource } from "@tidemark/connectors/generator";
import { toArray } from "@tidemark/connectors/iterable";
import { run, standardEnv } from "@tidemark/core";

import { materialise, type NexmarkEvent, nexmark } from "../../../src/nexmark/generator/mod.ts";
import { checkAnswer, collect, type QueryName, type Row } from "../../../src/nexmark/oracle/mod.ts";
import { tableOf } from "../../../src/nexmark/measure/check.ts";
import { QUERIES } from "../../../src/nexmark/queries/mod.ts";
import { nexmarkJob, type Output } from "../../../src/nexmark/run/job.ts";

const EVENTS = 6_000;
// Fifteen seconds in windows of two and ten, with events that are out of order.
const events = materialise(nexmark({ events: EVENTS, rate: 400, outOfOrderGroupSize: 10 }));
const log = collect(events);

const DETERMINISTIC = (Object.keys(QUERIES) as QueryName[]).filter((name) => name !== "q12");

for (const name of DETERMINISTIC) {
  test(`${name}: straight through`, async () => {
    assertRight(name, await runLives(name, [{ parallelism: 1, checkpointEvery: Infinity }]));
  });

  test(`${name}: with checkpoints at parallelism 2`, async () => {
    assertRight(name, await runLives(name, [{ parallelism: 2, checkpointEvery: 1_000 }]));
  });

  test(`${name}: killed after a checkpoint, and restored at parallelism 3`, async () => {
    const lives = [
      { parallelism: 2, checkpointEvery: 500, killAfterRecords: 2_500 },
      { parallelism: 3, checkpointEvery: 1_000 },
    ];
    assertRight(name, await runLives(name, lives));
  });
}

test("q12: counts by the clock, and what is open at the end", async () => {
  const rows = (await runLives("q12", [{ parallelism: 2, checkpointEvery: 1_000 }])) as readonly Row[];
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row[1]), 0),
    log.bids.length,
  );
  for (const [, , start, end] of rows) assert.equal(Number(end) - Number(start), 10_000);
});

/** One run of a query. */
interface Life {
  readonly parallelism: number;
  /** A checkpoint is asked for each time so many events have been read. */
  readonly checkpointEvery: number;
  /**
   * The run is ended, as a crash would, after so many events, in the worst moment there is: the head lists a checkpoint,
   * and nothing of it is committed.
   */
  readonly killAfterRecords?: number;
}

/** Runs a query, life after life, on the same state, and gives what it has committed in the end. */
async function runLives(name: QueryName, lives: readonly Life[]): Promise<readonly Output[]> {
  const backend = memory();
  const rows = toArray<Output>();
  for (const { parallelism, checkpointEvery, killAfterRecords = Infinity } of lives) {
    let read = 0;
    const create = (index: number): NexmarkEvent => {
      if (++read % checkpointEvery === 0) void handle.checkpoint();
      return events.at(index);
    };
    const source = generatorSource({ create, count: EVENTS, splits: 4 });
    const handle = run(nexmarkJob(name, { events: source, outOfOrder: "10s", rows: rows.sink }), {
      parallelism,
      keyGroups: 128,
      channelRecords: 64,
      checkpoint: { interval: "1h" },
      restart: "none",
      env: standardEnv({ log: () => undefined }),
      backend,
      until: killAfterRecords === Infinity ? "end" : { records: killAfterRecords },
      trace: (event) => {
        if (event.kind === "head-written" && read >= killAfterRecords) handle.cancel();
      },
    });
    if (killAfterRecords === Infinity) await handle.finished;
    else await assert.rejects(handle.finished, { name: "AbortError" });
  }
  return rows.values;
}

function assertRight(name: QueryName, outputs: readonly Output[]): void {
  const difference = checkAnswer(name, tableOf(name, outputs), log);
  assert.deepEqual(difference, { missing: [], unexpected: [] });
}
