import type { SimRandom } from "./random.ts";

/** Something that a world could do next. */
export interface SimChoice {
  /** Grows with each thing that became possible. */
  readonly seq: number;
  /** What it is, such as `1:db.batch`. */
  readonly label: string;
}

/** None of the things that could happen: time passes up to the next timer. With none within a second the oldest happens all the same. */
export const HOLD = -1;

/** Picks what happens next among the things that could. Gives an index, or {@link HOLD}; `choices` is never empty. */
export type SchedulePolicy = (choices: readonly SimChoice[], random: SimRandom) => number;

/** Each choice is as likely as any other. */
export const uniform: SchedulePolicy = (choices, random) => (choices.length === 1 ? 0 : random.below(choices.length));

/** First come, first served: what a quiet machine would do. */
export const oldest: SchedulePolicy = (choices) =>
  choices.reduce((best, { seq }, index) => (seq < choices[best]!.seq ? index : best), 0);

/** Last come, first served, with an occasional older one: what has waited long goes on waiting. */
export const newest: SchedulePolicy = (choices, random) =>
  random.chance(0.1)
    ? uniform(choices, random)
    : choices.reduce((best, { seq }, index) => (seq > choices[best]!.seq ? index : best), 0);

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
