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
 * @throws {CheckpointError} CHECKPOINT_CORRUPT if the head cannot be read. @throws {StateError} as the backend does.
 */
export async function listCheckpoints(
  backend: StateBackend,
  { job, env = standardEnv() }: CheckpointPlace,
): Promise<readonly RetainedCheckpoint[]> {
  const session = await backend.open({ name: job, env });
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
  const session = await backend.open({ name: job, env });
  try {
    const retained = await retainedIn(session);
    const chosen = retained.findLast((each) => checkpointId === undefined || each.checkpointId === checkpointId);
    if (chosen === undefined) throw missing(backend.name, choice, retained);
    return snapshotOf(await checkpointImage(session, chosen, `checkpoint ${chosen.checkpointId} in ${backend.name}`));
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Opens a savepoint for reading.
 *
 * @throws {CheckpointError} CHECKPOINT_MISSING if there is none, CHECKPOINT_CORRUPT if it cannot be read.
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
  name: string,
): Promise<SnapshotImage> {
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
  return {
    name,
    identity: chosen.manifest,
    facts: factsOf(manifest, chosen.completedAt),
    scan: (range) => view.scan(range),
    inFlight: () => readInFlight(session.manifests, manifest),
    close: async () => {
      await view.close();
      await session.close();
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
