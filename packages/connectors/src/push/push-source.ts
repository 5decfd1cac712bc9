import { ConfigurationError, type Source } from "@tidemark/core";
import { checkFunction } from "@tidemark/core/internal";

import { FixedSplits, type FixedSplitsState } from "../shared/fixed-splits.ts";
import { countOption } from "../shared/options.ts";
import type { PushChannel, PushClient } from "./push-channel.ts";
import { type PushLimits, PushQueue } from "./push-queue.ts";
import { FIRST_SPLIT, PushReader, type PushSplit } from "./push-reader.ts";

/** Options of the sources in this module: what they are called, and what they hold. */
export interface PushSourceOptions<T> {
  /** What messages call the source. Default: `push client`. */
  readonly name?: string;
  /** Whether it has an end. Default: `false`. */
  readonly bounded?: boolean;
  /** How many records may be held for the pipeline; beyond that `push` waits. Default: 1024. */
  readonly recordsMax?: number;
  /**
   * How many bytes may be held for the pipeline; beyond that `push` waits. A record that is larger is held alone. Needs
   * `sizeOf`. Default: 16 MiB.
   */
  readonly bytesMax?: number;
  /** The size of a record in bytes, about. Default: records have no size, and `recordsMax` alone is the bound. */
  readonly sizeOf?: (value: T) => number;
  /** How many calls of `push` may wait; one more fails the job with PUSH_OVERRUN. Default: 1024. */
  readonly waitingMax?: number;
}

/** Options of {@link pushSource}. */
export interface LivePushOptions<T, Position = void> extends PushSourceOptions<T> {
  /**
   * Connects a client that pushes into the channel. Called when the job starts, and again after each failure. A rejection
   * fails the job with SOURCE_IO.
   */
  readonly open: (channel: PushChannel<T, Position>) => PushClient<Position> | Promise<PushClient<Position>>;
}

/** Options of {@link replayablePushSource}. */
export interface ReplayablePushOptions<T, Position> extends PushSourceOptions<T> {
  /**
   * Connects a client that pushes into the channel what comes after a position. Called when the job starts, and again after
   * each failure. A rejection fails the job with SOURCE_IO.
   *
   * @param from the position of the last record that the checkpoint holds: everything up to it is durable. `undefined`: begin
   * at the beginning.
   */
  readonly open: (
    channel: PushChannel<T, Position>,
    from: Position | undefined,
  ) => PushClient<Position> | Promise<PushClient<Position>>;
}

/** A source with one split, whose position is the client's. */
export type PushSource<T, Replayable extends boolean> = Source<T, PushSplit, FixedSplitsState<PushSplit>, Replayable>;

const RECORDS_MAX = 1024;
const WAITING_MAX = 1024;
const BYTES_MAX = 16 * 1024 * 1024;

function limitsOf<T>({ recordsMax, bytesMax, sizeOf, waitingMax }: PushSourceOptions<T>): PushLimits<T> {
  if (bytesMax !== undefined && sizeOf === undefined) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      "Cannot use bytesMax without sizeOf: nothing says how large a record is",
      {
        details: { option: "bytesMax", found: bytesMax },
      },
    );
  }
  return {
    recordsMax: countOption("recordsMax", recordsMax, RECORDS_MAX),
    bytesMax: countOption("bytesMax", bytesMax, BYTES_MAX),
    waitingMax: countOption("waitingMax", waitingMax, WAITING_MAX),
    sizeOf,
  };
}

function sourceOf<T, Position, Replayable extends boolean>(
  replayable: Replayable,
  options: ReplayablePushOptions<T, Position>,
): PushSource<T, Replayable> {
  const { name = "push client", bounded = false, open } = options;
  checkFunction(`${name} that opens it`, open);
  const limits = limitsOf(options);
  return {
    name,
    replayable,
    bounded,
    hasOneSplit: true,
    createEnumerator: (context, restored) => new FixedSplits(context, restored, () => Promise.resolve([FIRST_SPLIT])),
    createReader: () =>
      new PushReader(new PushQueue<T, Position>(name, limits, replayable), { name, replayable, open }),
  };
}

/**
 * Reads what a client pushes that cannot go back: a socket, a sensor, a subscription. Not replayable: what was pushed and is in no
 * complete checkpoint is lost with the process, unless whoever sent it sends again what was not acknowledged. For that a
 * client pushes a position with each record, such as a delivery tag, and is told by `checkpointed` which one is durable:
 * then every record has its effect at least once.
 *
 * @typeParam T what is pushed.
 * @typeParam Position what `checkpointed` is told; by default nothing.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 *
 * @example
 * ```ts
 * import { pushSource } from "@tidemark/connectors/push";
 *
 * const clicks = new EventTarget();
 * const source = pushSource<string>({
 *   open: (channel) => {
 *     const take = ({ type }: Event): void => void channel.push(type);
 *     clicks.addEventListener("click", take);
 *     return { close: () => clicks.removeEventListener("click", take) };
 *   },
 * });
 * ```
 */
export function pushSource<T, Position = void>(options: LivePushOptions<T, Position>): PushSource<T, false> {
  return sourceOf(false, options);
}

/**
 * Reads what a client pushes that can begin anew after a position: a log, a change feed, a consumer with offsets. Replayable:
 * each record comes with the position to go on from, which is part of every checkpoint; after a failure the client is opened at
 * that of the last complete one and pushes again what came after it. What was held and not read yet is then forgotten.
 *
 * @typeParam T what is pushed.
 * @typeParam Position where to go on right after a record: plain data, such as a number, a string, or an object of them.
 * @throws {ConfigurationError} OPTION_INVALID if an option is out of bounds.
 *
 * @example
 * ```ts
 * import { replayablePushSource } from "@tidemark/connectors/push";
 *
 * const log = ["to", "be", "or", "not"];
 * const source = replayablePushSource<string, number>({
 *   bounded: true,
 *   open: (channel, from = 0) => {
 *     const feed = async (): Promise<void> => {
 *       for (let next = from; next < log.length; next++) await channel.push(log[next]!, next + 1);
 *       channel.end();
 *     };
 *     feed().catch((error: unknown) => channel.fail(error));
 *     return { close: () => undefined };
 *   },
 * });
 * ```
 */
export function replayablePushSource<T, Position>(options: ReplayablePushOptions<T, Position>): PushSource<T, true> {
  return sourceOf(true, options);
}
