import { newest, oldest, type SchedulePolicy, starve, uniform } from "./policy.ts";
import { drawPriorities, priority } from "./priority.ts";
import type { SimRandom } from "./random.ts";
import { drawSwizzle } from "./swizzle.ts";

/** A policy of one run: some of them remember what they have decided. */
export interface DrawnPolicy {
  /** Which one it is. */
  readonly name: string;
  /** Decides what happens next. */
  readonly policy: SchedulePolicy;
  /** Decides which of the ready subtasks goes on. Default: the process chooses by itself. */
  readonly pick?: (ready: readonly object[]) => number;
}

/** How many runs are scheduled by strict priorities, and how many of the others swizzle. */
const PRIORITIES = 0.15;
const SWIZZLES = 0.15;

/** A policy drawn by the seed, for runs that do not care which. */
export function drawPolicy(random: SimRandom): DrawnPolicy {
  const simple: readonly DrawnPolicy[] = [
    { name: "uniform", policy: uniform },
    { name: "uniform", policy: uniform },
    { name: "oldest", policy: oldest },
    { name: "newest", policy: newest },
    ...["sink", "db", "source", "turn"].map((which) => ({ name: "starve", policy: starve(which) })),
  ];
  const drawn = simple[random.below(simple.length)]!;
  if (random.chance(PRIORITIES)) return drawPriority(random);
  return random.chance(SWIZZLES) ? { name: "swizzle", policy: drawSwizzle(random) } : drawn;
}

/** Events and subtasks have priorities of one kind, and change points count both. */
function drawPriority(random: SimRandom): DrawnPolicy {
  const highest = drawPriorities(random);
  return { name: "priority", policy: priority(highest), pick: highest };
}
