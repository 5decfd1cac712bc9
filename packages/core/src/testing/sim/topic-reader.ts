import type { PollResult, SourceReader, SourceReaderContext } from "../../connect/source.ts";
import { ConnectorError } from "../../errors.ts";
import type { SimProcess } from "./process.ts";
import { type SimSplit, type Topic, topicRead } from "./topic.ts";

/** Reads splits of a topic ahead, in bursts and pauses. */
export class TopicReader<T> implements SourceReader<T, SimSplit> {
  readonly #topic: Topic<T>;
  readonly #process: SimProcess;
  readonly #context: SourceReaderContext;
  /** Positions reached by `poll`, by split. Finished splits are taken out. */
  readonly #polled: Map<string, number> = new Map();
  /** Positions reached by fetching. */
  readonly #fetched: Map<string, number> = new Map();
  /** Positions reached by `poll`, finished splits included. */
  readonly #reached: Map<string, number> = new Map();
  readonly #buffer: { readonly splitId: string; readonly value: T }[] = [];
  readonly #waiting: (() => void)[] = [];
  #paused: ReadonlySet<string> = new Set();
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
      this.#reached.set(split.id, split.position);
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
    if (this.#stopsAtMark()) return "nothing";
    const from = this.#buffer.findIndex(({ splitId }) => !this.#paused.has(splitId));
    const first = this.#buffer[from];
    if (first === undefined) {
      if (this.#polled.size === 0) return "finished";
      this.#fetch();
      return "nothing";
    }
    const values: T[] = [];
    // Often less than there is, so that some is left when the engine is kept from asking again.
    const reached = this.#polled.get(first.splitId)!;
    const most = Math.min(limit, 1 + this.#process.choose(3), this.#untilMark(first.splitId, reached));
    while (values.length < most && this.#buffer[from]?.splitId === first.splitId) {
      values.push(...this.#buffer.splice(from, 1).map(({ value }) => value));
    }
    const position = reached + values.length;
    this.#reached.set(first.splitId, position);
    if (position === this.#topic.splits[first.splitId]!.length) this.#polled.delete(first.splitId);
    else this.#polled.set(first.splitId, position);
    this.#fetch();
    return { splitId: first.splitId, values };
  }

  #untilMark(splitId: string, position: number): number {
    return (this.#topic.marks?.nextAfter(splitId, position) ?? Infinity) - position;
  }

  /** Whether a split stands before a mark that ends the life of the process, or the run. */
  #stopsAtMark(): boolean {
    const { marks, name, world } = this.#topic;
    if (marks === undefined) return false;
    for (const [id, position] of this.#reached) {
      const mark = marks.take(id, position);
      if (mark === undefined) continue;
      const place = `after record ${position} of split "${id}" of "${name}"`;
      world.tell(`process ${this.#process.incarnation} comes to the mark "${mark}" ${place}`);
      if (mark === "crash") world.kill(this.#process);
      else marks.end(this.#process);
      return true;
    }
    return false;
  }

  #fetch(): void {
    // What waits of paused splits takes no room from the others.
    if (this.#fetching || this.#closed || this.#ready >= this.#topic.bufferMax) return;
    const open = [...this.#fetched].filter(
      ([id, position]) => position < this.#topic.splits[id]!.length && !this.#paused.has(id),
    );
    if (open.length === 0) return;
    this.#fetching = true;
    const [id, position] = open[this.#process.choose(open.length)]!;
    const count = Math.min(1 + this.#process.choose(this.#topic.fetchMax), this.#untilMark(id, position));
    const { env } = this.#context;
    const drawnMs = env.random() < 0.7 ? 0 : env.random() * this.#topic.paceMs;
    const pauseMs = drawnMs + (this.#topic.marks?.takePause(id, position) ?? 0);
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
    if (this.#failure === undefined && this.#ready === 0 && this.#polled.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  pauseSplits(paused: ReadonlySet<string>): void {
    this.#paused = paused;
    this.#fetch();
  }

  /** How many records may be polled. */
  get #ready(): number {
    return this.#buffer.filter(({ splitId }) => !this.#paused.has(splitId)).length;
  }

  snapshot(): readonly SimSplit[] {
    return [...this.#polled].map(([id, position]) => ({ id, position }));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
