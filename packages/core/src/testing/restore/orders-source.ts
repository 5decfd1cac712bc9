import type { PollResult, Source, SourceReader, SourceSplit, SplitEnumerator } from "../../connect/source.ts";
import type { Env } from "../../env/env.ts";
import { ORDER_SPLITS, type Order, ordersOf } from "./orders.ts";

/** How many orders there are, and whether more may come. */
export interface OrdersOptions {
  /** In each split. Default: 30. */
  readonly count?: number;
  /** Whether the splits end. Default: `true`. */
  readonly bounded?: boolean;
  /** Whether nothing more is there just now. Default: never. */
  readonly isHeld?: () => boolean;
}

interface OrdersSplit extends SourceSplit {
  readonly split: number;
  readonly position: number;
}

/** All splits are dealt out at the first start. */
interface OrdersState {
  readonly dealt: boolean;
}

/** Reads the orders two at a time, with a turn in between, so that there is time for checkpoints. */
export function ordersSource({
  count = 30,
  bounded = true,
  isHeld = () => false,
}: OrdersOptions): Source<Order, OrdersSplit, OrdersState, true> {
  return {
    name: "orders",
    replayable: true,
    bounded,
    createEnumerator: ({ parallelism, assign, noMoreSplits }, restored): SplitEnumerator<OrdersState> => ({
      start: async () => {
        for (let split = 0; split < ORDER_SPLITS && restored === undefined; split++) {
          assign(split % parallelism, { id: `split-${split}`, split, position: 0 });
        }
      },
      handleSplitRequest: (subtask) => noMoreSplits(subtask),
      snapshot: () => ({ dealt: true }),
      close: async () => undefined,
    }),
    createReader: ({ env }) => new OrdersReader(env, { count, bounded, isHeld }),
  };
}

const PER_POLL = 2;
/** How often one that is held looks again. */
const HELD_MS = 1;

class OrdersReader implements SourceReader<Order, OrdersSplit> {
  readonly #env: Env;
  readonly #options: Required<OrdersOptions>;
  readonly #splits: OrdersSplit[] = [];
  #pause: Promise<void> | undefined;

  constructor(env: Env, options: Required<OrdersOptions>) {
    this.#env = env;
    this.#options = options;
  }

  addSplits(splits: readonly OrdersSplit[]): void {
    this.#splits.push(...splits);
  }

  poll(limit: number): PollResult<Order> {
    const { count, bounded, isHeld } = this.#options;
    if (this.#pause !== undefined) return "nothing";
    const index = this.#splits.findIndex(({ position }) => position < count);
    if (index < 0) {
      if (bounded) this.#splits.length = 0;
      return this.#splits.length === 0 ? "finished" : "nothing";
    }
    if (isHeld()) {
      this.#rest(new Promise((resolve) => this.#env.schedule(HELD_MS, resolve)));
      return "nothing";
    }
    const [found] = this.#splits.splice(index, 1) as [OrdersSplit];
    const end = Math.min(count, found.position + Math.min(PER_POLL, limit));
    this.#splits.push({ ...found, position: end });
    this.#rest(this.#env.turn());
    return { splitId: found.id, values: ordersOf(found.split, count).slice(found.position, end) };
  }

  #rest(pause: Promise<void>): void {
    this.#pause = pause.then(() => {
      this.#pause = undefined;
    });
  }

  available(): Promise<void> {
    return this.#pause ?? new Promise(() => undefined);
  }

  snapshot(): readonly OrdersSplit[] {
    const { count, bounded } = this.#options;
    return this.#splits.filter(({ position }) => !bounded || position < count);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
