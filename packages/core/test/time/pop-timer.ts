import type { Row } from "../../src/state/row.ts";
import { timeOf } from "../../src/time/timer-heap.ts";
import type { TimerQueue } from "../../src/time/timer-queue.ts";

/** Takes the next timer that is due, and fires it, as an operator does. */
export function popTimer(queue: TimerQueue, time: number): { readonly time: number; readonly row: Row } | undefined {
  const due = queue.take(time);
  if (due === undefined) return undefined;
  queue.fire(due);
  return { time: timeOf(due), row: due.row };
}
