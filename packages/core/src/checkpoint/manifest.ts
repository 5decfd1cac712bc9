import { openSealed, sealBytes } from "../bytes/sealed.ts";
import { CheckpointError, isTidemarkError } from "../errors.ts";
import type { InFlightState } from "./in-flight.ts";
import type { KeyGroupRange } from "../state/key-groups.ts";
import type { StoredOperatorState } from "../state/operator-state/stored.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";

/** What one split of a source had reached. */
export interface SplitPosition {
  /** The reader's own, encoded. */
  readonly split: Uint8Array;
  /** The greatest timestamp seen in it; NO_TIMESTAMP if none. */
  readonly maxTimestamp: number;
  /** The subtask that read it. */
  readonly subtask?: number;
}

/** A source in a checkpoint. */
export interface SourceState {
  /** The id that the pipeline gives the source. */
  readonly sourceId: string;
  /** The enumerator's state, encoded. */
  readonly enumerator: Uint8Array;
  /** The splits that readers had, each with its position. */
  readonly splits: readonly SplitPosition[];
  /** How many subtasks read. */
  readonly parallelism?: number;
}

/** A committable in a checkpoint. */
export interface PendingCommit {
  /** The checkpoint that it was cut for: this one, or an earlier one whose commit had not been answered. */
  readonly checkpointId: number;
  /** The subtask of the sink that made it. */
  readonly subtask: number;
  /** The committable, as its sink encoded it. */
  readonly bytes: Uint8Array;
}

/** A sink in a checkpoint. */
export interface SinkState {
  /** The id that the pipeline gives the sink. */
  readonly sinkId: string;
  /** Everything cut and not known to be committed, oldest first. */
  readonly committables: readonly PendingCommit[];
}

/** A named state of an operator, as the program that took the checkpoint declared it. */
export interface StateShape {
  /** What the operator calls it. */
  readonly name: string;
  /** `"value"`, `"map"`, `"timers"` and so on. */
  readonly kind: string;
  /** The version of the values that it writes. */
  readonly version: number;
}

/** What a keyed operator declares, and the event time that its key groups had reached. */
export interface OperatorState {
  /** The id that the pipeline gives the operator. */
  readonly operatorId: string;
  /** Its states; absent in a checkpoint of a program that did not note them. */
  readonly states?: readonly StateShape[];
  /** The event time that each range of key groups had reached, in milliseconds; between them they cover all groups. */
  readonly watermarks: readonly { readonly keyGroups: KeyGroupRange; readonly watermark: number }[];
}

/** The keyed entries of one subtask. */
export interface SealedState {
  /** The operators whose entries are in it. */
  readonly operators: readonly string[];
  readonly keyGroups: KeyGroupRange;
  /** What the store needs to find them. */
  readonly handle: Uint8Array;
}

/** Everything a checkpoint is made of, besides the entries in the stores. */
export interface Manifest {
  readonly job: string;
  readonly checkpointId: number;
  readonly generation: number;
  readonly keyGroups: number;
  readonly keyHashVersion: number;
  readonly sources: readonly SourceState[];
  readonly operators: readonly OperatorState[];
  /** What subtasks keep besides keys, in the order of the operators' ids; absent if no operator does. */
  readonly operatorStates?: readonly StoredOperatorState[];
  readonly sinks: readonly SinkState[];
  readonly stores: readonly SealedState[];
  /** Records that barriers overtook; absent if none did. */
  readonly inFlight?: InFlightState;
  /** The savepoint from which this stretch of checkpoints began; absent if it began from nothing. */
  readonly origin?: string;
  /** Set if the job was drained: event time is at its end, and no record of these sources can be in time any more. */
  readonly drained?: boolean;
}

const MAGIC = "TMMF";
const VERSION = 0;

/** Manifests are named by generation and checkpoint, so that none is ever written over. */
export function manifestName(generation: number, checkpointId: number): string {
  return `${String(generation).padStart(10, "0")}-${String(checkpointId).padStart(16, "0")}`;
}

/** The bytes of a manifest. See docs/format.md, "Manifest". */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return sealBytes(MAGIC, VERSION, encodeValue(manifest));
}

/**
 * Reads the bytes of a manifest.
 *
 * @throws {CheckpointError} CHECKPOINT_CORRUPT, naming it, if they are not one.
 */
export function decodeManifest(name: string, bytes: Uint8Array): Manifest {
  try {
    return decodeValue(openSealed(MAGIC, VERSION, bytes).body) as Manifest;
  } catch (error) {
    if (!isTidemarkError(error)) throw error;
    throw new CheckpointError(
      "CHECKPOINT_CORRUPT",
      `Cannot read checkpoint manifest "${name}": ${error.message}. The newest checkpoint is damaged and an older one is never ` +
        "taken in its place: restore the state directory or bucket from a copy; nothing was changed",
      { cause: error, details: { manifest: name } },
    );
  }
}
