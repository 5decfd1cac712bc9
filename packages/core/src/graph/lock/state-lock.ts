import { ConfigurationError } from "../../errors.ts";
import { invalidOption } from "../../invalid-option.ts";
import type { KeyShape } from "../../state/key-shape.ts";

/**
 * What a pipeline keeps, as a file that is committed with it: by this a change that stored state would not survive is seen
 * before it meets that state.
 */
export interface StateLock {
  /** The form of the file. */
  readonly lockVersion: 0;
  /** The name of the pipeline, under which its state is found. */
  readonly pipeline: string;
  /** Sources, sinks and steps with state, in the order of their ids. */
  readonly operators: readonly LockedOperator[];
}

/** A step whose id something is found again by. */
export interface LockedOperator {
  /** The id of the step, under which what it keeps is found. */
  readonly id: string;
  /** Whether it keeps positions, state, or commits. */
  readonly step: "source" | "operator" | "sink";
  /** The type of its keys, such as `"string"` or `["string", "number"]`; absent where the program does not say. */
  readonly key?: KeyShape;
  /** In the order of their names. */
  readonly states: readonly LockedState[];
}

/** A state of a step. */
export interface LockedState {
  /** What the step calls it. */
  readonly name: string;
  /** Which kind of state it is, such as `value`, `map` or `split-list`. */
  readonly kind: string;
  /** Every version that entries may still have, ascending; the last is the one that is written. */
  readonly versions: readonly number[];
  /** Absent without a schema. */
  readonly schema?: LockedSchema;
}

/** What can be told of a schema. */
export interface LockedSchema {
  /** The library that the schema comes from, as Standard Schema names it. */
  readonly vendor: string;
  /** Another one for another schema; `null` if its library cannot tell (Standard JSON Schema). */
  readonly fingerprint: string | null;
}

/** An array of nothing but strings and numbers, over several lines. No line break stands in a string of JSON. */
const FLAT_ARRAY = /\[\n\s*((?:"(?:[^"\\]|\\.)*"|\d+)(?:,\n\s*(?:"(?:[^"\\]|\\.)*"|\d+))*)\n\s*\]/g;

/**
 * The text of a lock file: the same text for the same lock, as formatters leave it.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { describeState, renderLock } from "@tidemark/core/lock";
 *
 * const totals = (id: string) => {
 *   const job = pipeline("totals");
 *   job
 *     .source("cents", fromArray([3, 5]))
 *     .keyBy((cents) => cents % 2)
 *     .reduce(id, (sum, cents) => sum + cents)
 *     .sink("out", toArray<number>().sink);
 *   return job;
 * };
 *
 * const text = renderLock(describeState(totals("total")));
 * console.log(text.split("\n").slice(0, 3));
 * // prints ["{","  \"lockVersion\": 0,","  \"pipeline\": \"totals\","]
 * ```
 */
export function renderLock(lock: StateLock): string {
  const flat = (_: string, items: string): string => `[${items.replace(/,\n\s*/g, ", ")}]`;
  return `${JSON.stringify(lock, undefined, 2).replace(FLAT_ARRAY, flat)}\n`;
}

/**
 * A lock in which steps have other ids, for a program that begins with a savepoint and renames them there, as `claim` and
 * `fork` do: what the steps keep is then held against the program under their new ids.
 *
 * @param renames new ids by old ones.
 * @throws {ConfigurationError} OPTION_INVALID if there is no step of an old id, or a new one is taken.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { assertLock, describeState, renameSteps } from "@tidemark/core/lock";
 *
 * const job = pipeline("delays");
 * const lock = describeState(job);
 * assertLock(job, renameSteps(lock, {})); // such as { total: "sum" }
 * ```
 */
export function renameSteps(lock: StateLock, renames: Readonly<Record<string, string>>): StateLock {
  const ids = lock.operators.map(({ id }) => id);
  for (const id of Object.keys(renames)) {
    if (!ids.includes(id)) throw invalidOption("the old id", id, `the lock has ${ids.join(", ")}`);
  }
  const operators = lock.operators.map((operator) =>
    Object.hasOwn(renames, operator.id) ? { ...operator, id: renames[operator.id] as string } : operator,
  );
  const taken = operators.find(({ id }, place) => operators.findIndex((other) => other.id === id) !== place);
  if (taken !== undefined) throw invalidOption("the new id", taken.id, "two steps would have it");
  return { ...lock, operators: operators.toSorted((one, other) => (one.id < other.id ? -1 : 1)) };
}

/**
 * Reads the text of a lock file.
 *
 * @throws {ConfigurationError} LOCK_INVALID if it is none, or of a form that this version does not know.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { checkLock, describeState, parseLock, renderLock } from "@tidemark/core/lock";
 *
 * const totals = (id: string) => {
 *   const job = pipeline("totals");
 *   job
 *     .source("cents", fromArray([3, 5]))
 *     .keyBy((cents) => cents % 2)
 *     .reduce(id, (sum, cents) => sum + cents)
 *     .sink("out", toArray<number>().sink);
 *   return job;
 * };
 *
 * const text = renderLock(describeState(totals("total")));
 * console.log(checkLock(totals("total"), parseLock(text)).length);
 * // prints 0
 * ```
 */
export function parseLock(text: string): StateLock {
  let lock: unknown;
  try {
    lock = JSON.parse(text);
  } catch (error) {
    throw invalid("it is not JSON", error);
  }
  if (!isRecord(lock)) throw invalid("it holds no object");
  if (lock["lockVersion"] !== 0) throw invalid(`its version is ${JSON.stringify(lock["lockVersion"])}, not 0`);
  if (typeof lock["pipeline"] !== "string") throw invalid("it names no pipeline");
  if (!Array.isArray(lock["operators"]) || !lock["operators"].every(isOperator)) {
    throw invalid("an operator in it is not as one is written");
  }
  return lock as unknown as StateLock;
}

function isOperator(value: unknown): value is LockedOperator {
  if (!isRecord(value) || typeof value["id"] !== "string") return false;
  const isStep = value["step"] === "source" || value["step"] === "operator" || value["step"] === "sink";
  return isStep && Array.isArray(value["states"]) && value["states"].every(isState);
}

function isState(value: unknown): value is LockedState {
  if (!isRecord(value) || typeof value["name"] !== "string" || typeof value["kind"] !== "string") return false;
  const versions: unknown = value["versions"];
  return Array.isArray(versions) && versions.length > 0 && versions.every((version) => Number.isSafeInteger(version));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError("LOCK_INVALID", `Cannot read the lock file: ${why}`, { cause });
}
