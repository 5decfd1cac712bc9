import type { Misuse } from "../../misuse.ts";
import { deepFreeze } from "../deep-freeze.ts";
import type { DeepReadonly } from "../deep-readonly.ts";
import type { StateDescriptor } from "../descriptors.ts";
import { ABSENT, type CellAccess } from "./access.ts";
import { type Declaration, declare, refuseOptions } from "./declare.ts";

/** A single value per key. */
export interface ValueStateDescriptor<T> extends StateDescriptor<ValueState<T>> {
  /** Which kind of state it is. */
  readonly kind: "value";
}

/** What user code holds of a value state. All of it is about the current key. */
export interface ValueState<T> {
  /** The value, or the declared initial one. It is not to be changed in place: use {@link update}. */
  get(): DeepReadonly<T>;
  /** Gives it another value. */
  update(next: T | DeepReadonly<T>): void;
  /** Back to the initial value; frees the entry. */
  clear(): void;
}

/**
 * Declares a single value per key. The function of this name in `@tidemark/core/state` takes options too.
 *
 * @param initial what `get()` gives while nothing was written. Default: `undefined`.
 * @throws {ConfigurationError} OPTION_INVALID if it is given options.
 *
 * @example
 * ```ts
 * import { valueState } from "@tidemark/core";
 *
 * const state = { visits: valueState(0), lastPage: valueState<string>() };
 * ```
 */
export function valueState<T>(): ValueStateDescriptor<T | undefined>;
/** As above, with what `get()` gives while nothing was written. */
export function valueState<T>(initial: T): ValueStateDescriptor<T>;
/** What the compiler says to options. */
export function valueState<T>(
  initial: T,
  misuse: Misuse<"The valueState of @tidemark/core takes no options. Import the one of @tidemark/core/state, which does.">,
): ValueStateDescriptor<T>;
export function valueState<T>(initial?: T, ...options: readonly unknown[]): ValueStateDescriptor<T | undefined> {
  refuseOptions("valueState", options);
  return declareValue(initial, { kind: "value" });
}

/** Makes the descriptor of a value. */
export function declareValue<T>(initial: T, declaration: Declaration): ValueStateDescriptor<T> {
  return declare("value", declaration, (access) => {
    if (access.strict) deepFreeze(initial);
    return new ValueHandle(access, initial);
  });
}

class ValueHandle<T> implements ValueState<T> {
  readonly #access: CellAccess;
  readonly #initial: T;

  constructor(access: CellAccess, initial: T) {
    this.#access = access;
    this.#initial = initial;
  }

  get(): DeepReadonly<T> {
    const { table, slot } = this.#access;
    const value = this.#access.read(table.heldCell(this.#access.row(), slot));
    return (value === ABSENT ? this.#initial : value) as DeepReadonly<T>;
  }

  update(next: T | DeepReadonly<T>): void {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    this.#access.check(next, true);
    this.#access.write(table.cell(row, slot), next);
  }

  clear(): void {
    const { table, slot } = this.#access;
    const cell = table.heldCell(this.#access.row(), slot);
    if (cell !== undefined) table.clear(cell);
  }
}
