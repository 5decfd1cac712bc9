import type { DeclineReason } from "../checkpoint/abort-reason.ts";
import type { Env } from "../env/env.ts";
import type { BackendSession, StateStore } from "../state/backend.ts";
import { keyGroupRange } from "../state/key-groups.ts";
import type { RestoreReading } from "../state/paging/scan-ranges.ts";
import type { Beginning } from "./beginning.ts";
import { statefulOperators } from "./checkpoint-collector.ts";
import { openStore, restoreSubtask } from "./recovery.ts";
import { importState } from "./savepoint-import.ts";
import { SnapshotWriter, type SubtaskSnapshot } from "./snapshot-writer.ts";
import { SourceDriver } from "./source-driver.ts";
import type { Instance } from "./topology.ts";
import type { TraceListener } from "./trace.ts";
import type { Overtaking } from "./unaligned.ts";

/** Where the state of a subtask comes from, and whom its snapshots are reported to. */
export interface RestoreOptions {
  readonly env: Env;
  readonly session: BackendSession;
  readonly generation: number;
  readonly beginning: Beginning;
  /** Whether the store was open before in this session, and has to be taken back to what is restored. */
  readonly isAgain: boolean;
  /** No checkpoint after this one has been triggered yet. */
  readonly lastId: number;
  /** How state is read that may leave memory. Default: all of it is handed over. */
  readonly reading: RestoreReading | undefined;
  readonly trace: TraceListener | undefined;
  /** What overtaking takes, where barriers may. */
  readonly overtaking: Overtaking | undefined;
  /** A store has been opened, and is to be closed with the region. */
  readonly opened: (store: StateStore) => void;
  /** The writer of its snapshots may have something to do. */
  readonly wake: (writer: SnapshotWriter) => void;
  readonly written: (instance: Instance, checkpointId: number, snapshot: SubtaskSnapshot) => void;
  readonly declined: (instance: Instance, checkpointId: number, reason: DeclineReason, error: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** Gives a subtask its state back. @returns what writes its snapshots from now on. */
export async function restoreInstance(instance: Instance, options: RestoreOptions): Promise<SnapshotWriter> {
  const { env, session, generation, beginning, isAgain, lastId, trace, overtaking } = options;
  const { stage, subtask, subtaskIndex, at } = instance;
  const { keyGroups } = beginning.plan;
  const { manifest } = beginning;
  const epoch = isAgain ? beginning.epoch : undefined;
  const place = { session, stage, subtask: subtaskIndex, keyGroups, generation, manifest, epoch };
  env.point("restore.state", { ...at });
  const store = await openStore(place);
  if (store !== undefined) {
    options.opened(store);
    await importImage(instance, store, options);
    instance.access.attach(store);
  }
  await restoreSubtask(subtask, store, place, options.reading);
  const writer: SnapshotWriter = new SnapshotWriter({
    at,
    env,
    subtask,
    store,
    writeInFlight: async (capture) => {
      if (overtaking === undefined || instance.input instanceof SourceDriver) return [];
      const { manifests } = session;
      return overtaking.write(
        { manifests, generation, stage: stage.index, subtask: subtaskIndex, gate: instance.input },
        capture,
      );
    },
    lastId,
    trace,
    wake: () => options.wake(writer),
    written: (checkpointId, snapshot) => options.written(instance, checkpointId, snapshot),
    declined: (checkpointId, reason, error) => options.declined(instance, checkpointId, reason, error),
    fail: options.fail,
  });
  return writer;
}

/** Brings the entries of a savepoint into a store, if the job begins with one. */
async function importImage(
  { stage, subtaskIndex }: Instance,
  store: StateStore,
  { beginning, lastId }: RestoreOptions,
): Promise<void> {
  const { image, plan } = beginning;
  if (image === undefined) return;
  const keyGroups = keyGroupRange(subtaskIndex, stage.parallelism, plan.keyGroups);
  await importState({ image, store, operators: statefulOperators(stage), keyGroups, epoch: lastId + 1 });
}
