import type { RejectedRecord } from "@tidemark/core";

/**
 * Where a client hands over what it receives. It is bounded: who waits for {@link push} is held up while the pipeline is
 * behind, and reads no further from its connection. A channel belongs to one client: after a failure the client is opened
 * again, with another one.
 *
 * @typeParam T what is pushed.
 * @typeParam Position where to go on right after a record. Without one, records are pushed alone.
 */
export interface PushChannel<T, Position = void> {
  /**
   * Hands a record over, after those that were pushed before it. Resolves when it is held for the pipeline: at once if there
   * is room, otherwise when the pipeline has taken others. That it is held says nothing of its being durable:
   * `PushClient.checkpointed` does.
   *
   * A rejection that nobody looks at disturbs nothing where the source fails with it, or is over.
   *
   * @param position where to go on right after this record: plain data, which nobody changes any more.
   * @throws {ConnectorError} PUSH_CLOSED after `end` or `fail`, and when the job is stopped or starts again;
   * PUSH_INVALID if the record, its size or its position is nothing that can be kept, and PUSH_OVERRUN if too many
   * wait already: both fail the source, since what came next would leave a gap.
   */
  push(value: T, position: Position): Promise<void>;
  /**
   * Hands a record over if there is room, and answers whether it was. What was not taken is still the caller's: it comes
   * first when there is room. Also answers `false` when the job is stopped or starts again.
   *
   * @throws {ConnectorError} PUSH_CLOSED after `end` or `fail`; PUSH_INVALID as {@link push} does.
   */
  tryPush(value: T, position: Position): boolean;
  /**
   * As {@link push}, for what could not be decoded: it goes to the dead letters of the source, or fails the job where it has
   * none. The room it takes is that of a record without size.
   */
  reject(rejected: RejectedRecord, position: Position): Promise<void>;
  /** No record follows those that were pushed. Called again, or after {@link fail}, it changes nothing. */
  end(): void;
  /**
   * The client cannot go on: fails the job with SOURCE_IO, once the records pushed before are taken. Called again, or after
   * {@link end}, it changes nothing.
   */
  fail(error: unknown): void;
  /** Aborted when no more is wanted: the job is stopped, is over, or starts again. */
  readonly signal: AbortSignal;
}

/**
 * What feeds a channel: a subscription, a socket, a consumer.
 *
 * @typeParam Position as that of the channel.
 */
export interface PushClient<Position = void> {
  /**
   * Everything up to a position is part of a complete checkpoint, whose rows the sinks have committed: it may be acknowledged
   * to whoever sent it, and is not asked for again. Called with the newest position alone, and not again before the promise
   * is settled. What it throws fails the job. A call that is missed because the process dies is made up for by the next one; behind
   * the last record of a client that has ended there is none.
   *
   * @param position as it was pushed.
   */
  checkpointed?(position: Position): void | Promise<void>;
  /** Gives back what it holds: nobody takes what it would still push. Called once, and not at all when the process dies. */
  close(): void | Promise<void>;
}
