import type { RecordJournal } from "../../state/record-journal.ts";
import type { Batch } from "../batch.ts";
import { recordOf } from "../call-subject.ts";
import type { DeadLetters } from "../dead-letters.ts";

/**
 * Adds records one by one: one that throws leaves nothing behind, becomes a dead letter, and the others go on.
 *
 * @param call what is called, for the letter.
 * @param add adds the record at a place of the batch; false if it came too late.
 * @returns the places of those that came too late.
 */
export function addAtomically(
  batch: Batch,
  journal: RecordJournal,
  letters: DeadLetters,
  call: string,
  add: (value: unknown, at: number) => boolean,
): readonly number[] {
  const { values } = batch;
  const late: number[] = [];
  for (let i = 0; i < values.length; i++) {
    journal.open();
    try {
      if (!add(values[i], i)) late.push(i);
      journal.close();
    } catch (error) {
      journal.undo();
      letters.add(error, call, recordOf(batch, i));
    }
  }
  return late;
}
