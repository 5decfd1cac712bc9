import { type FaultPlan, formatPlan, parsePlan } from "../sim/plan.ts";
import { Selection } from "./selection.ts";

/** One run of a simulation, with everything that decides it. */
export interface Trial {
  /** Decides all that is not said. */
  readonly seed: number;
  /** The faults. */
  readonly plan: FaultPlan;
  /** The subtasks of each step, in all lives. `undefined`: as the seed or the options say. */
  readonly parallelism?: number | undefined;
  /** The records that take part. `undefined`: all. */
  readonly records?: Selection | undefined;
}

/**
 * Writes a trial as one word.
 *
 * @example
 * ```ts
 * import { formatTrial } from "@tidemark/core/testing";
 *
 * console.log(formatTrial({ seed: 7, plan: [{ at: 41, form: "before" }], parallelism: 2 }));
 * // prints seed=7;faults=41:before;parallelism=2
 * ```
 */
export function formatTrial({ seed, plan, parallelism, records }: Trial): string {
  const parts = [`seed=${seed}`, `faults=${formatPlan(plan)}`];
  if (parallelism !== undefined) parts.push(`parallelism=${parallelism}`);
  if (records !== undefined) parts.push(`records=${records.toString()}`);
  return parts.join(";");
}

/**
 * Reads what {@link formatTrial} wrote.
 *
 * @throws {RangeError} if the text is no trial.
 *
 * @example
 * ```ts
 * import { formatTrial, parseTrial } from "@tidemark/core/testing";
 *
 * const text = formatTrial({ seed: 7, plan: [] });
 * console.log(parseTrial(text).seed);
 * // prints 7
 * ```
 */
export function parseTrial(text: string): Trial {
  const words = new Map<string, string>();
  for (const part of text.trim().split(";")) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(part) ?? [];
    if (name === undefined || value === undefined || !NAMES.has(name)) throw unreadable(text);
    words.set(name, value);
  }
  const seed = words.get("seed");
  const parallelism = words.get("parallelism");
  const records = words.get("records");
  if (seed === undefined || ![seed, parallelism ?? "1"].every((number) => /^\d+$/.test(number))) throw unreadable(text);
  return {
    seed: Number(seed),
    plan: parsePlan(words.get("faults") ?? "none"),
    ...(parallelism === undefined ? {} : { parallelism: Number(parallelism) }),
    ...(records === undefined ? {} : { records: Selection.parse(records) }),
  };
}

const NAMES: ReadonlySet<string> = new Set(["seed", "faults", "parallelism", "records"]);

function unreadable(text: string): RangeError {
  return new RangeError(
    `Cannot replay ${JSON.stringify(text)}: expected the line of a failure, such as "seed=7;faults=41:after"`,
  );
}
