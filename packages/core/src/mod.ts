/**
 * Exactly-once stream processing inside your own process: write a typed dataflow, and run it so that after any crash it
 * goes on as if nothing had happened.
 *
 * @example
 * ```ts
 * import { pipeline, run } from "@tidemark/core";
 * import { memory } from "@tidemark/backend-memory";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const words = toArray<{ word: string; count: number }>();
 * const job = pipeline("words");
 * job.source("text", fromArray(["to", "be", "or", "not", "to", "be"]))
 *   .map((word) => ({ word, count: 1 }))
 *   .keyBy((entry) => entry.word)
 *   .reduce("count", (sum, entry) => ({ word: entry.word, count: sum.count + entry.count }))
 *   .sink("words", words.sink);
 *
 * await run(job, { backend: memory() }).finished;
 * ```
 *
 * @module
 */
export type { Guarantee, Misuse, SinkFits, SourceFits } from "./api/guarantee.ts";
export type { InTurn, NoPromise } from "./misuse.ts";
export type { KeysFit } from "./api/keys-fit.ts";
export {
  type AlignmentOptions,
  type DeadLetter,
  type Pipeline,
  pipeline,
  type PipelineOptions,
  type SourceOptions,
} from "./api/pipeline.ts";
export type { PlanningOptions, Runnable } from "./api/planning.ts";
export { type JobHandle, run, type RunOptions, type SavepointOptions } from "./api/run.ts";
export type { StateOptions } from "./api/state-options.ts";
export type {
  AtomicStepOptions,
  JoinOptions,
  KeyOptions,
  PartitionOptions,
  SinkOptions,
  StepOptions,
  WindowOptions,
} from "./api/step-options.ts";
export type {
  BroadcastConnectedStreams,
  KeyedBroadcastConnectedStreams,
} from "./api/streams/broadcast-connected-streams.ts";
export type { ConnectedStreams } from "./api/streams/connected-streams.ts";
export type { KeyedStream } from "./api/streams/keyed-stream.ts";
export type { BroadcastStream, Stream } from "./api/streams/stream.ts";
export type { WindowedStream } from "./api/streams/windowed-stream.ts";
export type { AbortReason, DeclineReason } from "./checkpoint/abort-reason.ts";
export type { CheckpointOptions, UnalignedMode } from "./checkpoint/options.ts";
export { unaligned } from "./runtime/unaligned.ts";
export type { SubtaskHost } from "./runtime/subtask-host.ts";
export type { RequestKind } from "./checkpoint/request-queue.ts";
export type {
  AnySink,
  CommitOutcome,
  CommitRequest,
  CommitterContext,
  Sink,
  SinkCommitter,
  SinkDelivery,
  SinkWriter,
  SinkWriterContext,
} from "./connect/sink.ts";
export type {
  AnySource,
  EnumeratorContext,
  PollResult,
  RejectedRecord,
  Source,
  SourceBatch,
  SourceReader,
  SourceReaderContext,
  SourceRemainder,
  SourceSplit,
  SplitEnumerator,
} from "./connect/source.ts";
export type { Env, LogEntry, LogLevel, PointName } from "./env/env.ts";
export { isolateEnv, standardEnv, type StandardEnvOptions } from "./env/standard-env.ts";
export {
  AbortedError,
  CheckpointError,
  type CheckpointCode,
  ConfigurationError,
  type ConfigurationCode,
  ConnectorError,
  type ConnectorCode,
  type ErrorCode,
  type ErrorOptions,
  InternalError,
  isTidemarkError,
  messageOf,
  SerializationError,
  type SerializationCode,
  StateError,
  type StateCode,
  TidemarkError,
  UserCodeError,
} from "./errors.ts";
export type { LogicalEdge, LogicalGraph, LogicalNode, NodeWork, EventTimeSpec, Partitioning } from "./graph/logical.ts";
export type { LetterError, StepDeadLetter } from "./operators/dead-letters.ts";
export type { ConnectedProcess } from "./operators/connected-process.ts";
export type { Join, JoinSpec, LeftMeets, Matching, RightMeets } from "./operators/joins/join.ts";
export type { Partitioner } from "./operators/partition.ts";
export type { ProcessContext } from "./operators/process-context.ts";
export { type Emits, emits, type KeyedProcess } from "./operators/process.ts";
export { type SideOutput, sideOutput } from "./operators/side-output.ts";
export type { StepPlan } from "./operators/step-plan.ts";
export type { NoTimer, TimerlessConnectedProcess, TimerlessContext, TimerlessProcess } from "./operators/timerless.ts";
export type { WindowAssigner, WindowResult } from "./operators/windows/assigner.ts";
export type { WindowContext, WindowProcess } from "./operators/windows/window-process.ts";
export type { SubtaskActivity } from "./runtime/activity.ts";
export type {
  CheckpointDetails,
  CheckpointReport,
  Distribution,
  RestoredCheckpoint,
  StageReport,
  SubtaskPhase,
  SlowestSubtask,
  SubtaskReport,
} from "./runtime/checkpoint-report.ts";
export type { AttemptOutcome } from "./runtime/attempt-options.ts";
export type { Pick } from "./runtime/executor.ts";
export type { AfterSavepoint, JobResult, RunUntil } from "./runtime/job.ts";
export type { CheckpointMetrics, CompletedCheckpoint, DeadLetterCount, JobMetrics } from "./runtime/metrics.ts";
export type { FixedDelay, RestartOptions, RestartPolicy } from "./runtime/restart.ts";
export {
  exponentialDelay,
  type ExponentialDelayOptions,
  failureRate,
  type FailureRateOptions,
} from "./runtime/restart-policies.ts";
export type { RestoreAllowances } from "./runtime/restore-options.ts";
export type { ChannelName, SubtaskName, TraceEvent, TraceListener } from "./runtime/trace.ts";
export type {
  HeldCheckpoint,
  ImageFacts,
  ImageOperator,
  ImageState,
  JobOrigin,
  SavepointLocation,
  SavepointSummary,
  SnapshotImage,
} from "./savepoints/image.ts";
export type {
  BackendCapabilities,
  BackendJob,
  BackendSession,
  HeadStore,
  HeadVersion,
  KeyRange,
  ManifestStore,
  RetainedEpoch,
  ScanOptions,
  StateBackend,
  StateChanges,
  StateEntry,
  StateStore,
  StateView,
  StorageAudit,
  StoreOptions,
  StorePart,
  ViewOptions,
} from "./state/backend.ts";
export type { AggregateFunction } from "./state/aggregate-function.ts";
export type { DeepReadonly } from "./state/deep-readonly.ts";
export type { StateDescriptor, StateDescriptors, StateHandle, StateHandles, StateKind } from "./state/descriptors.ts";
export type { Key } from "./state/key-codec.ts";
export type { KeyGroupRange } from "./state/key-groups.ts";
export type { KeyShape } from "./state/key-shape.ts";
export { type MapState, mapState, type MapStateDescriptor } from "./state/kinds/map.ts";
export { type ValueState, valueState, type ValueStateDescriptor } from "./state/kinds/value.ts";
export type {
  MultipartClient,
  ObjectClient,
  ObjectRequest,
  ObjectUpload,
  PutCondition,
  StoredObject,
} from "./state/object-client.ts";
export type { Duration } from "./time/duration.ts";
export type { TimeWindow } from "./time/windows.ts";
