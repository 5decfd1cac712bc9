/** How long something took. */
export interface Timed {
  readonly ms: number;
  /** Processor time of all threads of the process, the collector and the compiler included. */
  readonly processorMs: number;
}

/** Starts one. What it returns tells how long that was ago. */
export function stopwatch(): () => Timed {
  const processorAtStart = process.cpuUsage();
  const startedAt = performance.now();
  return () => {
    const ms = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(processorAtStart);
    return { ms, processorMs: (user + system) / 1_000 };
  };
}
