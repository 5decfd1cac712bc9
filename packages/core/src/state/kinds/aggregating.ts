import { addTo } from "../aggregate-calls.ts";
import type { AggregateFunction } from "../aggregate-function.ts";
import type { StateDescriptor } from "../descriptors.ts";
import { ABSENT, type CellAccess } from "./access.ts";
import { declare } from "./declare.ts";
import { type StateOptions, withOptions } from "./options.ts";
import { ownCopy } from "./reducing.ts";

/** An accumulator per key. */
export interface AggregatingStateDescriptor<T, R> extends StateDescriptor<AggregatingState<T, R>> {
  /** Which kind of state it is. */
  readonly kind: "aggregating";
}

/** What user code holds of an aggregating state. All of it is about the current key. */
export interface AggregatingState<T, R> {
  /** The result so far; `undefined` if nothing was added. The accumulator itself stays where it is. */
  get(): R | undefined;
  /**
   * Takes a value in.
   *
   * @throws {TypeError} if `add` of the aggregate gives undefined, though it does not begin with that.
   */
  add(value: T): void;
  /** Forgets all that is kept for the key. */
  clear(): void;
}

/**
 * Declares an accumulator per key.
 *
 * @param aggregate `add` may change the accumulator in place. `result` is given a copy of it.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { mean } from "@tidemark/core/aggregates";
 * import { aggregatingState } from "@tidemark/core/state";
 *
 * const state = { delay: aggregatingState(mean((flight: { delay: number }) => flight.delay)) };
 * ```
 */
export function aggregatingState<T, A, R>(
  aggregate: AggregateFunction<T, A, R>,
  options: StateOptions<A> = {},
): AggregatingStateDescriptor<T, R> {
  const handle = (access: CellAccess): AggregatingState<T, R> => new AggregatingHandle(access, aggregate);
  return declare("aggregating", withOptions({ kind: "value" }, options), handle);
}

class AggregatingHandle<T, A, R> implements AggregatingState<T, R> {
  readonly #access: CellAccess;
  readonly #aggregate: AggregateFunction<T, A, R>;

  constructor(access: CellAccess, aggregate: AggregateFunction<T, A, R>) {
    this.#access = access;
    this.#aggregate = aggregate;
  }

  get(): R | undefined {
    const { table, slot } = this.#access;
    const accumulator = this.#access.readOwned(table.heldCell(this.#access.row(), slot));
    return accumulator === ABSENT ? undefined : this.#aggregate.result(ownCopy(accumulator) as A);
  }

  add(value: T): void {
    const { table, slot } = this.#access;
    const row = this.#access.row();
    const accumulator = this.#access.peek(table.heldCell(row, slot));
    const cell = table.cell(row, slot);
    table.claim(cell);
    const next = addTo(this.#aggregate, accumulator === ABSENT ? this.#aggregate.create() : accumulator, value);
    this.#access.check(next, false);
    this.#access.write(cell, next);
  }

  clear(): void {
    const { table, slot } = this.#access;
    const cell = table.heldCell(this.#access.row(), slot);
    if (cell !== undefined) table.clear(cell);
  }
}
