/** Asks an isolate for one invocation, and hangs up on it if that takes too long. */
import { request } from "node:http";
import type { Invocation, InvocationAnswer } from "./invocation.ts";

/**
 * One invocation. It is hung up on by a reset of the connection: workerd then drops whatever the invocation was waiting
 * for, and not a line of it runs any more. An orderly end would only say that nothing more is asked.
 *
 * @returns `undefined` if it was hung up on before it answered.
 */
export function invoke(
  endpoint: string,
  invocation: Invocation,
  hangUpAfterMs?: number,
): Promise<InvocationAnswer | undefined> {
  return new Promise((resolve, reject) => {
    let isHungUp = false;
    const sent = request(endpoint, { method: "POST", agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      answer.on("end", () => resolve(JSON.parse(text) as InvocationAnswer));
      answer.on("error", failed);
    });
    const failed = (error: Error): void => {
      if (isHungUp) resolve(undefined);
      else reject(error);
    };
    sent.on("error", failed);
    sent.on("close", () => {
      clearTimeout(limit);
      if (isHungUp) resolve(undefined);
    });
    const hangUp = (): void => {
      isHungUp = true;
      sent.socket?.resetAndDestroy();
    };
    const limit = hangUpAfterMs === undefined ? undefined : setTimeout(hangUp, hangUpAfterMs);
    sent.end(JSON.stringify(invocation));
  });
}
