import { decodeHead, type RetainedCheckpoint } from "../checkpoint/head.ts";
import { decodeManifest } from "../checkpoint/manifest.ts";
import type { Env } from "../env/env.ts";
import { standardEnv } from "../env/standard-env.ts";
import { CheckpointError } from "../errors.ts";
import type { BackendSession, StateBackend } from "../state/backend.ts";
import { factsOf, type SavepointLocation, type SnapshotImage } from "./image.ts";
import { readInFlight } from "./in-flight.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

/** Which job is looked into. */
export interface CheckpointPlace {
  /** The name of the pipeline. */
  readonly job: string;
  /** Default: that of the runtime. */
  readonly env?: Env;
}

/** Which checkpoint is opened. */
export interface CheckpointChoice extends CheckpointPlace {
  /** Default: the newest that is retained. */
  readonly checkpointId?: number;
}

/**
 * The checkpoints of a job that can be opened, oldest first. The job must not be running, unless the backend says
 * `sharedAccess`.
 *
 * @throws {CheckpointError} CHECKPOINT_CORRUPT if the head cannot be read, CHECKPOINT_MISSING if there is not even a database.
 * @throws {StateError} as the backend does.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { listCheckpoints } from "@tidemark/core/savepoints";
 *
 * const job = pipeline("words");
 * job
 *   .source("words", fromArray(["to", "be", "or", "not", "to", "be"]))
 *   .keyBy((word) => word)
 *   .reduce("latest", (_, word) => word)
 *   .sink("out", toArray<string>().sink);
 *
 *
 * const backend = memory();
 * await run(job, { backend }).finished;
 * const checkpoints = await listCheckpoints(backend, { job: "words" });
 * console.log(checkpoints.length > 0);
 * // prints true
 * ```
 */
export async function listCheckpoints(
  backend: StateBackend,
  { job, env = standardEnv() }: CheckpointPlace,
): Promise<readonly RetainedCheckpoint[]> {
  const session = await backend.open({ name: job, env, readOnly: true });
  try {
    return await retainedIn(session);
  } finally {
    await session.close();
  }
}

/**
 * Opens a retained checkpoint for reading. Nothing is taken over, rolled back or written. The job must not be running,
 * unless the backend says `sharedAccess`: take a savepoint of a running one. Close the snapshot to give the backend back.
 *
 * @throws {CheckpointError} CHECKPOINT_MISSING, listing those that are there, or CHECKPOINT_CORRUPT.
 * @throws {StateError} as the backend does.
 *
 * @example
 * ```ts
 * import { leveldb } from "@tidemark/backend-leveldb";
 * import { openCheckpoint } from "@tidemark/core/savepoints";
 *
 * const snapshot = await openCheckpoint(leveldb("./state"), { job: "delays" });
 * for await (const slice of snapshot.entries<string, number>({ operator: "total", state: "result" })) {
 *   for (const { key, value } of slice) console.log(key, value);
 * }
 * await snapshot.close();
 * ```
 */
