import type { EnumeratorContext, SplitEnumerator } from "../../connect/source.ts";
import type { SimProcess } from "./process.ts";
import { type SimEnumeratorState, type SimSplit, type Topic, topicRead } from "./topic.ts";

/** Hands out the splits of a topic: all at the start, or one by one. */
export class TopicEnumerator<T> implements SplitEnumerator<SimEnumeratorState> {
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

  snapshot(): SimEnumeratorState {
    // The hardest moment for a split to be handed out is right after a cut, before any reader has come upon its barrier.
    if (this.#asking.length > 0) void Promise.resolve().then(() => this.#serve());
    return this.#discovered ? { unassigned: [...this.#unassigned] } : {};
  }

  async close(): Promise<void> {}
}
