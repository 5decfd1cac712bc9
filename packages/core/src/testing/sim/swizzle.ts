import { HOLD, type SchedulePolicy, uniform } from "./policy.ts";
import type { SimRandom } from "./random.ts";

/** How a swizzle goes. */
export interface SwizzleOptions {
  /** How often it is done; after that nothing is held back any more. */
  readonly rounds: number;
  /** The most decisions from one kind that is held back, or let go, to the next one. */
  readonly decisionsMax: number;
}

/**
 * Holds kinds of events back as FoundationDB's simulator clogs links in its "swizzle" (Will Wilson, "Testing Distributed
 * Systems w/ Deterministic Simulation", Strange Loop 2014): some of those that were seen are held back one after the other,
 * and let go one after the other in another order. Meanwhile time passes, also when nothing can happen but timers.
 * Each round ends, and so do the rounds. A kind is told by its label, such as `1:db.batch`.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, runScenario, simRandom, swizzle } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * const policy = swizzle(simRandom(1), { rounds: 2, decisionsMax: 100 });
 * console.log((await runScenario(scenario, 1, [], { policy })).violations);
 * // prints []
 * ```
 */
export function swizzle(random: SimRandom, { rounds, decisionsMax }: SwizzleOptions): SchedulePolicy {
  const seen = new Set<string>();
  const held = new Set<string>();
  /** Each label twice: when it is held back, and when it is let go. */
  let moves: string[] = [];
  let roundsLeft = rounds;
  const step = (): number => 1 + random.below(decisionsMax);
  let wait = step();

  const move = (): void => {
    wait = step();
    const label = moves.shift();
    if (label === undefined) {
      if (roundsLeft-- <= 0) return;
      const some = shuffled(seen, random).slice(0, 1 + random.below(seen.size));
      moves = [...some, ...shuffled(some, random)];
      seen.clear();
    } else if (!held.delete(label)) held.add(label);
  };

  return (choices, schedule) => {
    for (const { label } of choices) seen.add(label);
    if (--wait === 0) move();
    const free = choices.filter(({ label }) => !held.has(label));
    return free.length === 0 ? HOLD : choices.indexOf(free[uniform(free, schedule)]!);
  };
}

function shuffled<T>(values: Iterable<T>, random: SimRandom): readonly T[] {
  const left = [...values];
  return [...left].map(() => left.splice(random.below(left.length), 1)[0]!);
}

/** Draws how often, and how long things are held back: runs take a hundred to thousands of decisions. */
export function drawSwizzle(random: SimRandom): SchedulePolicy {
  return swizzle(random, { rounds: 1 + random.below(4), decisionsMax: 2 ** (1 + random.below(4)) });
}
