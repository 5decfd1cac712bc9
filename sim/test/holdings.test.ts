// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import type { TraceEvent } from "@tidemark/core";

import { Holdings } from "../src/holdings.ts";

const at = { stage: "map", subtask: 0 };
const begins: TraceEvent = { kind: "checkpoint-triggered", checkpointId: 9, request: "periodic" };
const taken: TraceEvent = { kind: "batch", at, channel: undefined, values: [1] };

/** One process of a job with one retained checkpoint, and what is found of it. */
class Watched {
  puts = 0;
  readonly breaches: string[] = [];
  readonly holdings: Holdings = new Holdings({
    retained: 1,
    maxConcurrent: 1,
    putsUnderWay: () => this.puts,
    breach: (text) => this.breaches.push(text),
  });

  /** One stage with state, of one subtask, is built. */
  built(memory: unknown, capture?: unknown): void {
    const stage = { nodes: [{ node: { work: { kind: "operator", stateful: true } } }] };
    const input = { captureOf: () => capture };
    this.holdings.point("region.built", { instances: [{ at, stage, input }], memory });
  }
}

test("Holdings finds state that stays above its limit, and not what is needed for a while or waited for", () => {
  const table = { bytes: 100_000, isPinned: true };
  const watched = new Watched();
  watched.built({ limitBytes: 1_024, users: new Set([table]) });
  const take = (batches: number): void => {
    for (let batch = 0; batch < batches; batch++) watched.holdings.on(taken);
  };
  take(20);
  table.isPinned = false;
  take(8);
  table.bytes = 3_000;
  take(1);
  table.bytes = 100_000;
  take(8);
  assert.deepEqual(watched.breaches, []);
  take(1);
  assert.deepEqual(watched.breaches, ["state takes 100000 bytes in memory, of 1024"]);
});

test("Holdings finds what barriers have overtaken and nobody needs any more", () => {
  const capture = { isDropped: true };
  const watched = new Watched();
  watched.built(undefined, capture);
  const ends: TraceEvent = { kind: "checkpoint-aborted", checkpointId: 7, reason: "expired" };
  watched.holdings.on(begins);
  watched.holdings.on(ends);
  watched.holdings.on(begins);
  capture.isDropped = false;
  watched.holdings.on(begins);
  assert.deepEqual(watched.breaches, []);
  watched.holdings.on(ends);
  watched.holdings.on(begins);
  assert.deepEqual(watched.breaches, ["map/0 keeps what barriers of 7 overtook, which is over"]);
});

test("Holdings finds that the needs of more checkpoints are kept than anybody can have", () => {
  const watched = new Watched();
  for (const handles of [1, 5, 6]) watched.holdings.point("release.done", { checkpointId: 1, handles });
  assert.deepEqual(watched.breaches, ["the needs of 6 checkpoints are kept, of 5"]);
});

test("Holdings finds writers that do not wait for the objects before their own", () => {
  const watched = new Watched();
  watched.built(undefined);
  watched.puts = 6;
  watched.holdings.on(taken);
  assert.deepEqual(watched.breaches, []);
  watched.puts = 7;
  watched.holdings.on(taken);
  assert.deepEqual(watched.breaches, ["7 objects are being written, of 6"]);
});
