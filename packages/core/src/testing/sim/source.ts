import { ConnectorError } from "../../errors.ts";
import type {
  EnumeratorContext,
  PollResult,
  Source,
  SourceReader,
  SourceReaderContext,
  SourceSplit,
  SplitEnumerator,
} from "../../connect/source.ts";
import type { Effect } from "./effect.ts";
import type { SimProcess } from "./process.ts";
import type { SimWorld } from "./world.ts";

/** A split of a {@link SimTopic}: how many of its records were read. */
export interface SimSplit extends SourceSplit {
  readonly position: number;
}

/** The enumerator's state: which splits no reader has. `undefined`: not discovered yet. */
export interface SimEnumeratorState {
  readonly unassigned?: readonly SimSplit[];
}

/** How a {@link SimTopic} is read. */
export interface SimTopicOptions {
  /** Default: `topic`. */
  readonly name?: string;
  /** The longest pause between two fetches of one reader. Most follow each other at once. Default: 100. */
  readonly paceMs?: number;
  /** The most records that one fetch gives. Default: 6. */
  readonly fetchMax?: number;
  /** The records that a reader holds ready at most. Default: 16. */
  readonly bufferMax?: number;
  /**
   * Whether a reader gets its splits one after the other, each when it asks for one. Otherwise all splits are dealt out
   * before the first record is read. Default: `false`.
   */
  readonly lazy?: boolean;
}

/**
 * A log with splits that outlives every process and can be read again from any position. Discovery and each fetch are
 * effects; how much a fetch gives, and when, follows from the seed.
 */
export interface SimTopic<T> {
  /** The source as one process sees it. */
  source(process: SimProcess): Source<T, SimSplit, SimEnumeratorState, true>;
}

/**
 * Makes a topic.
 *
 * @param splits the records of each split, in order.
 */
export function simTopic<T>(
  world: SimWorld,
  splits: Readonly<Record<string, readonly T[]>>,
  options: SimTopicOptions = {},
): SimTopic<T> {
  const topic: Topic<T> = {
    world,
    splits,
    name: options.name ?? "topic",
    paceMs: options.paceMs ?? 100,
    fetchMax: options.fetchMax ?? 6,
    bufferMax: options.bufferMax ?? 16,
    lazy: options.lazy ?? false,
  };
  return {
    source: (process) => ({
      name: `simulated topic "${topic.name}"`,
      replayable: true,
      bounded: true,
      createEnumerator: (context, restored) => new TopicEnumerator(topic, process, context, restored),
      createReader: (context) => new TopicReader(topic, process, context),
    }),
  };
}

interface Topic<T> extends Required<SimTopicOptions> {
  readonly world: SimWorld;
  readonly splits: Readonly<Record<string, readonly T[]>>;
}

class TopicEnumerator<T> implements SplitEnumerator<SimSplit, SimEnumeratorState> {
  readonly #topic: Topic<T>;
  readonly #process: SimProcess;
  readonly #context: EnumeratorContext<SimSplit>;
  #unassigned: SimSplit[];
  #discovered: boolean;
  readonly #asking: number[] = [];

  constructor(
    topic: Topic<T>,
    process: SimProcess,
    context: EnumeratorContext<SimSplit>,
    restored: SimEnumeratorState | undefined,
  ) {
    this.#topic = topic;
    this.#process = process;
    this.#context = context;
    this.#discovered = restored?.unassigned !== undefined;
    this.#unassigned = [...(restored?.unassigned ?? [])];
  }

