import type { Batch } from "../batch.ts";
import type { BatchBuffer } from "../batch-buffer.ts";
import type { OperatorContext } from "../operator.ts";

/** Gives the records at these places of a batch to the late output, or counts them as dropped where there is none. */
export function setLateAside(
  { values, timestamps }: Batch,
  late: readonly number[],
  lateOutput: string | undefined,
  buffer: BatchBuffer,
  context: Pick<OperatorContext, "droppedLate">,
): void {
  if (late.length === 0) return;
  if (lateOutput === undefined) return context.droppedLate(late.length);
  for (const at of late) buffer.emitSide(lateOutput, values[at], timestamps[at] as number);
}
