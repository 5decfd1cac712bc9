import { invalidOption } from "@tidemark/core/internal";

/**
 * The value of an option that counts something.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is not a whole number of at least `least`.
 */
export function countOption(name: string, value: number | undefined, fallback: number, least: number = 1): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalidOption(name, value, `it is a whole number from ${least} up`);
}

/**
 * The value of an option that says how often something happens in a second.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is not a number above zero.
 */
export function rateOption(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw invalidOption(name, value, "it is a number above 0");
}
