import type { DeepReadonly } from "../deep-readonly.ts";
import type { StateDescriptor } from "../descriptors.ts";
import { copyValue } from "../entry-codec.ts";
import { reduced, type Reducer } from "../reducer.ts";
import { ABSENT, type CellAccess } from "./access.ts";
import { declare } from "./declare.ts";
import { type StateOptions, withOptions } from "./options.ts";

/** One value per key, of everything that was added. */
export interface ReducingStateDescriptor<T> extends StateDescriptor<ReducingState<T>> {
  /** Which kind of state it is. */
  readonly kind: "reducing";
}

/** What user code holds of a reducing state. All of it is about the current key. */
export interface ReducingState<T> {
  /** A copy of what has come together; `undefined` if nothing was added. */
  get(): DeepReadonly<T> | undefined;
  /**
   * Combines a value with what is there; the first one stands for itself.
   *
   * @throws {TypeError} if nothing comes of two that are something: a `return` was forgotten.
   */
  add(value: T | DeepReadonly<T>): void;
  /** Forgets all that is kept for the key. */
  clear(): void;
}

/**
 * Declares a value per key that everything added is combined into.
 *
 * @param combine may change what has come together, its first argument, in place and return it.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { reducingState } from "@tidemark/core/state";
 *
 * const state = { highest: reducingState<number>((highest, bid) => Math.max(highest, bid)) };
 * ```
 */
export function reducingState<T>(
  combine: (together: T, value: T) => T,
  options: StateOptions<T> = {},
): ReducingStateDescriptor<T> {
  const handle = (access: CellAccess): ReducingState<T> => new ReducingHandle(access, combine);
  return declare("reducing", withOptions({ kind: "value" }, options), handle);
}

class ReducingHandle<T> implements ReducingState<T> {
  readonly #access: CellAccess;
  readonly #combine: (together: T, value: T) => T;

  constructor(access: CellAccess, combine: (together: T, value: T) => T) {
    this.#access = access;
    this.#combine = combine;
  }

  get(): DeepReadonly<T> | undefined {
    const { table, slot } = this.#access;
    const together = this.#access.readOwned(table.heldCell(this.#access.row(), slot));
    return together === ABSENT ? undefined : (ownCopy(together) as DeepReadonly<T>);
  }

  add(value: T | DeepReadonly<T>): void {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    const together = this.#access.peek(table.heldCell(row, slot));
    const cell = table.cell(row, slot);
    table.claim(cell);
    const next = together === ABSENT ? ownCopy(value) : reduced(this.#combine as Reducer, together, value);
    this.#access.check(next, false);
    this.#access.write(cell, next);
  }

  clear(): void {
    const { table, slot } = this.#access;
    const cell = table.heldCell(this.#access.row(), slot);
    if (cell !== undefined) table.clear(cell);
  }
}

/** A copy that nobody else can change. Primitives cannot be changed anyway. */
export function ownCopy(value: unknown): unknown {
  return typeof value === "object" && value !== null ? copyValue(value) : value;
}
