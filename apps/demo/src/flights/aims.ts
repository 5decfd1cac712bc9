/**
 * Where to kill the job: a list of aims drawn from the seed, so that one run hits different phases of a checkpoint and a
 * run can be repeated.
 *
 * @module
 */
import type { PointName } from "@tidemark/core";
import { below, type Chance, chance, shuffled } from "./chance.ts";

/** One kill to be. */
export interface Aim {
  /** The phase, in words. */
  readonly phase: string;
  /** The named point of the engine to stop at. Without one the job is killed at some moment. */
  readonly point: PointName | undefined;
  /** How often the point is passed, once the aim is armed, until the job stops there. From 1. */
  readonly occurrence: number;
  /** The share of the feed that has been read when the aim is armed. 0 for an aim at a restore. */
  readonly armedAt: number;
  /** The share of the feed at which the point is waited for no longer. */
  readonly givenUpAt: number;
  /** For a kill at some moment: how long after it is armed. */
  readonly delayMs: number;
}

interface Phase {
  readonly name: string;
  readonly points: readonly [PointName, ...PointName[]] | undefined;
}

const RESTORE = "while restoring";

/** Everything there is to hit. */
export const PHASES: readonly Phase[] = [
  { name: "while the barrier travels", points: ["checkpoint.triggered", "alignment.started", "alignment.ended"] },
  { name: "while the snapshot is written", points: ["snapshot.frozen", "snapshot.writing", "snapshot.written"] },
  { name: "around the manifest", points: ["manifest.writing", "manifest.written"] },
  { name: "before the head record", points: ["head.writing"] },
  { name: "between head record and commit", points: ["head.written"] },
  { name: "inside the commit", points: ["commit.starting", "commit.done"] },
  { name: "while releasing old state", points: ["release.starting", "release.done"] },
  { name: RESTORE, points: ["restore.starting", "restore.state", "restore.done"] },
  { name: "at any moment", points: undefined },
];

/** From this share of the feed on nothing is armed any more, so that what is aimed at is also hit. */
const ARMED_MAX = 0.85;
/**
 * In a long run a point that is not passed in so large a share of the feed is given up, and no later than shortly before
 * its end. In a short one its turn comes with the last checkpoint.
 */
const PATIENCE = 0.35;
const GIVEN_UP_MAX = 0.97;
/** With this many rows or more there are checkpoints enough to let a slice of a snapshot pass, and a second is soon over. */
const ROWS_LONG = 2_000_000;
const SLICES_MAX = 2;
const MOMENT_MS = 1_000;

/** What the aims depend on. */
export interface AimOptions {
  readonly kills: number;
  readonly seed: number;
  readonly rows: number;
  readonly parallelism: number;
}

/** The aims of a run, in the order in which they are hit. */
export function drawAims(options: AimOptions): Aim[] {
  const random = chance(options.seed);
  const phases = drawPhases(options.kills, random);
  const timed = phases.filter((phase) => phase.name !== RESTORE).length;
  let place = 0;
  return phases.map((drawn) => {
    const phase = drawn.name;
    const point = drawPoint(drawn, options.parallelism, random);
    const slices = point === "snapshot.writing" && options.rows >= ROWS_LONG ? SLICES_MAX : 1;
    const occurrence = 1 + below(slices, random);
    const armedAt = ((place + random()) / timed) * ARMED_MAX;
    const givenUpAt = options.rows < ROWS_LONG ? 1 : Math.min(armedAt + PATIENCE, GIVEN_UP_MAX);
    const delayMs = random() * MOMENT_MS * Math.min(1, options.rows / ROWS_LONG);
    if (phase === RESTORE) return { phase, point, occurrence, armedAt: 0, givenUpAt: 1, delayMs: 0 };
    place++;
    return { phase, point, occurrence, armedAt, givenUpAt, delayMs: point === undefined ? delayMs : 0 };
  });
}

/** One of the points of a phase. With one subtask everywhere no gate has channels to align. */
function drawPoint({ points }: Phase, parallelism: number, random: Chance): PointName | undefined {
  const passed = points?.filter((point) => parallelism > 1 || !point.startsWith("alignment.")) ?? [];
  return passed[below(passed.length, random)];
}

/** Every phase once before any comes twice. A restore is hit after another kill: the first start restores nothing. */
function drawPhases(kills: number, random: Chance): Phase[] {
  const drawn: Phase[] = [];
  while (drawn.length < kills) drawn.push(...shuffled(PHASES, random));
  const phases = drawn.slice(0, kills);
  const other = phases.findIndex((phase) => phase.name !== RESTORE);
  if (other > 0) [phases[0], phases[other]] = [phases[other]!, phases[0]!];
  if (phases.length === 1 && phases[0]!.name === RESTORE) return drawn.slice(1, 2);
  return phases;
}
