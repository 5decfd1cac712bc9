import type { TraceEvent, TraceListener } from "@tidemark/core";

/** What makes a job fail at chosen moments of its life. */
export interface Crashes {
  readonly trace: TraceListener;
  /** To be put into the stream: passes everything on, and throws once after each of the chosen counts of checkpoints. */
  pass<T>(value: T): T;
  /** How often it threw. */
  readonly thrown: number;
  readonly events: readonly TraceEvent[];
}

/** Fails a job at the first record after so many checkpoints were completed, once for each count. */
export function crashesAfter(...checkpoints: readonly number[]): Crashes {
  const due = [...checkpoints];
  const events: TraceEvent[] = [];
  let completed = 0;
  const crashes = {
    thrown: 0,
    events,
    trace: (event: TraceEvent): void => {
      events.push(event);
      if (event.kind === "checkpoint-completed") completed++;
    },
    pass: <T>(value: T): T => {
      if (due[0] !== undefined && completed >= due[0]) {
        due.shift();
        crashes.thrown++;
        throw new Error(`crash number ${crashes.thrown}`);
      }
      return value;
    },
  };
  return crashes;
}
