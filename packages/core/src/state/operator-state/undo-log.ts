/** How to take back what a call did to operator state, where the call may come to nothing. */
export class UndoLog {
  #undo: (() => void)[] | undefined;

  /** Something was changed: this changes it back, if whatever came after has been changed back before. */
  note(undo: () => void): void {
    this.#undo?.push(undo);
  }

  /** Makes a call of which nothing remains if it throws. */
  atomically(call: () => void): void {
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      call();
    } catch (error) {
      for (const each of undo.toReversed()) each();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }
}
