import { unaligned } from "@tidemark/core";

import type { DagSpec } from "./dag/spec.ts";
import type { SwarmRun } from "./draw-run.ts";

/**
 * Runs that a bug can show in at all. In any other run its code is not reached, or does what it did before: such a run can be
 * counted as sound without being made.
 */
export const WHERE = {
  leveldb: (run: SwarmRun): boolean => isOn(run, "leveldb"),
  /** Where what was not synced goes in any order. */
  "lost-in-any-order": (run: SwarmRun): boolean =>
    isOn(run, "leveldb-given") && run.plan.flat().some(({ power }) => power === true),
  /** Where a part of the job can restart alone. */
  regions: ({ spec }: SwarmRun): boolean => regionsIn(spec) > 1,
  "regions-on-leveldb": (run: SwarmRun): boolean => isOn(run, "leveldb") && regionsIn(run.spec) > 1,
  /** Where two checkpoints can be under way. */
  overlapping: ({ settings: { run, move } }: SwarmRun): boolean =>
    move !== undefined || (run.checkpoint?.maxConcurrent ?? 1) > 1,
  /** Where barriers overtake. */
  unaligned: ({ settings: { run } }: SwarmRun): boolean => run.checkpoint?.mode === unaligned,
  /** Where effects fail, and the process lives. */
  failures: ({ plan }: SwarmRun): boolean =>
    plan.flat().some(({ form }) => form === "refused" || form === "unanswered"),
  /** Where a process may meet another one's effects, besides its own. */
  s3: (run: SwarmRun): boolean => isOn(run, "s3"),
  /** Where clean-ups are overtaken by the checkpoints behind them. */
  "slow-lists": (run: SwarmRun): boolean => isOn(run, "s3-small-slow"),
  /** Where objects are written in parts. */
  parts: (run: SwarmRun): boolean => isOn(run, "s3-small"),
  /** Where each entry is an object. */
  tiny: (run: SwarmRun): boolean => isOn(run, "s3-small-tiny"),
  /** Where positions of sources are left out. */
  gaps: ({ settings: { topic } }: SwarmRun): boolean => (topic.gaps ?? 0) > 0,
  /** Where sources give records more than once. */
  redelivery: ({ settings: { topic } }: SwarmRun): boolean => (topic.redelivers ?? 0) > 0,
  /** Where the ends of splits are told late. */
  "late-ends": ({ settings: { topic } }: SwarmRun): boolean => (topic.lateEndMs ?? 0) > 0,
  damage: (run: SwarmRun): boolean => isSpoilt(run),
  /** Where segments lie in objects of their own, and may be spoilt there. */
  "damage-of-segments": (run: SwarmRun): boolean => isSpoilt(run) && isOn(run, "s3-small"),
  "damage-of-rows": (run: SwarmRun): boolean => isSpoilt(run) && isOn(run, "leveldb"),
  /** Where little state stays in memory. */
  limited: ({ settings: { run } }: SwarmRun): boolean => run.stateBytes !== undefined,
  /** Where checkpoints have little time. */
  hasty: ({ settings: { hasteMs } }: SwarmRun): boolean => hasteMs !== undefined,
  /** Where a life has another number of subtasks than one before. */
  rescaled: ({ settings }: SwarmRun): boolean => new Set(settings.run.parallelism).size > 1,
  /** Where a savepoint stops the job. */
  moved: ({ settings: { move } }: SwarmRun): boolean => move !== undefined && move.how !== "stay",
} as const satisfies Readonly<Record<string, (run: SwarmRun) => boolean>>;

/** The name of some runs. */
export type Where = keyof typeof WHERE;

export function isWhere(name: string): name is Where {
  return Object.hasOwn(WHERE, name);
}

/** How many parts of a pipeline share nothing. */
function regionsIn(spec: DagSpec): number {
  const partOf = spec.map((_, index) => index);
  const rootOf = (index: number): number => (partOf[index] === index ? index : rootOf(partOf[index]!));
  for (const [index, step] of spec.entries()) {
    if (step.kind === "source") continue;
    partOf[rootOf(index)] = rootOf(step.from);
    if ("other" in step) partOf[rootOf(index)] = rootOf(step.other);
  }
  return spec.filter((_, index) => rootOf(index) === index).length;
}

function isOn({ backend, settings: { move } }: SwarmRun, name: string): boolean {
  return backend.name.startsWith(name) || move?.backend.name.startsWith(name) === true;
}

function isSpoilt({ plan }: SwarmRun): boolean {
  return plan.flat().some(({ damage }) => damage !== undefined);
}
