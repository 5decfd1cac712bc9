/** Where to kill the job: a list of aims drawn from the seed. */
import type { PointName } from "@tidemark/core";
import { drawn } from "../proxy/faults.ts";

/** The phases of a job's life that have to be hit, as the histogram names them. */
export const PHASES = [
  "alignment",
  "snapshot write",
  "manifest write",
  "head update",
  "between head and commit",
  "inside commit",
  "release",
  "fold or compaction",
  "restore",
  "second kill during restore",
  "any moment",
] as const;

export type PhaseName = (typeof PHASES)[number];

/** The phase that takes two lives. */
export const SECOND_KILL: PhaseName = "second kill during restore";

/** One kill to be. */
export interface Aim {
  readonly phase: PhaseName;
  /** Where the phase begins; `undefined`: at no point of the engine. */
  readonly from: PointName | undefined;
  /** Where it ends: the job is killed there at the latest. */
  readonly to: PointName | undefined;
  /** How many checkpoints this life completes before it counts. */
  readonly afterCheckpoints: number;
  /** How often `from` is passed until it counts, from 1. */
  readonly occurrence: number;
  /** From there on, how long until the kill. 0: in the very call. */
  readonly delayMs: number;
  /** Of the job in this life. */
  readonly parallelism: number;
}

interface Stretch {
  readonly from: PointName;
  readonly to?: PointName;
  /** The longest delay. Without one the kill is at `from` itself. */
  readonly lastsMs?: number;
}

/** Stretches of the engine's own points. The work inside them goes on while the delay passes. */
const STRETCHES: Readonly<Record<PhaseName, readonly Stretch[]>> = {
  alignment: [{ from: "alignment.started", to: "alignment.ended", lastsMs: 2 }],
  "snapshot write": [
    { from: "snapshot.frozen", to: "snapshot.written", lastsMs: 6 },
    { from: "snapshot.writing", to: "snapshot.written", lastsMs: 12 },
    { from: "snapshot.written" },
  ],
  "manifest write": [{ from: "manifest.writing", to: "manifest.written", lastsMs: 6 }],
  "head update": [{ from: "head.writing", to: "head.written", lastsMs: 6 }],
  "between head and commit": [{ from: "head.written" }],
  "inside commit": [{ from: "commit.starting", to: "commit.done", lastsMs: 4 }],
  release: [{ from: "release.starting", to: "release.done", lastsMs: 6 }, { from: "release.done" }],
  // Of segments. LevelDB compacts in threads of its own, where no point is passed: the child watches its files.
  "fold or compaction": [{ from: "fold.starting", to: "fold.done", lastsMs: 4 }],
  restore: [
    { from: "restore.starting", to: "restore.done", lastsMs: 12 },
    { from: "restore.state", to: "restore.done", lastsMs: 4 },
    { from: "restore.done" },
  ],
  "second kill during restore": [
    { from: "restore.starting", to: "restore.done", lastsMs: 12 },
    { from: "restore.state", to: "restore.done", lastsMs: 4 },
  ],
  "any moment": [],
};

/** A kill at any moment comes within so long of the first checkpoint. */
const MOMENT_MS = 300;

/** The aims of a run, in order. A restore follows another kill; the second one of a restore follows the first. */
export function drawAims(kills: number, seed: number): readonly Aim[] {
  const aims: Aim[] = [];
  for (let round = 0; aims.length < kills; round++) {
    const order = PHASES.map((phase) => ({ phase, place: drawn(`${seed} ${round} ${phase}`) })).toSorted(
      (a, b) => a.place - b.place,
    );
    for (const { phase } of order) {
      // The first life restores nothing, so neither kind of restore may be the first.
      if (aims.length === 0 && phase.includes("restore")) aims.push(aimAt("any moment", `${seed} first`));
      // The kill before the second one has to be inside of its restore, not at the end of it.
      if (phase === SECOND_KILL) aims.push({ ...aimAt(phase, `${seed} ${round} before`), phase: "restore" });
      aims.push(aimAt(phase, `${seed} ${round} aim ${phase}`));
    }
  }
  return aims.slice(0, kills);
}

function aimAt(phase: PhaseName, seed: string): Aim {
  const draw = (what: string): number => drawn(`${seed} ${what}`);
  const stretches = STRETCHES[phase];
  const stretch = stretches[Math.floor(draw("stretch") * stretches.length)];
  const longest = phase === "any moment" ? MOMENT_MS : (stretch?.lastsMs ?? 0);
  const isRestore = phase === "restore" || phase === SECOND_KILL;
  return {
    phase,
    from: stretch?.from,
    to: stretch?.to,
    // Mostly one, so that the job comes forward: whatever kills it before the head takes the whole checkpoint along.
    afterCheckpoints: isRestore ? 0 : draw("checkpoints") < 0.8 ? 1 : 2,
    occurrence: stretch?.from === "snapshot.writing" ? 1 + Math.floor(draw("occurrence") * 3) : 1,
    // A third of the kills strike in the very call of the point.
    delayMs: draw("at once") < 1 / 3 ? 0 : draw("delay") * longest,
    parallelism: draw("parallelism") < 0.9 ? 2 : 3,
  };
}
