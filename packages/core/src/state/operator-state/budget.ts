import { StateError } from "../../errors.ts";

/** How many bytes of operator state a subtask of an operator keeps at most: every checkpoint writes all of them. */
export const OPERATOR_STATE_LIMIT_BYTES: number = 4 * 1024 * 1024;

/** What an item takes besides its bytes. */
const ITEM_BYTES = 16;

/** Counts the operator state that one subtask of an operator keeps. */
export class StateBudget {
  readonly #operatorId: string;
  readonly #limitBytes: number;
  #bytes = 0;

  constructor(operatorId: string, limitBytes: number = OPERATOR_STATE_LIMIT_BYTES) {
    this.#operatorId = operatorId;
    this.#limitBytes = limitBytes;
  }

  /**
   * What is kept becomes more, or less.
   *
   * @throws {StateError} STATE_TOO_LARGE, without having counted it, if it would become more than the limit.
   */
  change(state: string, items: number, bytes: number): void {
    const more = items * ITEM_BYTES + bytes;
    const next = this.#bytes + more;
    if (more > 0 && next > this.#limitBytes) throw tooLarge(this.#operatorId, state, next, this.#limitBytes);
    this.#bytes = next;
  }

  /** What a restore or an undo brings back stays, whatever it takes; but nothing is added to it above the limit. */
  restored(items: number, bytes: number): void {
    this.#bytes += items * ITEM_BYTES + bytes;
  }
}

function tooLarge(operator: string, state: string, bytes: number, limitBytes: number): StateError {
  return new StateError(
    "STATE_TOO_LARGE",
    `Cannot add to operator state "${state}" of "${operator}": its subtask would keep ${bytes} bytes, and ${limitBytes} is the most. ` +
      "Every checkpoint writes all of it: keep less, or keep it by key",
    { details: { operator, state, bytes, limitBytes } },
  );
}
