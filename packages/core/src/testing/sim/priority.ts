import type { SchedulePolicy } from "./policy.ts";
import type { SimRandom } from "./random.ts";

/** How often priorities change, and for how long they decide. */
export interface PriorityOptions {
  /** After how many decisions whoever goes on is put below all others; in any order. */
  readonly changePoints: readonly number[];
  /** For how many decisions priorities count; after that each choice is as likely as any other, so that nobody starves for ever. */
  readonly decisionsMax: number;
}

/** Gives the index of the highest of those that could go on, the first of several with the same name; there is one at least. */
export type Priorities = (who: readonly unknown[]) => number;

/**
 * Strict priorities with change points, as in PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte: "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs", ASPLOS 2010): who competes gets a random priority when it is first seen, the
 * highest one always goes on, and at each change point the one that does is put below all others. A bug that takes few
 * orderings is met with a probability that does not depend on how many others compete. The fair end is not of the paper, which
 * looks at programs that end by themselves.
 *
 * @example
 * ```ts
 * import { priorities, simRandom } from "@tidemark/core/testing";
 *
 * const highest = priorities(simRandom(1), { changePoints: [], decisionsMax: 100 });
 * const who = ["reader", "sink", "timer"];
 * console.log(highest(who) === highest(who));
 * // prints true
 * ```
 */
export function priorities(random: SimRandom, { changePoints, decisionsMax }: PriorityOptions): Priorities {
  const demotes = new Set(changePoints);
  const priorityOf = new Map<unknown, number>();
  let decisions = 0;
  let lowest = 0;
  return (who) => {
    if (decisions >= decisionsMax) return random.below(who.length);
    for (const one of who) if (!priorityOf.has(one)) priorityOf.set(one, random.next());
    const each = who.map((one) => priorityOf.get(one)!);
    const best = each.indexOf(Math.max(...each));
    if (demotes.has(decisions++)) priorityOf.set(who[best], --lowest);
    return best;
  };
}

/**
 * Who has a priority is a kind of event of one process, such as `1:db.batch`; of one kind the oldest comes first.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, priorities, priority, runScenario, simRandom } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * const policy = priority(priorities(simRandom(1), { changePoints: [3, 40], decisionsMax: 500 }));
 * console.log((await runScenario(scenario, 1, [], { policy })).violations);
 * // prints []
 * ```
 */
export function priority(highest: Priorities): SchedulePolicy {
  return (choices) => {
    const inOrder = choices.toSorted((left, right) => left.seq - right.seq);
    return choices.indexOf(inOrder[highest(inOrder.map(({ label }) => label))]!);
  };
}

const CHANGE_POINTS_MAX = 16;

/** Draws how many change points there are, and where: short runs take a hundred decisions, long ones thousands. */
export function drawPriorities(random: SimRandom): Priorities {
  const decisionsMax = 2 ** (5 + random.below(8));
  const changePoints = Array.from({ length: 1 + random.below(CHANGE_POINTS_MAX) }, () => random.below(decisionsMax));
  return priorities(random, { changePoints, decisionsMax });
}
