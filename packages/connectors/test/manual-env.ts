import type { Env, LogEntry } from "@tidemark/core";

/** An env whose clock a test moves. */
export interface ManualEnv {
  readonly env: Env;
  readonly logged: readonly LogEntry[];
  /** How many calls are scheduled. */
  waiting(): number;
  /** Lets time pass, and makes the calls that fall due. */
  pass(ms: number): void;
}

/** An env whose clock stands still until {@link ManualEnv.pass}. */
export function manualEnv(): ManualEnv {
  let now = 0;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  const logged: LogEntry[] = [];
  const env: Env = {
    now: () => now,
    monotonic: () => now,
    random: () => 0.5,
    schedule: (delayMs, callback) => {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    turn: () => Promise.resolve(),
    log: (entry) => {
      logged.push(entry);
    },
    point: () => undefined,
  };
  const pass = (ms: number): void => {
    const until = now + ms;
    for (;;) {
      const due = timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((timer) => timer !== due);
      now = due.at;
      due.callback();
    }
    now = until;
  };
  return { env, logged, waiting: () => timers.length, pass };
}
