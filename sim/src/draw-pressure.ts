import { durationMs } from "@tidemark/core/internal";
import type { Settings, SimRandom } from "@tidemark/core/testing";

/** Draws what a run is pressed with besides faults, mostly nothing. */
export function drawPressure(random: SimRandom, settings: Settings): Settings {
  const { interval = "1s" } = settings.run.checkpoint ?? {};
  const intervalMs = interval === "none" ? 0 : durationMs(interval, "checkpoint.interval");
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

/** Few key groups, so that each has many keys, and another number of subtasks divides them unevenly. */
function fewKeyGroups(random: SimRandom, settings: Settings): Settings {
  if (!random.chance(0.2)) return settings;
  return { ...settings, run: { ...settings.run, keyGroups: 4 + random.below(13) } };
}
