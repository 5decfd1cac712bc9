import type { SwarmRun } from "./draw-run.ts";

/**
 * Runs that a bug can show in at all. In any other run its code is not reached, or does what it did before: such a run can be
 * counted as sound without being made.
 */
export const WHERE = {
  leveldb: (run: SwarmRun): boolean => isOn(run, "leveldb"),
  /** Where a process may meet another one's effects, besides its own. */
  s3: (run: SwarmRun): boolean => isOn(run, "s3"),
  /** Where clean-ups are overtaken by the checkpoints behind them. */
  "slow-lists": (run: SwarmRun): boolean => isOn(run, "s3-small-slow"),
  /** Where objects are written in parts. */
  parts: (run: SwarmRun): boolean => isOn(run, "s3-small"),
  damage: (run: SwarmRun): boolean => isSpoilt(run),
  /** Where segments lie in objects of their own, and may be spoilt there. */
  "damage-of-segments": (run: SwarmRun): boolean => isSpoilt(run) && isOn(run, "s3-small"),
  "damage-of-rows": (run: SwarmRun): boolean => isSpoilt(run) && isOn(run, "leveldb"),
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

function isOn({ backend, settings: { move } }: SwarmRun, name: string): boolean {
  return backend.name.startsWith(name) || move?.backend.name.startsWith(name) === true;
}

function isSpoilt({ plan }: SwarmRun): boolean {
  return plan.flat().some(({ damage }) => damage !== undefined);
}
