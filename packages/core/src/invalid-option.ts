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
  mustBeFunction(`the function of ${step}`, found);
}

/**
 * Looks at what a step is to call for each record, in its turn.
 *
 * @throws {ConfigurationError} OPTION_INVALID if it is no function, or one that only promises what it gives.
 */
export function checkCalled(step: string, found: unknown): void {
  mustAnswer(`the function of ${step}`, found);
}

/**
 * Looks at the functions of an object that a step calls in their turn.
 *
 * @param needed the names of those that must be there. @param others those of the rest.
 * @throws {ConfigurationError} OPTION_INVALID if one is missing, is no function, or only promises what it gives.
 */
export function checkCallbacks(
  id: string,
  owner: object | undefined,
  needed: readonly string[],
  others: readonly string[] = [],
): void {
  const callbacks = (owner ?? {}) as Readonly<Record<string, unknown>>;
  const given = others.filter((name) => callbacks[name] !== undefined);
  for (const name of [...needed, ...given]) mustAnswer(`${name} of "${id}"`, callbacks[name]);
}

function mustBeFunction(name: string, found: unknown): void {
  if (typeof found !== "function") throw invalidOption(name, found, "it must be a function");
}

/** At once: without a promise. */
function mustAnswer(name: string, found: unknown): void {
  mustBeFunction(name, found);
  const kind = String((found as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]);
  if (!kind.startsWith("Async")) return;
  throw invalidOption(name, found, "nothing waits for a promise there. Use asyncMap of @tidemark/core/async");
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
