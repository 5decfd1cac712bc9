import {
  ConnectorError,
  messageOf,
  type PollResult,
  type RejectedRecord,
  type SourceReader,
  type SourceSplit,
} from "@tidemark/core";

import { Acknowledger } from "./acknowledger.ts";
import { NotedPositions } from "./noted-positions.ts";
import type { PushChannel, PushClient } from "./push-channel.ts";
import type { Pushed, PushQueue } from "./push-queue.ts";

/** The only split there is. */
export interface PushSplit extends SourceSplit {
  /** Where to go on; missing at first, and where the client cannot go on from a position. */
  readonly position?: unknown;
}

/** The split of a source that was never read. */
export const FIRST_SPLIT: PushSplit = { id: "1 of 1" };

/** What a {@link PushReader} is made with. */
export interface PushReaderOptions<T, Position> {
  /** What messages call the source. */
  readonly name: string;
  /** Whether the client can go on from a position. */
  readonly replayable: boolean;
  /** Opens a client. */
  readonly open: (
    channel: PushChannel<T, Position>,
    from: Position | undefined,
  ) => PushClient<Position> | Promise<PushClient<Position>>;
}

/** Opens a client when it is first polled, and reads what the client pushes. */
export class PushReader<T, Position> implements SourceReader<T, PushSplit> {
  readonly #options: PushReaderOptions<T, Position>;
  readonly #channel: PushQueue<T, Position>;
  readonly #acknowledger: Acknowledger<Position>;
  readonly #noted = new NotedPositions<Position>();
  #split: PushSplit | undefined;
  #reached: Position | undefined;
  #opening: Promise<PushClient<Position> | undefined> | undefined;
  #client: PushClient<Position> | undefined;
  #closed: Promise<void> | undefined;
  #failure: ConnectorError | undefined;

  constructor(channel: PushQueue<T, Position>, options: PushReaderOptions<T, Position>) {
    this.#options = options;
    this.#channel = channel;
    this.#acknowledger = new Acknowledger(
      (position) => this.#client?.checkpointed?.(position),
      (error) => {
        this.#failure = this.#failed("acknowledge to", error);
        this.#channel.available.fail(this.#failure);
      },
    );
  }

  addSplits(splits: readonly PushSplit[]): void {
    const split = splits[0];
    if (split === undefined) return;
    this.#split = split;
    this.#reached = split.position as Position | undefined;
    this.#channel.available.notify();
  }

  poll(limit: number): PollResult<T> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#split === undefined) return "finished";
    this.#opening ??= this.#open(this.#reached);
    const taken = this.#channel.take(limit);
    const { id } = this.#split;
    this.#moveTo(taken.at(-1));
    if (this.#channel.finished) this.#split = undefined;
    if (taken.length > 0) return this.#batch(id, taken);
    return this.#split === undefined ? "finished" : "nothing";
  }

  available(): Promise<void> {
    return this.#channel.available.wait();
  }

  snapshot(checkpointId?: number): readonly PushSplit[] {
    if (checkpointId !== undefined && this.#reached !== undefined) this.#noted.note(checkpointId, this.#reached);
    return this.#split === undefined ? [] : [this.#split];
  }

  checkpointCompleted(checkpointId: number): void {
    const position = this.#noted.completed(checkpointId);
    if (position !== undefined) this.#acknowledger.acknowledge(position);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#channel.close();
    await this.#acknowledger.idle();
    if (this.#client !== undefined) return this.#client.close();
    // A client that is still being opened is not waited for: it may never answer.
    this.#opening?.then((client) => client?.close()).catch(() => undefined);
  }

  async #open(from: Position | undefined): Promise<PushClient<Position> | undefined> {
    try {
      const client = await this.#options.open(this.#channel, from);
      if (this.#closed === undefined) this.#client = client;
      return client;
    } catch (error) {
      this.#channel.fail(this.#failed("open", error));
      return undefined;
    }
  }

  #moveTo(last: Pushed<T, Position> | undefined): void {
    if (last === undefined || last.position === undefined) return;
    this.#reached = last.position;
    if (this.#options.replayable) this.#split = { ...FIRST_SPLIT, position: last.position };
  }

  #batch(splitId: string, taken: readonly Pushed<T, Position>[]): PollResult<T> {
    const values: T[] = [];
    const rejected: RejectedRecord[] = [];
    for (const pushed of taken) {
      if (pushed.rejected === undefined) values.push(pushed.value);
      else rejected.push(pushed.rejected);
    }
    return rejected.length === 0 ? { splitId, values } : { splitId, values, rejected };
  }

  #failed(verb: string, error: unknown): ConnectorError {
    if (error instanceof ConnectorError) return error;
    return new ConnectorError("SOURCE_IO", `Cannot ${verb} ${this.#options.name}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
