import type { SimRandom } from "./random.ts";

/** Something that a world could do next. */
export interface SimChoice {
  /** Grows with each thing that became possible. */
  readonly seq: number;
  /** What it is, such as `1:db.batch`. */
  readonly label: string;
}

/** Picks what happens next among the things that could. Gives an index; `choices` is never empty. */
export type SchedulePolicy = (choices: readonly SimChoice[], random: SimRandom) => number;

/** Each choice is as likely as any other. */
export const uniform: SchedulePolicy = (choices, random) => (choices.length === 1 ? 0 : random.below(choices.length));

/** First come, first served: what a quiet machine would do. */
export const oldest: SchedulePolicy = (choices) => {
  let best = 0;
  for (let index = 1; index < choices.length; index++) {
    if (choices[index]!.seq < choices[best]!.seq) best = index;
  }
  return best;
};

/** Last come, first served, with an occasional older one: what has waited long goes on waiting. */
export const newest: SchedulePolicy = (choices, random) => {
  if (random.chance(0.1)) return uniform(choices, random);
  let best = 0;
  for (let index = 1; index < choices.length; index++) {
    if (choices[index]!.seq > choices[best]!.seq) best = index;
  }
  return best;
};

/**
 * Keeps one kind of thing waiting for as long as anything else can happen, nearly always. Kinds are told apart by their
 * label; which one starves depends on `which`.
 */
export function starve(which: string): SchedulePolicy {
  return (choices, random) => {
    const index = uniform(choices, random);
    if (!choices[index]!.label.includes(which) || random.chance(0.05)) return index;
    return uniform(choices, random);
  };
}

/** A policy drawn by the seed, for runs that do not care which. */
export function drawPolicy(random: SimRandom): SchedulePolicy {
  const policies = [uniform, uniform, oldest, newest, starve("sink"), starve("db"), starve("source"), starve("turn")];
  return policies[random.below(policies.length)]!;
}
