import type { Env } from "../env/env.ts";

/** Logs what did not close. It changes nothing any more. */
export function logFailures(env: Env, results: readonly PromiseSettledResult<void | undefined>[]): void {
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    env.log({ level: "warn", message: `Something did not close: ${String(result.reason)}` });
  }
}
