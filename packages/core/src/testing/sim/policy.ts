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

/**
 * Each choice is as likely as any other.
 *
 * @example
 * ```ts
 * import { simRandom, uniform } from "@tidemark/core/testing";
 *
 * const choices = [{ seq: 1, label: "1:db.batch" }, { seq: 2, label: "2:db.batch" }, { seq: 3, label: "2:sink.commit" }];
 * console.log(uniform(choices, simRandom(1)) < choices.length);
 * // prints true
 * ```
 */
export const uniform: SchedulePolicy = (choices, random) => (choices.length === 1 ? 0 : random.below(choices.length));

/**
 * First come, first served: what a quiet machine would do.
 *
 * @example
 * ```ts
 * import { oldest, simRandom } from "@tidemark/core/testing";
 *
 * const choices = [{ seq: 1, label: "1:db.batch" }, { seq: 2, label: "2:db.batch" }, { seq: 3, label: "2:sink.commit" }];
 * console.log(choices[oldest(choices, simRandom(1))]?.label);
 * // prints 1:db.batch
 * ```
 */
export const oldest: SchedulePolicy = (choices) =>
  choices.reduce((best, { seq }, index) => (seq < choices[best]!.seq ? index : best), 0);

/**
 * Last come, first served, with an occasional older one: what has waited long goes on waiting.
 *
 * @example
 * ```ts
 * import { newest, simWorld } from "@tidemark/core/testing";
 *
 * const world = simWorld(1, { policy: newest });
 * const process = world.spawn();
 * process.start(() => process.effect({ name: "disk.write", apply: () => undefined }));
 * await world.run(process);
 * console.log(world.effects.map(({ name }) => name));
 * // prints ["disk.write"]
 * ```
 */
export const newest: SchedulePolicy = (choices, random) =>
  random.chance(0.1)
    ? uniform(choices, random)
    : choices.reduce((best, { seq }, index) => (seq > choices[best]!.seq ? index : best), 0);

/**
 * Keeps one kind of thing waiting for as long as anything else can happen, nearly always. Kinds are told apart by their
 * label; which one starves depends on `which`.
 *
 * @example
 * ```ts
 * import { simRandom, starve } from "@tidemark/core/testing";
 *
 * const choices = [{ seq: 1, label: "1:db.batch" }, { seq: 2, label: "2:db.batch" }, { seq: 3, label: "2:sink.commit" }];
 * const policy = starve("commit");
 * console.log(policy(choices, simRandom(1)) < choices.length);
 * // prints true
 * ```
 */
export function starve(which: string): SchedulePolicy {
  return (choices, random) => {
    const index = uniform(choices, random);
    if (!choices[index]!.label.includes(which) || random.chance(0.05)) return index;
    return uniform(choices, random);
  };
}
