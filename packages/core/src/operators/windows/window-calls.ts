import type { BufferMark } from "../batch-buffer.ts";
import type { CallSubject } from "../call-subject.ts";
import { userCodeError } from "../user-code.ts";
import type { TimedRow } from "./overdue-timers.ts";
import type { WindowParts } from "./window-parts.ts";

/** What the journal of the table does not know of a call, to take it back. */
export interface BeforeCall {
  /** Where the journal stood. */
  readonly changes: number;
  readonly emitted: BufferMark;
  readonly overdue: readonly TimedRow[];
}

/** Calls of user code by windows: where what one throws is set aside, what it has done is taken back. */
export class WindowCalls {
  readonly #parts: WindowParts;

  constructor(parts: WindowParts) {
    this.#parts = parts;
  }

  /** User code is about to be called. Where what it throws is set aside, what it does can be taken back. */
  begin(): BeforeCall | undefined {
    const { letters, table, buffer, overdue } = this.#parts;
    if (letters === undefined) return undefined;
    table.journal.open();
    return { changes: table.journal.mark(), emitted: buffer.mark(), overdue: overdue.mark() };
  }

  /** Nothing of a call will be taken back, unless it was made where something may be missing. */
  settled(): void {
    const { gate, table } = this.#parts;
    if (gate?.isPartial !== true) table.journal.close();
  }

  /** The call threw: nothing of it remains, and the job fails or goes on without it. */
  failed(error: unknown, subject: CallSubject, before: BeforeCall | undefined): void {
    const { spec, table, buffer, overdue, emitter, letters, gate } = this.#parts;
    if (letters === undefined || before === undefined || gate?.hasMissed === true) {
      throw userCodeError(error, spec.id, spec.work.name, subject);
    }
    table.journal.undoTo(before.changes);
    this.settled();
    buffer.rollback(before.emitted);
    overdue.rollback(before.overdue);
    emitter.forget?.();
    letters.add(error, spec.work.name, subject);
  }
}
