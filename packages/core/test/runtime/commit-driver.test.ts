/** In which order committables are handed to a committer. */
import assert from "node:assert/strict";
import { test } from "node:test";

import type { AnySink, CommitOutcome } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import type { PendingCommit } from "../../src/checkpoint/manifest.ts";
import { CommitDriver } from "../../src/runtime/commit-driver.ts";
import { encodeValue } from "../../src/state/value-codec.ts";

const pending = (checkpointId: number, subtask: number): PendingCommit => ({
  checkpointId,
  subtask,
  bytes: encodeValue(`${checkpointId}/${subtask}`),
});

/** A sink that says "retry" to some of the calls for a committable, by its name and how often it was asked for, and commits nothing then. */
function unsure(retries: (name: string, asked: number) => boolean): {
  readonly sink: AnySink<unknown>;
  readonly rows: string[];
} {
  const rows: string[] = [];
  const asked = new Map<string, number>();
  const commitOne = (name: string): CommitOutcome => {
    const times = (asked.get(name) ?? 0) + 1;
    asked.set(name, times);
    if (retries(name, times)) return "retry";
    if (rows.includes(name)) return "already-committed";
    rows.push(name);
    return "committed";
  };
  const sink: AnySink<unknown> = {
    name: "an unsure place",
    delivery: "exactly-once",
    createWriter: () => assert.fail("nobody writes"),
    createCommitter: () => ({
      recover: async () => undefined,
      commit: async (requests) => requests.map(({ committable }) => commitOne(String(committable))),
      close: async () => undefined,
    }),
  };
  return { sink, rows };
}

const driverOf = (sink: AnySink<unknown>): CommitDriver =>
  new CommitDriver({
    env: frozenEnv().env,
    job: "orders",
    generation: 2,
    sinks: [{ id: "out", sink }],
    trace: undefined,
  });

const held = [pending(3, 0), pending(3, 1), pending(4, 0), pending(4, 1)];

test("CommitDriver: nothing of a checkpoint is committed while an older one has to be tried again (SNK-03)", async () => {
  const { sink, rows } = unsure((name, times) => name === "3/0" && times < 3);
  await driverOf(sink).recover(4, [{ sinkId: "out", committables: held }]);
  assert.deepEqual(rows, ["3/1", "3/0", "4/0", "4/1"]);
});

test("CommitDriver: what is of an older checkpoint comes first, however it is listed", async () => {
  const { sink, rows } = unsure(() => false);
  await driverOf(sink).commit(4, [{ sinkId: "out", committables: held.toReversed() }]);
  assert.deepEqual(rows, ["3/1", "3/0", "4/1", "4/0"]);
});
