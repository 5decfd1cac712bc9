import { TidemarkError } from "../../errors.ts";
import type { RowDifference } from "./judge.ts";

/**
 * What a simulation has found. `"faults"`: a run with faults is not what a run without any is. `"timing"`: two runs without
 * a fault differ. `"sources"`: so does one whose sources give records once more, or in another order. `"broken"`: the pipeline does not even run to its end when nothing goes wrong.
 */
export type SimulationFinding = "faults" | "timing" | "sources" | "broken";

/** The facts of a {@link SimulationError}, for programs. */
export interface SimulationFailure {
  /** In what way it failed. */
  readonly finding: SimulationFinding;
  /** What the `replay` option takes to do it again. */
  readonly replay: string;
  /** The seed of the smallest run that fails. */
  readonly seed: number;
  /** How many faults are left, and how many records. */
  readonly faults: number;
  /** How many records are left. */
  readonly records: number;
  /** What the simulator found wrong, in order. */
  readonly violations: readonly string[];
  /** The rows that are missing or too many, by sink. */
  readonly differences: readonly RowDifference[];
  /** What happened, in words and in order. */
  readonly story: readonly string[];
}

/** A simulated pipeline did what it must not. The message tells how it came about, and how to see it again. */
export class SimulationError extends TidemarkError {
  /** Always `"SimulationError"`. */
  override readonly name = "SimulationError";
  /** What was found, for programs. */
  readonly failure: SimulationFailure;

  /** The code is always SIMULATION_FAILED. */
  constructor(message: string, failure: SimulationFailure) {
    super("SIMULATION_FAILED", message, { details: { ...failure } });
    this.failure = failure;
  }
}

const ROWS_MAX = 5;
const STORY_LINES_MAX = 40;

/** Tells a failure: what is wrong, what happened, and the line that repeats it. */
export function failureMessage(pipeline: string, setting: string, failure: SimulationFailure): string {
  const { finding, violations, differences, story, replay } = failure;
  return [
    `${HEADS[finding](pipeline)}`,
    `  ${setting}`,
    ...differences.flatMap(({ sink, missing, unexpected }) => [
      `  sink "${sink}"`,
      ...rows("expected and missing", missing),
      ...rows("there and not expected", unexpected),
    ]),
    ...(differences.length > 0 ? [] : violations.slice(0, ROWS_MAX).map((text) => `  ${indented(text)}`)),
    "  what happened:",
    ...shortened(story).map((line) => `    ${line}`),
    `  replay: simulate(pipeline, { ...options, replay: ${JSON.stringify(replay)} })`,
  ].join("\n");
}

const HEADS: Readonly<Record<SimulationFinding, (pipeline: string) => string>> = {
  faults: (pipeline) => `Cannot rely on "${pipeline}": after a failure its output is not that of a run without one`,
  timing: (pipeline) =>
    `Cannot judge "${pipeline}": without any fault its output depends on timing. ` +
    "If only the last row of each key counts, give the sink lastBy",
  sources: (pipeline) =>
    `Cannot rely on "${pipeline}": where its sources give records once more, or late, its output is not that of a run in order`,
  broken: (pipeline) => `Cannot simulate "${pipeline}": it does not run to its end even without a fault`,
};

function rows(what: string, texts: readonly string[]): readonly string[] {
  if (texts.length === 0) return [];
  const more = texts.length > ROWS_MAX ? [`      and ${texts.length - ROWS_MAX} more`] : [];
  return [`    ${what}:`, ...texts.slice(0, ROWS_MAX).map((text) => `      ${text}`), ...more];
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}

/** The beginning, and the end, of a long story. */
function shortened(story: readonly string[]): readonly string[] {
  if (story.length <= STORY_LINES_MAX) return story;
  const half = STORY_LINES_MAX / 2;
  return [...story.slice(0, half), `… ${story.length - 2 * half} lines …`, ...story.slice(-half)];
}
