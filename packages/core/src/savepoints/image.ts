/**
 * What checkpoints and savepoints have in common, as bytes: the seam between those who read state offline, those who
 * write savepoints, and the engine, which restores from one without knowing its format.
 *
 * @module
 */
import { compareBytes } from "../bytes/compare.ts";
import type {
  Manifest,
  OperatorState,
  PendingCommit,
  SinkState,
  SourceState,
  StateShape,
} from "../checkpoint/manifest.ts";
import type { KeyRange, StateEntry, StateView } from "../state/backend.ts";
import type { StoredOperatorState } from "../state/operator-state/stored.ts";
import type { SnapshotInFlight } from "./in-flight.ts";

/** A state of an operator in a snapshot. */
export interface ImageState extends StateShape {
  /** How many keys have entries in it; `undefined` of timers and of what has no keys, and where nobody has counted. */
  readonly keys?: number;
  /** How many entries it has; `undefined` where nobody has counted: a checkpoint does not. */
  readonly entries?: number;
  /** The bytes of their keys and values. */
  readonly bytes?: number;
  /** The versions that stand before the values, ascending, where they were looked at. */
  readonly versions?: readonly number[];
}

/** An operator with keyed state in a snapshot. */
export interface ImageOperator {
  /** The id of the operator. */
  readonly operatorId: string;
  /** How many subtasks it had. */
  readonly parallelism: number;
  /** The event time that each range of key groups had reached, in milliseconds. */
  readonly watermarks: OperatorState["watermarks"];
  /**
   * How many keys it has, in whichever of its states; `undefined` where nobody has counted. Exact up to a million keys in each
   * key group; of one with more, the million or the keys of the operator's greatest state there, whichever is more.
   */
  readonly keys?: number;
  /** What it keeps, state by state. */
  readonly states: readonly ImageState[];
}

/** Everything in a snapshot but its entries. */
export interface ImageFacts {
  /** The name of the job that it was taken of. */
  readonly job: string;
  /** The checkpoint that it is, or that it is a copy of. */
  readonly checkpointId: number;
  /** The generation of the attempt that took it. */
  readonly generation: number;
  /** How many groups its keys are dealt into. */
  readonly keyGroups: number;
  /** The version of the hash that deals them. */
  readonly keyHashVersion: number;
  /** Wall clock when the checkpoint was complete, in milliseconds since the epoch. */
  readonly takenAt: number;
  /** Whether the job was drained: event time is at its end. */
  readonly drained: boolean;
  /** Whether barriers overtook records, which the checkpoint holds besides. Never set of a savepoint. Default: false. */
  readonly hasRecordsInFlight?: boolean;
  /** The sources, each with its splits and their positions. */
  readonly sources: readonly SourceState[];
  /** The operators with keyed state. */
  readonly operators: readonly ImageOperator[];
  /** What subtasks keep besides keys. In the order of the operators' ids. */
  readonly operatorStates: readonly StoredOperatorState[];
  /** The sinks, each with what was cut and is not known to be committed. */
  readonly sinks: readonly SinkState[];
}

/** A snapshot that is open. */
export interface SnapshotImage {
  /** What messages call it. */
  readonly name: string;
  /** Tells it from every other snapshot, wherever a copy of it lies. */
  readonly identity: string;
  /** All that is no entry. */
  readonly facts: ImageFacts;
  /** The entries of a range, in the order of keys and in bounded slices, none of which is read before it is asked for. */
  scan(range: KeyRange): AsyncIterable<readonly StateEntry[]>;
  /** What barriers overtook. A savepoint has no place for it. */
  inFlight?(): AsyncIterable<readonly SnapshotInFlight[]>;
  /** Frees what it holds. */
  close(): Promise<void>;
}

/** What a savepoint is, once it is written. */
export interface SavepointSummary {
  /** Where it is, as messages call it. */
  readonly name: string;
  /** Tells it from every other one, wherever a copy of it lies. */
  readonly identity: string;
  /** The name of the job that it was taken of. */
  readonly job: string;
  /** The checkpoint that it is a copy of. */
  readonly checkpointId: number;
  /** How many entries of state it holds, timers included. */
  readonly entries: number;
  /** All that was stored: segments and index. */
  readonly bytes: number;
  /** How many segments they were stored in. */
  readonly segments: number;
}

/** A complete checkpoint of a running job, held so that it can be copied. */
export interface HeldCheckpoint {
  /** What it consists of. */
  readonly manifest: Manifest;
  /** Wall clock at its completion. */
  readonly takenAt: number;
  /** Reads its entries, and lets it go. */
  readonly view: StateView;
  /** Awaited before each slice: gives way to the job, and rejects when the copy is to be given up. */
  readonly pace: () => Promise<void>;
}

