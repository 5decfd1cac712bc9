import { InternalError, StateError } from "../errors.ts";
import type { Row } from "./row.ts";

/** What the handles of an operator need to know besides the key. */
export interface KeyContextOptions {
  /** Processing time, in milliseconds since the epoch. Asked for states with a time to live alone. */
  readonly now?: () => number;
  /** Whether mistakes are looked for: what is given out is frozen, and each update is checked. Default: false. */
  readonly strict?: boolean;
}

/** The key that user code is being called for. */
export class KeyContext {
  readonly operatorId: string;
  readonly now: () => number;
  readonly strict: boolean;
  row: Row | undefined = undefined;

  constructor(operatorId: string, { now = noClock, strict = false }: KeyContextOptions = {}) {
    this.operatorId = operatorId;
    this.now = now;
    this.strict = strict;
  }

  /** @throws {StateError} STATE_NO_KEY outside a record or a timer. */
  current(): Row {
    if (this.row === undefined) {
      throw new StateError(
        "STATE_NO_KEY",
        `Cannot use keyed state of operator "${this.operatorId}": there is no current key outside a record or a timer`,
        { details: { operator: this.operatorId } },
      );
    }
    return this.row;
  }
}

function noClock(): never {
  throw new InternalError("A state with a time to live was bound without a clock");
}
