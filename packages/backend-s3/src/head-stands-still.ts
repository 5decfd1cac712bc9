import { ConfigurationError, type Duration, type Env, standardEnv, type StateBackend } from "@tidemark/core";
import { durationMs } from "@tidemark/core/internal";

/** How {@link headStandsStill} looks. */
export interface StandbyOptions {
  /** The name of the pipeline. */
  readonly job: string;
  /** From one look to the next. A look is one request. Default: `"5s"`. */
  readonly every?: Duration;
  /**
   * After how many looks in a row that found the same head. Together they should be longer than several checkpoint intervals and
   * the longest checkpoint. Default: 6.
   */
  readonly times?: number;
  /** Clock and waiting. Default: those of the runtime. */
  readonly env?: Env;
}

/**
 * Resolves when nobody has set the head of a job for a while: whoever runs it takes no checkpoints, and probably lives no more.
 * For a process that stands by to take the job over. Nothing is taken over by looking, and a wrong guess fences a process
 * that lives, but loses and doubles nothing.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the backend is not open to two processes, or an option makes no sense.
 * @throws {StateError} as the backend does.
 *
 * @example
 * ```ts
 * import { headStandsStill, s3 } from "@tidemark/backend-s3";
 *
 * const backend = s3({ bucket: "checkpoints", prefix: "jobs/delays" });
 * await headStandsStill(backend, { job: "delays", every: "5s", times: 6 });
 * // Half a minute without a checkpoint: run the job here.
 * ```
 */
export async function headStandsStill(
  backend: StateBackend,
  { job, every = "5s", times = 6, env = standardEnv() }: StandbyOptions,
): Promise<void> {
  const everyMs = durationMs(every, "every");
  if (!Number.isSafeInteger(times) || times < 1 || everyMs < 1) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot look ${times} times, every ${every}: give at least 1 and 1ms`,
    );
  }
  if (!backend.capabilities.sharedAccess) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot stand by at ${backend.name}: one process at a time may open it. Where another one has it, a start says STATE_LOCKED`,
    );
  }
  const session = await backend.open({ name: job, env });
  try {
    let last = (await session.head.read())?.tag;
    for (let same = 0; same < times;) {
      await new Promise<void>((resolve) => void env.schedule(everyMs, resolve));
      const tag = (await session.head.read())?.tag;
      same = tag === last ? same + 1 : 0;
      last = tag;
    }
  } finally {
    await session.close();
  }
}
