import assert from "node:assert/strict";
import { test } from "node:test";

import { StateError } from "../../src/errors.ts";
import { SnapshotWriter } from "../../src/runtime/snapshot-writer.ts";
import type { Subtask } from "../../src/runtime/subtask.ts";
import type { StateStore } from "../../src/state/backend.ts";
import { manualEnv } from "../../src/testing/test-env.ts";

// Seed 8000477: what was declined stayed in memory until the next checkpoint, and records that waited for room kept its barriers back.
test("SnapshotWriter: what a declined checkpoint leaves is written though no other one follows", async () => {
  const { env } = manualEnv();
  const parts = [
    {
      kind: "entries",
      keyGroup: 0,
      puts: [{ key: Uint8Array.of(1), value: Uint8Array.of(2) }],
      deletes: [],
      rangeDeletes: [],
    },
    { kind: "done", operators: [] },
  ] as const;
  const log: string[] = [];
  let given = 0;
  let failures = 1;
  const store = {
    write: async (epoch: number) => {
      if (failures-- > 0) throw new StateError("STATE_IO", "Cannot write", { retryable: true });
      log.push(`written to ${epoch}`);
    },
    seal: async (epoch: number) => {
      log.push(`sealed ${epoch}`);
      return Uint8Array.of();
    },
  } as unknown as StateStore;
  const subtask = {
    nextPart: () => parts[given++],
    written: (snapshot: number) => log.push(`subtask told of ${snapshot}`),
  } as unknown as Subtask;
  const writer = new SnapshotWriter({
    at: { stage: "step", subtask: 0 },
    env,
    subtask,
    store,
    writeInFlight: async () => [],
    lastId: 6,
    trace: undefined,
    wake: () => undefined,
    written: (id) => log.push(`acknowledged ${id}`),
    declined: (id) => log.push(`declined ${id}`),
    fail: (error) => log.push(String(error)),
  });
  writer.add(7, undefined);
  for (let turn = 0; turn < 40; turn++) {
    writer.step();
    await Promise.resolve();
  }
  assert.deepEqual(log, ["declined 7", "written to 8", "subtask told of 7"]);
});
