import { ExpectationError } from "../state-backend/expect.ts";

/** A harness whose operator waits for a request of its own. */
export interface Waiting {
  /** Resolves when one has ended. */
  oneEnded(): Promise<void>;
}

/** A run that gives way where its operator waits for a request of its own; go on when one has ended. */
export type Driving<R> = Generator<Waiting, R, void>;

/** What comes of a run that waits for no request. */
export function atOnce<R>(driving: Driving<R>): R {
  const step = driving.next();
  if (step.done === true) return step.value;
  throw new ExpectationError("an operator waits for a request of its own");
}

/** What comes of a run, after all the requests that it waits for. */
export async function whenEnded<R>(driving: Driving<R>): Promise<R> {
  for (;;) {
    const step = driving.next();
    if (step.done === true) return step.value;
    await step.value.oneEnded();
  }
}
