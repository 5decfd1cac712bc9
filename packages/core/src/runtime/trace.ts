import type { AbortReason, DeclineReason } from "../checkpoint/abort-reason.ts";
import type { AbandonReason } from "../checkpoint/barrier.ts";
import type { RequestKind } from "../checkpoint/request-queue.ts";
import type { InputStatus } from "../time/watermark-merge.ts";

/** A subtask, as traces and messages name it. */
export interface SubtaskName {
  /** The ids of the stage's operators, joined. */
  readonly stage: string;
  /** Its number within the stage, from 0. */
  readonly subtask: number;
}

/** A channel into a subtask, as traces name it. */
export interface ChannelName {
  /** The subtask that writes into it. */
  readonly from: SubtaskName;
  /** Its number among all channels of the subtask it leads to. */
  readonly index: number;
}

/** One step of the protocol, as it happens. */
export type TraceEvent =
  | {
      readonly kind: "attempt-started";
      readonly generation: number;
      readonly restoredFrom: number | undefined;
      /** The savepoint that it began with, by name. Default: a checkpoint of its own, or nothing. */
      readonly savepoint?: string | undefined;
    }
  | { readonly kind: "attempt-failed"; readonly generation: number; readonly message: string; readonly code: string }
  /** Part of the attempt has failed, and restarts by itself: the stages of a region of the plan. */
  | {
      readonly kind: "region-failed";
      readonly region: number;
      /** The names of its stages. */
      readonly stages: readonly string[];
      /** Under which that part ran. */
      readonly generation: number;
      readonly message: string;
      readonly code: string;
    }
  | {
      readonly kind: "region-restarted";
      readonly region: number;
      /** The names of its stages. */
      readonly stages: readonly string[];
      /** Under which it goes on. */
      readonly generation: number;
      readonly restoredFrom: number | undefined;
    }
  | { readonly kind: "checkpoint-triggered"; readonly checkpointId: number; readonly request: RequestKind }
  | { readonly kind: "barrier-injected"; readonly checkpointId: number; readonly at: SubtaskName }
  | {
      readonly kind: "barrier-received";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      readonly channel: ChannelName;
    }
  | { readonly kind: "alignment-started"; readonly checkpointId: number; readonly at: SubtaskName }
  | {
      readonly kind: "channel-blocked";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      readonly channel: ChannelName;
    }
  /** The barrier of a channel was taken out of its turn; what waits before it becomes part of the checkpoint. */
  | {
      readonly kind: "barrier-overtook";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      readonly channel: ChannelName;
    }
  /** The checkpoint will not happen at this subtask. */
  | {
      readonly kind: "alignment-abandoned";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      readonly reason: AbandonReason;
    }
  | { readonly kind: "alignment-ended"; readonly checkpointId: number; readonly at: SubtaskName }
  | {
      readonly kind: "snapshot-frozen";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      /** How long nothing else was done for it. */
      readonly durationMs: number;
    }
  | { readonly kind: "barrier-forwarded"; readonly checkpointId: number; readonly at: SubtaskName }
  | {
      readonly kind: "snapshot-written";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      /** Changed entries. */
      readonly bytes: number;
      /** All keyed state of the subtask; `undefined` where the backend keeps no count of it. */
      readonly stateBytes: number | undefined;
      /** Records in flight that barriers overtook, encoded. */
      readonly inFlightBytes: number;
    }
  | { readonly kind: "acknowledged"; readonly checkpointId: number; readonly at: SubtaskName }
  | {
      readonly kind: "declined";
      readonly checkpointId: number;
      readonly at: SubtaskName;
      readonly reason: DeclineReason;
      /** What was thrown, if that is why. */
      readonly message?: string | undefined;
    }
  | { readonly kind: "manifest-written"; readonly checkpointId: number; readonly bytes: number }
  | { readonly kind: "head-written"; readonly checkpointId: number }
  | {
      readonly kind: "committed";
      readonly checkpointId: number;
      readonly sinkId: string;
      readonly committables: number;
    }
  | {
      readonly kind: "checkpoint-completed";
      readonly checkpointId: number;
      readonly durationMs: number;
      readonly bytes: number;
    }
  | { readonly kind: "checkpoint-aborted"; readonly checkpointId: number; readonly reason: AbortReason }
  | {
      readonly kind: "batch";
      readonly at: SubtaskName;
      /** `undefined`: read from a source. */
      readonly channel: ChannelName | undefined;
      readonly values: readonly unknown[];
    }
  /** What one channel says of event time, before it is merged with the others. */
  | {
      readonly kind: "channel-watermark";
      readonly at: SubtaskName;
      readonly channel: ChannelName;
      readonly time: number;
    }
  | {
      readonly kind: "channel-status";
      readonly at: SubtaskName;
      readonly channel: ChannelName;
      readonly status: InputStatus;
    }
  /** The merged event time of a subtask. */
  | { readonly kind: "watermark"; readonly at: SubtaskName; readonly time: number }
  | { readonly kind: "ended"; readonly at: SubtaskName };

/** Takes trace events, at once. What it throws fails the job. */
export type TraceListener = (event: TraceEvent) => void;