/** A place for one savepoint. `handle.savepoint` writes to it, `run` and `openSavepoint` read from it. */
export interface SavepointLocation {
  /** What messages call it, such as `savepoint "./savepoints/before-upgrade"`. */
  readonly name: string;
  /**
   * Writes everything that is in a snapshot. It is there, whole, once this resolves; before that it is not there at all.
   *
   * @throws {CheckpointError} SAVEPOINT_EXISTS if there is one already: a savepoint is never written over.
   */
  write(image: SnapshotImage): Promise<SavepointSummary>;
  /** As {@link write}, of a checkpoint that is still being held. */
  copy(checkpoint: HeldCheckpoint): Promise<SavepointSummary>;
  /**
   * Opens the savepoint that is there.
   *
   * @param options `rename`: new ids of sources, operators and sinks, by their old ones.
   * @throws {ConfigurationError} OPTION_INVALID if there is no step to rename, or its new id is taken.
   * @throws {CheckpointError} CHECKPOINT_MISSING if there is none, CHECKPOINT_CORRUPT if it cannot be read.
   */
  open(options?: { readonly rename?: Readonly<Record<string, string>> }): Promise<SnapshotImage>;
  /** Deletes it: first what makes it a savepoint, then the rest. One that is not there is no error. */
  delete(): Promise<void>;
}

/** What a job begins with while its backend holds no checkpoint. Made by `claim` and `fork`. */
export interface JobOrigin {
  /** What messages call it. */
  readonly name: string;
  /** Whether it may be that of a job of another name. */
  readonly foreign: boolean;
  /** New ids of steps, by their old ones. */
  readonly rename: Readonly<Record<string, string>>;
  /** Opens the savepoint; whoever does closes it. */
  open(): Promise<SnapshotImage>;
  /** What is restored: the image as the manifest of a checkpoint without stores. `planned` are the ids of the pipeline. */
  manifestOf(image: Pick<SnapshotImage, "facts">, planned: ReadonlySet<string>): Manifest;
  /**
   * Looks at a checkpoint that the backend holds.
   *
   * @throws {StateError} STATE_FOREIGN_JOB if it does not come from here: one of the two would be ignored in silence.
   */
  check(manifest: Manifest): Promise<void>;
}

/** What a manifest says, as a snapshot says it. All in an order that does not depend on who reported first. */
export function factsOf(manifest: Manifest, takenAt: number): ImageFacts {
  const { job, checkpointId, generation, keyGroups, keyHashVersion } = manifest;
  const sources = manifest.sources
    .map((source) => ({ ...source, splits: source.splits.toSorted((a, b) => compareBytes(a.split, b.split)) }))
    .toSorted((a, b) => compareText(a.sourceId, b.sourceId));
  const sinks = manifest.sinks
    .map((sink) => ({ ...sink, committables: sink.committables.toSorted(compareCommits) }))
    .toSorted((a, b) => compareText(a.sinkId, b.sinkId));
  const drained = manifest.drained === true;
  const operators = operatorIds(manifest).map((operatorId): ImageOperator => {
    const state = manifest.operators.find((operator) => operator.operatorId === operatorId);
    const stores = manifest.stores.filter((store) => store.operators.includes(operatorId));
    return {
      operatorId,
      parallelism: stores.length,
      watermarks: (state?.watermarks ?? []).toSorted((a, b) => a.keyGroups.first - b.keyGroups.first),
      states: state?.states ?? [],
    };
  });
  return {
    job,
    checkpointId,
    generation,
    keyGroups,
    keyHashVersion,
    takenAt,
    drained,
    hasRecordsInFlight: manifest.inFlight !== undefined,
    sources,
    operators,
    operatorStates: manifest.operatorStates ?? [],
    sinks,
  };
}

/** Oldest checkpoint first; those of one subtask keep their order. */
function compareCommits(a: PendingCommit, b: PendingCommit): number {
  return a.checkpointId - b.checkpointId || a.subtask - b.subtask;
}

function operatorIds(manifest: Manifest): readonly string[] {
  const ids = new Set(manifest.operators.map(({ operatorId }) => operatorId));
  for (const store of manifest.stores) for (const operatorId of store.operators) ids.add(operatorId);
  return [...ids].toSorted(compareText);
}

/** Compares ids as JavaScript compares strings: the same on every runtime and in every language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
