import { ConfigurationError } from "./errors.ts";
import { shown } from "./shown.ts";

/** What refuses an option or an argument: how it is called, what was found, and what it has to be. */
export function invalidOption(name: string, found: unknown, wanted: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot use ${name} ${shown(found)}: ${wanted}`, {
    details: { option: name, found },
  });
}

/**
 * Looks at an option that is left out or of one kind.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is of another kind.
 */
export function checkKind(name: string, found: unknown, kind: "function" | "object" | "boolean"): void {
  if (found === undefined || (typeof found === kind && found !== null)) return;
  throw invalidOption(name, found, `it must be ${kind === "object" ? "an" : "a"} ${kind}`);
}

/**
 * Looks at what a step is to call.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no function.
 */
export function checkFunction(step: string, found: unknown): void {
  if (typeof found !== "function") throw invalidOption(`the function of ${step}`, found, "it must be a function");
}

/**
 * Looks at what a step is to call for each record, in its turn.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no function, or one that only promises what it gives.
 */
export function checkCalled(step: string, found: unknown): void {
  checkFunction(step, found);
  const kind = String((found as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]);
  if (!kind.startsWith("Async")) return;
  throw invalidOption(
    `the function of ${step}`,
    found,
    "nothing waits for a promise there. Use asyncMap of @tidemark/core/async",
  );
}

/**
 * Looks at an option that counts something.
 *
 * @returns what was found.
 * @throws {ConfigurationError} OPTION_INVALID if it is no whole number, or less than `least`.
 */
export function checkWhole(name: string, found: number, least: number): number {
  if (Number.isSafeInteger(found) && found >= least) return found;
  throw invalidOption(name, found, `it must be a whole number, at least ${least}`);
}
