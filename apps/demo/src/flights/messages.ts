/**
 * What the child says to its parent: one JSON object a line on file descriptor 3, written synchronously, so that a
 * message has left before the child stands still or dies.
 *
 * @module
 */
import { writeSync } from "node:fs";
import type { Duration } from "@tidemark/core";

/** What the parent asks of a child. The child's only argument, as JSON. */
export interface Task {
  readonly feed: string;
  readonly sha256: string;
  readonly splits: number;
  readonly backend: "leveldb" | "memory";
  readonly parallelism: number;
  readonly bound: Duration;
  readonly interval: Duration;
  readonly state: string;
  readonly hours: string;
  readonly late: string;
  readonly stop: Stop | undefined;
}

/** Where a child has to stand still and wait for its end. */
export interface Stop {
  /** The named point; without one the child only says that it is armed. */
  readonly point: string | undefined;
  readonly occurrence: number;
  /** The schedule that the feed must have reached before passings count. `-Infinity` has no JSON: undefined counts all. */
  readonly armedFrom: number | undefined;
  /** The schedule at which it stands still wherever it is, because the point was not passed. */
  readonly givenUpFrom: number | undefined;
}

/** How far a child has come. */
export interface Progress {
  /** Records read in this attempt. */
  readonly records: number;
  /** The watermark, in milliseconds since the epoch; before the first and after the last one the latest schedule read. */
  readonly eventTime: number | undefined;
  /** The last completed checkpoint of this attempt. */
  readonly last: CheckpointFacts | undefined;
  readonly memoryBytes: number;
}

/** What is known of a completed checkpoint. */
export interface CheckpointFacts {
  readonly id: number;
  readonly durationMs: number;
  readonly bytes: number;
}

export type Message =
  /** A split is read in this attempt, from that byte on. In an attempt that restored nothing, others may follow. */
  | { readonly type: "split"; readonly byte: number; readonly restored: boolean }
  /** The first record was read. */
  | { readonly type: "reading" }
  | ({ readonly type: "progress" } & Progress)
  | { readonly type: "armed" }
  /** The head record lists a checkpoint: from now on the job restarts there. */
  | { readonly type: "completed"; readonly id: number }
  | { readonly type: "stopped"; readonly point: string; readonly progress: Progress }
  | { readonly type: "finished"; readonly progress: Progress }
  | { readonly type: "failed"; readonly reason: string };

/** Says something to the parent, now. */
export function say(message: Message): void {
  writeSync(3, `${JSON.stringify(message)}\n`);
}

/** Cuts a stream of text into messages. */
export function messageReader(take: (message: Message) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(JSON.parse(line) as Message);
  };
}
