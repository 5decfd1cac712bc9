import { formatTrial, parseTrial, shrinkTrial, symptomsOf, type Trial, type TrialReport } from "@tidemark/core/testing";

import { dagText } from "./dag/spec.ts";
import { drawRun } from "./draw-run.ts";
import { recordsOf, runTrialOf } from "./run-seed.ts";

const SHRINK_RUNS = 300;
const STORY_LINES = 40;

/** Makes a failing run smaller. */
export async function shrinkRun(failing: TrialReport): Promise<TrialReport> {
  const run = drawRun(failing.trial.seed);
  const symptoms = symptomsOf(failing);
  return await shrinkTrial(failing, {
    records: recordsOf(run),
    mayLeaveOut: true,
    runsMax: SHRINK_RUNS,
    attempt: async (trial) => {
      const report = await runTrialOf(run, trial);
      return [...symptomsOf(report)].some((symptom) => symptoms.has(symptom)) ? report : undefined;
    },
  });
}

/** Does one run again, from the line that a failure printed. @throws {RangeError} if it cannot be read. */
export async function replayRun(line: string): Promise<TrialReport> {
  const trial = parseTrial(line);
  return await runTrialOf(drawRun(trial.seed), trial);
}

/** Tells a run: what it was, what happened, what was wrong, and how to do it again. */
export function describeRun({ trial, story, violations }: TrialReport): string {
  const { backend, spec, settings } = drawRun(trial.seed);
  return [
    `seed ${trial.seed} on ${backend.name}: ${dagText(spec)}`,
    `  ${JSON.stringify(settings.run)}`,
    ...violations.slice(0, 5).map((text) => `  ! ${text}`),
    ...story.slice(0, STORY_LINES).map((line) => `    ${line}`),
    `  replay: npm run sim -- --replay ${JSON.stringify(replayLine(trial))}`,
  ].join("\n");
}

/** What `--replay` takes. */
export function replayLine(trial: Trial): string {
  return formatTrial(trial);
}
