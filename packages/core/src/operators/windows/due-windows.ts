import { assert } from "../../assert.ts";
import { TimeHeap } from "../../time/time-heap.ts";
import type { TimeWindow } from "../../time/windows.ts";

/** The windows that wait for event time to pass them, by their ends. */
export class DueWindows {
  /** Several that end together have other starts, as after a change of the rules that made them. */
  readonly #byEnd = new Map<number, TimeWindow[]>();
  readonly #ends = new TimeHeap();

  /** Adds a window, unless it waits already. */
  add(window: TimeWindow): void {
    const siblings = this.#byEnd.get(window.end);
    if (siblings?.some(({ start }) => start === window.start) === true) return;
    this.#ends.push(window.end);
    if (siblings === undefined) this.#byEnd.set(window.end, [window]);
    else siblings.push(window);
  }

  /** The end of the first of them; Infinity if there is none. */
  get firstEnd(): number {
    return this.#ends.peek() ?? Infinity;
  }

  /** Whether there is one that event time has passed. */
  has(time: number): boolean {
    const end = this.#ends.peek();
    return end !== undefined && end - 1 <= time;
  }

  /** Removes the first to end and returns it. */
  take(): TimeWindow {
    const end = this.#ends.pop() as number;
    const siblings = this.#byEnd.get(end);
    const window = siblings?.shift();
    assert(window !== undefined, `no window ends at ${end}`);
    if (siblings?.length === 0) this.#byEnd.delete(end);
    return window;
  }
}
