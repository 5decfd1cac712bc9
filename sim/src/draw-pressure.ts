import { simS3 } from "@tidemark/backend-s3/testing";
import { durationMs } from "@tidemark/core/internal";
import type { FaultPlan, Settings, SimBackend, SimRandom } from "@tidemark/core/testing";

/** Draws what a run is pressed with besides faults, mostly nothing. */
export function drawPressure(random: SimRandom, settings: Settings): Settings {
  const intervalMs = intervalOf(settings);
  const backlog = random.fork();
  const few = random.fork();
  return fewKeyGroups(few, commitsPileUp(backlog, intervalMs, settings));
}

/** Checkpoints that are complete one after the other while the rows of the first are still on their way to be visible. */
function commitsPileUp(random: SimRandom, intervalMs: number, settings: Settings): Settings {
  if (!random.chance(0.1)) return settings;
  const { mode: _mode, alignedTimeout: _timeout, ...checkpoint } = settings.run.checkpoint ?? {};
  return {
    ...settings,
    run: { ...settings.run, checkpoint: { ...checkpoint, maxConcurrent: 2 + random.below(2) } },
    sink: { ...settings.sink, flushMs: intervalMs * 2, commitMs: intervalMs * 2 ** (2 + random.below(4)) },
  };
}

/** Checkpoints that have little time, so that they are given up at any step of theirs, and the attempt after several. */
export function drawHaste(random: SimRandom, settings: Settings): Settings {
  if (!random.chance(0.1)) return settings;
  return { ...settings, hasteMs: Math.ceil(intervalOf(settings) * 2 ** (random.next() * 6 - 3)) + 1 };
}

/** Few key groups, so that each has many keys, and another number of subtasks divides them unevenly. */
function fewKeyGroups(random: SimRandom, settings: Settings): Settings {
  if (!random.chance(0.2)) return settings;
  return { ...settings, run: { ...settings.run, keyGroups: 4 + random.below(13) } };
}

/** What an object store is pressed with, and what it needs to be. */
export interface Pressed {
  readonly backend: SimBackend;
  readonly settings: Settings;
  readonly plan: FaultPlan;
}

/**
 * A store that lists slowly, so that checkpoints become complete while a clean-up looks for what is superfluous, and effects that
 * fail, so that the attempt is over before it has found it.
 */
export function slowLists(random: SimRandom, { settings, plan }: Pressed): Pressed {
  const intervalMs = intervalOf(settings);
  const { mode: _mode, alignedTimeout: _timeout, ...checkpoint } = settings.run.checkpoint ?? {};
  const maxConcurrent = 2 + random.below(3);
  const failures = Array.from({ length: 2 + random.below(4) }, () => ({
    at: 40 + random.below(160),
    form: "refused" as const,
  }));
  const [first = [], ...later] = plan;
  return {
    backend: simS3({ name: "s3-small-slow", pieces: "small", listMs: intervalMs * 2 ** (1 + random.below(4)) }),
    settings: {
      ...settings,
      run: { ...settings.run, checkpoint: { ...checkpoint, maxConcurrent } },
      topic: { ...settings.topic, paceMs: intervalMs * (1 + random.below(3)), fetchMax: 1 + random.below(3) },
    },
    plan: [[...[first].flat(), ...failures], ...later],
  };
}

function intervalOf({ run }: Settings): number {
  const { interval = "1s" } = run.checkpoint ?? {};
  return interval === "none" ? 0 : durationMs(interval, "checkpoint.interval");
}
