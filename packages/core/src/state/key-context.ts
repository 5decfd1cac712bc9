import { StateError } from "../errors.ts";
import type { Row } from "./row.ts";

/** The key that user code is being called for. */
export class KeyContext {
  readonly operatorId: string;
  row: Row | undefined = undefined;

  constructor(operatorId: string) {
    this.operatorId = operatorId;
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
