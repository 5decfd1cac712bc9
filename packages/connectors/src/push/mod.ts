/**
 * Clients that push: sockets, subscriptions, consumers. What they receive is handed over through a bounded channel, so that a
 * client waits while the pipeline is behind; and a client is told which of its records are durable, so that it can acknowledge
 * them.
 *
 * @example
 * ```ts
 * import { pushSource } from "@tidemark/connectors/push";
 *
 * const source = pushSource<string>({
 *   open: (channel) => {
 *     const greet = async (): Promise<void> => {
 *       while (!channel.signal.aborted) await channel.push("hello");
 *     };
 *     greet().catch((error: unknown) => channel.fail(error));
 *     return { close: () => undefined };
 *   },
 * });
 * ```
 *
 * @module
 */
export type { PushChannel, PushClient } from "./push-channel.ts";
export type { PushSplit } from "./push-reader.ts";
export {
  type LivePushOptions,
  type PushSource,
  pushSource,
  type PushSourceOptions,
  type ReplayablePushOptions,
  replayablePushSource,
} from "./push-source.ts";
