/**
 * What a sink connector implements: the two-phase contract. Writers collect records and, at a barrier, turn what they
 * hold into durable but invisible **committables**; when the checkpoint is complete a committer makes them visible, at
 * least once, and again after every restore. So commits are idempotent.
 *
 * @module
 */
import type { Env } from "../env/env.ts";

/**
 * What a sink can promise. `"exactly-once"`: invisible until committed, commit is idempotent. `"idempotent"`: writing a
 * row again changes nothing. `"at-least-once"`: rows since the last checkpoint appear again after a failure.
 */
export type SinkDelivery = "exactly-once" | "idempotent" | "at-least-once";

/** What a writer is told about its place. */
export interface SinkWriterContext {
  /** The door to the outside: clock, chance, timers, log. */
  readonly env: Env;
  /** The name of the pipeline. */
  readonly job: string;
  /** The id of the sink in the pipeline. */
  readonly sinkId: string;
  /** Its number among the subtasks of its step, from 0. */
  readonly subtask: number;
  /** How many subtasks run the step. */
  readonly parallelism: number;
  /** Grows with each attempt, restarts inside the process included. Names of staged things carry it. */
  readonly generation: number;
}

/** Collects the records of one subtask. */
export interface SinkWriter<T, Committable> {
  /**
   * Takes records, at once. What they are turned into is bounded: see {@link full}. What it throws fails the job.
   */
  write(values: readonly T[], timestamps: readonly number[]): void;
  /** Whether the unflushed buffer has reached its limit: the caller then waits for {@link drained}. */
  readonly full: boolean;
  /** Resolves when `full` is false again. Rejects when flushing failed. */
  drained(): Promise<void>;
  /**
   * Cuts the stream of records here, at once, and resolves with what was collected up to the cut once it is durable.
   * Records that are written meanwhile belong to the next cut.
   */
  prepareCommit(checkpointId: number): Promise<readonly Committable[]>;
  /** Gives back what the writer holds. May never be called. */
  close(): Promise<void>;
}

/** What a committer is told about its place. */
export interface CommitterContext {
  /** The door to the outside: clock, chance, timers, log. */
  readonly env: Env;
  /** The name of the pipeline. */
  readonly job: string;
  /** The id of the sink in the pipeline. */
  readonly sinkId: string;
  /** The start of the job that it belongs to; each fences those before it. */
  readonly generation: number;
}

/** A committable, with where it comes from. */
export interface CommitRequest<Committable> {
  /** The checkpoint that it is of. */
  readonly checkpointId: number;
  /** Its number among the subtasks of its step, from 0. */
  readonly subtask: number;
  /** What the writer made ready. */
  readonly committable: Committable;
}

/**
 * What came of one commit. `"retry"`: unknown or not now, ask again. `failed`: it can never be committed; the job fails
 * with COMMIT_FAILED and the reason, and nothing is dropped in silence.
 */
export type CommitOutcome = "committed" | "already-committed" | "retry" | { readonly failed: string };

/** Makes committables visible. One per sink and job, never two calls at a time. */
export interface SinkCommitter<Committable> {
  /**
   * Called once at the start of every attempt, before any writer writes, with all committables that the restored
   * checkpoint holds (they are committed right after this). The place to clear away what an earlier generation staged
   * and no checkpoint names.
   *
   * @param checkpointId the checkpoint that is restored; `undefined` if the job begins at the start. What is visible of a later
   * one would be there twice: the job was taken back behind it, and a sink that can see that refuses it.
   */
  recover(requests: readonly CommitRequest<Committable>[], checkpointId?: number): Promise<void>;
  /**
   * Commits what is of one checkpoint. One outcome for each request, in order. Checkpoints come oldest first: the next one when
   * nothing of this one is left that said `"retry"`.
   */
  commit(requests: readonly CommitRequest<Committable>[]): Promise<readonly CommitOutcome[]>;
  /** Called when a bounded job is over and everything is committed. May be called again after a crash. */
  finish?(): Promise<void>;
  /** Gives back what it holds. Nothing may depend on its being called. */
  close(): Promise<void>;
}

/**
 * A sink connector. `Delivery` is known to the compiler: an exactly-once pipeline refuses an `"at-least-once"` sink
 * unless the user says so at the sink.
 */
export interface Sink<T, Committable = unknown, Delivery extends SinkDelivery = SinkDelivery> {
  /** What messages call it, such as `directory "delays/"`. */
  readonly name: string;
  /** What it promises of rows after a failure. */
  readonly delivery: Delivery;
  /** Whether its rows end with the process, as those in an array do: checkpoints need not outlive it then. Default: false. */
  readonly volatile?: boolean;
  /** Makes the writer of one subtask, for one life of the job. */
  createWriter(context: SinkWriterContext): SinkWriter<T, Committable>;
  /** A sink without committables has no committer. */
  createCommitter?(context: CommitterContext): SinkCommitter<Committable>;
}

/** A sink of `T`, whatever its committables are. */
// oxlint-disable-next-line typescript/no-explicit-any -- committables are opaque to everyone but the sink itself
export type AnySink<T, Delivery extends SinkDelivery = SinkDelivery> = Sink<T, any, Delivery>;
