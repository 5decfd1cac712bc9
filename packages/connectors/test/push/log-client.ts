import type { PushChannel, PushClient } from "../../src/push/mod.ts";

/** A client over an array that can begin anew after any of its records: a position is a count. */
export function logClient<T>(log: readonly T[]) {
  return (channel: PushChannel<T, number>, from: number = 0): PushClient<number> => {
    const feed = async (): Promise<void> => {
      for (let next = from; next < log.length; next++) await channel.push(log[next]!, next + 1);
      channel.end();
    };
    feed().catch((error: unknown) => channel.fail(error));
    return { close: () => undefined };
  };
}
