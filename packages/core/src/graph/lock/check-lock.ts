import { StateError } from "../../errors.ts";
import type { LogicalNode } from "../logical.ts";
import { type Described, describeState, statesOf } from "./describe-state.ts";
import type { LockedOperator, LockedState, StateLock } from "./state-lock.ts";

/** One thing in which a pipeline and its lock are not the same. */
export interface LockDisagreement {
  /** What kind of thing it is, for programs. */
  readonly problem:
    | "pipeline-renamed"
    | "operator-removed"
    | "operator-added"
    | "step-changed"
    | "key-changed"
    | "state-removed"
    | "state-added"
    | "kind-changed"
    | "version-lowered"
    | "migration-missing"
    | "version-raised"
    | "schema-changed";
  /** Absent where it is about the pipeline. */
  readonly operator?: string;
  /** Absent where it is about a step as a whole, or about the pipeline. */
  readonly state?: string;
  /** What the lock says, what the program says, and what to do. */
  readonly message: string;
  /** Whether stored state would be lost or refused. If not, writing the lock anew settles it. */
  readonly breaking: boolean;
}

/**
 * In what a pipeline and its lock disagree; empty if they are the same. A raised version with a migration from each older
 * one is no breaking disagreement, nor is anything that is new.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { checkLock, describeState } from "@tidemark/core/lock";
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
 * const lock = describeState(totals("total"));
 * for (const { problem, operator, breaking } of checkLock(totals("sum"), lock)) console.log(problem, operator, breaking);
 * // prints operator-removed total true
 * // prints operator-added sum false
 * ```
 */
export function checkLock(pipeline: Described, lock: StateLock): readonly LockDisagreement[] {
  const now = describeState(pipeline);
  const nodes = new Map(pipeline.graph.nodes.map((node) => [node.id, node]));
  const found: LockDisagreement[] = [];
  if (now.pipeline !== lock.pipeline) {
    const message = `The pipeline was "${lock.pipeline}" and is "${now.pipeline}": its state is found by its name. Give it back`;
    found.push({ problem: "pipeline-renamed", message, breaking: true });
  }
  for (const locked of lock.operators) {
    const operator = now.operators.find(({ id }) => id === locked.id);
    const node = nodes.get(locked.id);
    if (operator === undefined || node === undefined) found.push(removed(locked));
    else found.push(...compareOperator(locked, operator, node));
  }
  for (const { id, step } of now.operators) {
    if (lock.operators.some((locked) => locked.id === id)) continue;
    const message = `The ${step} "${id}" is new. Write the lock anew`;
    found.push({ problem: "operator-added", operator: id, message, breaking: false });
  }
  return found;
}

/**
 * Refuses a pipeline that disagrees with its lock so that stored state would be lost or refused.
 *
 * @throws {StateError} STATE_INCOMPATIBLE with every such disagreement.
 *
 * @example
 * ```ts
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { assertLock, describeState } from "@tidemark/core/lock";
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
 * const lock = describeState(totals("total"));
 * assertLock(totals("total"), lock);
 * try {
 *   assertLock(totals("sum"), lock);
 * } catch (error) {
 *   console.log((error as { code: string }).code);
 * }
 * // prints STATE_INCOMPATIBLE
 * ```
 */
export function assertLock(pipeline: Described, lock: StateLock): void {
  const breaking = checkLock(pipeline, lock).filter((disagreement) => disagreement.breaking);
  if (breaking.length === 0) return;
  throw new StateError(
    "STATE_INCOMPATIBLE",
    `Cannot go on with the state of pipeline "${lock.pipeline}": ${breaking.map(({ message }) => message).join(". ")}`,
    { details: { disagreements: breaking } },
  );
}

