import assert from "node:assert/strict";

import type { CommitRequest, Sink, SinkCommitter, SinkWriter } from "@tidemark/core";

import type { FileCommittable } from "../../src/file/mod.ts";
import { manualEnv } from "../manual-env.ts";

type Requests = readonly CommitRequest<FileCommittable>[];

/** What the engine would find in its head record: it survives every crash. */
export interface SmallJobState {
  generation: number;
  nextCheckpoint: number;
  /** How many rows the newest complete checkpoint covers. */
  position: number;
  /** What that checkpoint holds for the sink. */
  pending: Requests;
}

/** The state of a job that was never started. */
export function newJob(): SmallJobState {
  return { generation: 0, nextCheckpoint: 1, position: 0, pending: [] };
}

const SUBTASKS = 2;
const ROWS_BETWEEN = 5;

/**
 * Writes the rows 0 to `count` through a sink with two writers, the way the engine does: a checkpoint every few rows, one
 * abandoned in between, commits after the checkpoint is complete, everything committed again after a start.
 */
export async function runSmallJob(
  sink: Sink<number, FileCommittable>,
  state: SmallJobState,
  count: number,
): Promise<void> {
  const { env } = manualEnv();
  const generation = ++state.generation;
  const place = { env, job: "job", sinkId: "out", generation };
  const committer = sink.createCommitter?.(place);
  assert.ok(committer);
  await committer.recover(state.pending);
  await commit(committer, state.pending);
  const writers = Array.from({ length: SUBTASKS }, (_, subtask) =>
    sink.createWriter({ ...place, subtask, parallelism: SUBTASKS }),
  );
  let uncommitted: Requests = [];
  for (let position = state.position; position < count;) {
    const next = Math.min(count, position + ROWS_BETWEEN);
    for (; position < next; position++) await write(writers[position % SUBTASKS]!, position);
    const checkpointId = state.nextCheckpoint++;
    const cuts = await Promise.all(writers.map((writer) => writer.prepareCommit(checkpointId)));
    uncommitted = [
      ...uncommitted,
      ...cuts.flatMap((cut, subtask) => cut.map((committable) => ({ checkpointId, subtask, committable }))),
    ];
    // A checkpoint that is given up: its committables go with the next one.
    if (checkpointId % 3 === 2 && position < count) continue;
    state.position = position;
    state.pending = uncommitted;
    await commit(committer, uncommitted);
    uncommitted = [];
  }
  await committer.finish?.();
}

async function write(writer: SinkWriter<number, FileCommittable>, row: number): Promise<void> {
  writer.write([row], [row]);
  if (writer.full) await writer.drained();
}

async function commit(committer: SinkCommitter<FileCommittable>, requests: Requests): Promise<void> {
  for (const outcome of await committer.commit(requests)) {
    assert.ok(outcome === "committed" || outcome === "already-committed", JSON.stringify(outcome));
  }
}
