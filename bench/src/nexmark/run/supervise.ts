/** Starts a job, lets it be killed, and starts it again, as often as was asked for. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import type { PointName } from "@tidemark/core";

import { live } from "./life.ts";
import type { Kill, Task } from "./task.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const STDERR_CHARACTERS_MAX = 8_000;

/** Where lives end, by turns: in each step of a checkpoint. */
const POINTS: readonly PointName[] = [
  "checkpoint.triggered",
  "snapshot.writing",
  "snapshot.written",
  "manifest.writing",
  "manifest.written",
  "head.writing",
  "head.written",
  "commit.starting",
  "commit.done",
  "release.starting",
];

/** Draws from 0 up to, without, 1. */
export type Draw = () => number;

/** How often a job is killed, and where. */
export interface Crashes {
  readonly count: number;
  readonly seed: number;
  /** The number of events in the file. */
  readonly events: number;
}

/** The deaths that a seed draws. Together they leave the job time to come to its end. */
export function drawKills({ count, seed, events }: Crashes): readonly Kill[] {
  const draw = randomOf(seed);
  const share = Math.max(1, Math.floor((2 * events) / (count + 1)));
  return Array.from({ length: count }, () => ({
    afterEvents: Math.floor(draw() * share),
    point: POINTS[Math.floor(draw() * POINTS.length)]!,
  }));
}

/**
 * Runs a job to its end.
 *
 * @returns how often it was killed.
 * @throws {Error} if it failed by itself.
 */
export async function supervise(task: Omit<Task, "kill">, kills: readonly Kill[]): Promise<number> {
  for (const kill of kills) await dieOnce({ ...task, kill });
  await live({ ...task, kill: undefined });
  return kills.length;
}

/** Runs a life in a process of its own, and waits for its violent end. */
function dieOnce(task: Task): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, CHILD, JSON.stringify(task)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS_MAX);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal === "SIGKILL") resolve();
      else reject(new Error(`Cannot go on: the job failed by itself. ${stderr || `It ended with ${signal ?? code}`}`));
    });
  });
}

/** Mulberry32, by Tommy Ettinger: small, and good enough to choose places with. */
function randomOf(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