function removed({ id, step, states }: LockedOperator): LockDisagreement {
  const kept = states.length === 0 ? "" : ` and its state ${states.map(({ name }) => `"${name}"`).join(", ")}`;
  const message = `The ${step} "${id}"${kept} are gone. Give the step its id back, or rename it in a savepoint and in the lock`;
  return { problem: "operator-removed", operator: id, message, breaking: true };
}

function compareOperator(locked: LockedOperator, now: LockedOperator, node: LogicalNode): readonly LockDisagreement[] {
  const operator = locked.id;
  const found: LockDisagreement[] = [];
  if (locked.step !== now.step) {
    const message = `The step "${operator}" was a ${locked.step} and is a ${now.step}. Give the new one another id`;
    return [{ problem: "step-changed", operator, message, breaking: true }];
  }
  const [was, is] = [JSON.stringify(locked.key), JSON.stringify(now.key)];
  if (was !== is) {
    const message = `The key of "${operator}" was ${was ?? "not told"} and is ${is ?? "not told"}. State is found by its key: keep it`;
    found.push({ problem: "key-changed", operator, message, breaking: was !== undefined && is !== undefined });
  }
  for (const state of locked.states) {
    const declared = now.states.find(({ name }) => name === state.name);
    if (declared === undefined) {
      const message = `The state "${state.name}" of "${operator}" is gone. Declare it again: what it holds would be lost`;
      found.push({ problem: "state-removed", operator, state: state.name, message, breaking: true });
    } else found.push(...compareState(operator, state, declared, node));
  }
  for (const { name, kind } of now.states) {
    if (locked.states.some((state) => state.name === name)) continue;
    const message = `The ${kind} state "${name}" of "${operator}" is new. Write the lock anew`;
    found.push({ problem: "state-added", operator, state: name, message, breaking: false });
  }
  return found;
}

function compareState(
  operator: string,
  locked: LockedState,
  now: LockedState,
  node: LogicalNode,
): readonly LockDisagreement[] {
  const at = { operator, state: locked.name };
  const name = `The state "${locked.name}" of "${operator}"`;
  if (locked.kind !== now.kind) {
    const message = `${name} was ${locked.kind} state and is ${now.kind} state. Give the new one another name`;
    return [{ ...at, problem: "kind-changed", message, breaking: true }];
  }
  const was = locked.versions.at(-1) as number;
  const is = now.versions.at(-1) as number;
  if (is < was) {
    const message = `${name} was of version ${was} and is of version ${is}. Versions only go up`;
    return [{ ...at, problem: "version-lowered", message, breaking: true }];
  }
  const readable = statesOf(node).find((state) => state.name === locked.name)?.readable ?? [];
  const unreadable = locked.versions.filter((version) => !readable.includes(version));
  if (unreadable.length > 0) {
    const message = `${name} is of version ${is}, and nothing migrates version ${unreadable.join(" or ")}. Give it a migration from each`;
    return [{ ...at, problem: "migration-missing", message, breaking: true }];
  }
  if (is > was) {
    const message = `${name} was of version ${was} and is of version ${is}, with migrations. Write the lock anew`;
    return [{ ...at, problem: "version-raised", message, breaking: false }];
  }
  return compareSchema(at, name, locked, now);
}

function compareSchema(
  at: { readonly operator: string; readonly state: string },
  name: string,
  locked: LockedState,
  now: LockedState,
): readonly LockDisagreement[] {
  const [was, is] = [locked.schema, now.schema];
  if (was?.vendor === is?.vendor && was?.fingerprint === is?.fingerprint) return [];
  // One that comes or goes, or cannot be compared, says nothing of the values.
  const breaking = typeof was?.fingerprint === "string" && typeof is?.fingerprint === "string";
  const message =
    `${name} has another schema (${was?.fingerprint ?? "none"} before, ${is?.fingerprint ?? "none"} now) under the same version. ` +
    "Raise the version and give a migration; or write the lock anew, if every stored value fits the new one too";
  return [{ ...at, problem: "schema-changed", message, breaking }];
}