export async function openCheckpoint(backend: StateBackend, choice: CheckpointChoice): Promise<Snapshot> {
  const { job, checkpointId, env = standardEnv() } = choice;
  const session = await backend.open({ name: job, env, readOnly: true });
  try {
    const retained = await retainedIn(session);
    const chosen = retained.findLast((each) => checkpointId === undefined || each.checkpointId === checkpointId);
    if (chosen === undefined) throw missing(backend.name, choice, retained);
    return snapshotOf(await checkpointImage(session, chosen, backend.name, () => session.close()));
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Opens all retained checkpoints of a job for reading, oldest first; none if there is none. They share one opening of the
 * backend, so that they can be compared also where one process at a time has it. Close each: the last one gives it back.
 *
 * @throws {CheckpointError} CHECKPOINT_CORRUPT or CHECKPOINT_MISSING if one cannot be read. @throws {StateError} as the backend does.
 *
 * @example
 * ```ts
 * import { leveldb } from "@tidemark/backend-leveldb";
 * import { diff, openCheckpoints } from "@tidemark/core/savepoints";
 *
 * const snapshots = await openCheckpoints(leveldb("./state"), { job: "delays" });
 * const [before, after] = snapshots.slice(-2);
 * if (before && after) for await (const changes of diff(before, after).entries()) console.log(changes);
 * for (const snapshot of snapshots) await snapshot.close();
 * ```
 */
export async function openCheckpoints(
  backend: StateBackend,
  { job, env = standardEnv() }: CheckpointPlace,
): Promise<readonly Snapshot[]> {
  const session = await backend.open({ name: job, env, readOnly: true });
  const opened: Snapshot[] = [];
  try {
    const retained = await retainedIn(session);
    let openCount = retained.length;
    const leave = async (): Promise<void> => {
      openCount--;
      if (openCount === 0) await session.close();
    };
    for (const each of retained) opened.push(snapshotOf(await checkpointImage(session, each, backend.name, leave)));
    if (openCount === 0) await session.close();
    return opened;
  } catch (error) {
    for (const snapshot of opened) await snapshot.close();
    await session.close();
    throw error;
  }
}

/**
 * Opens a savepoint for reading.
 *
 * @throws {CheckpointError} CHECKPOINT_MISSING if there is none, CHECKPOINT_CORRUPT if it cannot be read.
 *
 * @example
 * ```ts
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline, run } from "@tidemark/core";
 * import { memorySavepoint, openSavepoint } from "@tidemark/core/savepoints";
 *
 * const job = pipeline("words");
 * job
 *   .source("words", fromArray(["to", "be", "or", "not", "to", "be"]))
 *   .keyBy((word) => word)
 *   .reduce("latest", (_, word) => word)
 *   .sink("out", toArray<string>().sink);
 *
 *
 * const place = memorySavepoint();
 * const handle = run(job, { backend: memory() });
 * await handle.savepoint(place, { after: "stop" });
 * await handle.finished;
 * const snapshot = await openSavepoint(place);
 * console.log(snapshot.sources().map(({ sourceId }) => sourceId));
 * // prints ["words"]
 * await snapshot.close();
 * ```
 */
export async function openSavepoint(location: SavepointLocation): Promise<Snapshot> {
  return snapshotOf(await location.open());
}

async function retainedIn(session: BackendSession): Promise<readonly RetainedCheckpoint[]> {
  const found = await session.head.read();
  return found === undefined ? [] : decodeHead(found.bytes).retained;
}

async function checkpointImage(
  session: BackendSession,
  chosen: RetainedCheckpoint,
  place: string,
  leave: () => Promise<void>,
): Promise<SnapshotImage> {
  const name = `checkpoint ${chosen.checkpointId} in ${place}`;
  const bytes = await session.manifests.read(chosen.manifest);
  if (bytes === undefined) {
    throw new CheckpointError(
      "CHECKPOINT_MISSING",
      `Cannot open ${name}: its manifest "${chosen.manifest}" is gone. Restore the state directory or bucket from a copy`,
      { details: { manifest: chosen.manifest } },
    );
  }
  const manifest = decodeManifest(chosen.manifest, bytes);
  const view = await session.openView({ epoch: manifest.checkpointId, parts: manifest.stores });
  let isOpen = true;
  return {
    name,
    identity: chosen.manifest,
    facts: factsOf(manifest, chosen.completedAt),
    scan: (range) => view.scan(range),
    inFlight: () => readInFlight(session.manifests, manifest),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await view.close();
      await leave();
    },
  };
}

function missing(
  backend: string,
  { job, checkpointId }: CheckpointChoice,
  retained: readonly RetainedCheckpoint[],
): CheckpointError {
  const wanted = checkpointId === undefined ? "a checkpoint" : `checkpoint ${checkpointId}`;
  const there = retained.map((each) => each.checkpointId);
  return new CheckpointError(
    "CHECKPOINT_MISSING",
    `Cannot open ${wanted} of job "${job}" in ${backend}: ${there.length === 0 ? "there is none" : `there are ${there.join(", ")}`}`,
    { details: { job, checkpointId, retained: there } },
  );
}