  async start(): Promise<void> {
    if (!this.#discovered) {
      const ids = await this.#process.effect(topicRead(this.#topic, "discover", () => Object.keys(this.#topic.splits)));
      this.#unassigned.push(...ids.map((id) => ({ id, position: 0 })));
      this.#discovered = true;
    }
    if (!this.#topic.lazy) this.#deal();
    this.#answer();
  }

  #deal(): void {
    this.#unassigned
      .splice(0)
      .forEach((split, index) => this.#context.assign(index % this.#context.parallelism, split));
  }

  handleSplitRequest(subtask: number): void {
    this.#asking.push(subtask);
    this.#answer();
  }

  /** One split for each request, some time later: splits are handed out while others are read. */
  #answer(): void {
    if (!this.#discovered) return;
    for (const _ of this.#asking) this.#context.env.schedule(this.#context.env.random() * 20, () => this.#serve());
  }

  #serve(): void {
    const subtask = this.#discovered ? this.#asking.shift() : undefined;
    if (subtask === undefined) return;
    const split = this.#unassigned.shift();
    if (split === undefined) this.#context.noMoreSplits(subtask);
    else this.#context.assign(subtask, split);
  }

  addSplitsBack(splits: readonly SimSplit[]): void {
    this.#unassigned.push(...splits);
    this.#answer();
  }

  snapshot(): SimEnumeratorState {
    // The hardest moment for a split to be handed out is right after a cut, before any reader has come upon its barrier.
    if (this.#asking.length > 0) void Promise.resolve().then(() => this.#serve());
    return this.#discovered ? { unassigned: [...this.#unassigned] } : {};
  }

  async close(): Promise<void> {}
}

class TopicReader<T> implements SourceReader<T, SimSplit> {
  readonly #topic: Topic<T>;
  readonly #process: SimProcess;
  readonly #context: SourceReaderContext;
  /** Positions reached by `poll`, by split. Finished splits are taken out. */
  readonly #polled: Map<string, number> = new Map();
  /** Positions reached by fetching. */
  readonly #fetched: Map<string, number> = new Map();
  readonly #buffer: { readonly splitId: string; readonly value: T }[] = [];
  readonly #waiting: (() => void)[] = [];
  #fetching = false;
  #failure: unknown;
  #closed = false;

  constructor(topic: Topic<T>, process: SimProcess, context: SourceReaderContext) {
    this.#topic = topic;
    this.#process = process;
    this.#context = context;
  }

  addSplits(splits: readonly SimSplit[]): void {
    for (const split of splits) {
      const found = this.#topic.splits[split.id];
      if (found === undefined) {
        throw new ConnectorError("SOURCE_MISSING", `Cannot read split "${split.id}": no such split`);
      }
      if (this.#polled.has(split.id)) {
        this.#topic.world.violation(`source: split "${split.id}" was added twice to one reader`);
      }
      if (split.position < found.length) {
        this.#polled.set(split.id, split.position);
        this.#fetched.set(split.id, split.position);
      }
    }
    this.#fetch();
    this.#wake();
  }

  poll(limit: number): PollResult<T> {
    if (this.#closed) this.#topic.world.violation(`source: reader ${this.#context.subtask} was polled after close`);
    const first = this.#buffer[0];
    if (first === undefined) {
      if (this.#polled.size === 0) return "finished";
      this.#fetch();
      return "nothing";
    }
    const values: T[] = [];
    // Often less than there is, so that some is left when the engine is kept from asking again.
    const most = Math.min(limit, 1 + this.#process.choose(3));
    while (values.length < most && this.#buffer[0]?.splitId === first.splitId) {
      values.push(this.#buffer.shift()!.value);
    }
    const position = this.#polled.get(first.splitId)! + values.length;
    if (position === this.#topic.splits[first.splitId]!.length) this.#polled.delete(first.splitId);
    else this.#polled.set(first.splitId, position);
    this.#fetch();
    return { splitId: first.splitId, values };
  }

  #fetch(): void {
    if (this.#fetching || this.#closed || this.#buffer.length >= this.#topic.bufferMax) return;
    const open = [...this.#fetched].filter(([id, position]) => position < this.#topic.splits[id]!.length);
    if (open.length === 0) return;
    this.#fetching = true;
    const [id, position] = open[this.#process.choose(open.length)]!;
    const count = 1 + this.#process.choose(this.#topic.fetchMax);
    const { env } = this.#context;
    const pauseMs = env.random() < 0.7 ? 0 : env.random() * this.#topic.paceMs;
    env.schedule(pauseMs, () => {
      const read = topicRead(this.#topic, "fetch", () => this.#topic.splits[id]!.slice(position, position + count));
      this.#process.effect(read).then(
        (values) => this.#arrived(id, position, values),
        (error: unknown) => {
          this.#failure = error;
          this.#wake();
        },
      );
    });
  }

  #arrived(splitId: string, position: number, values: readonly T[]): void {
    this.#fetching = false;
    this.#fetched.set(splitId, position + values.length);
    for (const value of values) this.#buffer.push({ splitId, value });
    this.#wake();
    this.#fetch();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async available(): Promise<void> {
    if (this.#failure === undefined && this.#buffer.length === 0 && this.#polled.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  snapshot(): readonly SimSplit[] {
    return [...this.#polled].map(([id, position]) => ({ id, position }));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

function topicRead<T, R>(topic: Topic<T>, verb: string, apply: () => R): Effect<R> {
  return {
    name: `source.${verb}`,
    read: true,
    apply,
    failure: () =>
      new ConnectorError("SOURCE_IO", `Cannot ${verb} from "${topic.name}": connection reset`, { retryable: true }),
  };
}
