import { pipeline, valueState } from "@tidemark/core";

import { checksumSink } from "../checksum-sink.ts";
import type { Computation } from "../computation.ts";

const SECOND_MS = 1_000;
const DELAY_MS = 10_000;

interface Reminder {
  readonly product: string;
  readonly due: number;
}

/**
 * A reminder ten seconds after each second in which a product is sold: a timer for nearly each sale. The loop has a queue in
 * their place, which is in order because time is and each waits for as long; it relies on that, the engine does not.
 */
export const timers: Computation = {
  name: "timers",

  loop(sales) {
    const lastDue = new Map<string, number>();
    const queue: Reminder[] = [];
    let first = 0;
    let checksum = 0;
    const fireUntil = (time: number): void => {
      for (; first < queue.length; first++) {
        const { due } = queue[first] as Reminder;
        if (due > time) break;
        checksum = add(checksum, due);
      }
    };
    for (const { product, at } of sales) {
      fireUntil(at - 1);
      const due = dueOf(at);
      if (lastDue.get(product) === due) continue;
      lastDue.set(product, due);
      queue.push({ product, due });
    }
    fireUntil(Infinity);
    return { results: queue.length, checksum };
  },

  build(source) {
    const job = pipeline("timers");
    const out = checksumSink(add);
    job
      .source("sales", source, { eventTime: (sale) => sale.at })
      .keyBy((sale) => sale.product)
      .process<number, { due: ReturnType<typeof valueState<number>> }>("reminders", {
        state: { due: valueState(0) },
        onRecord({ at }, { state, setEventTimer }) {
          const due = dueOf(at);
          if (state.due.get() === due) return;
          state.due.update(due);
          setEventTimer(due);
        },
        onTimer: (due, { emit }) => emit(due),
      })
      .sink("out", out.sink);
    return { job, out };
  },
};

function dueOf(at: number): number {
  return Math.floor(at / SECOND_MS) * SECOND_MS + DELAY_MS;
}

function add(checksum: number, due: number): number {
  const second = due / SECOND_MS;
  return (checksum + Math.imul(second | 0, 1 + (second % 1_000))) | 0;
}
