import { type Batch, BATCH_RECORDS } from "./batch.ts";
import type { OperatorContext, Output } from "./operator.ts";
import { DONE, furthest, type Progress } from "./progress.ts";

/** Collects what user code emits, for the main output and for side outputs, and hands it on in batches. */
export class BatchBuffer {
  readonly #context: OperatorContext;
  readonly #sides = new Map<string, Lane>();
  readonly #main: Lane;
  #count = 0;

  constructor(context: OperatorContext) {
    this.#context = context;
    this.#main = new Lane(context.output);
  }

  /** Whether it holds a batch's worth. */
  get isFull(): boolean {
    return this.#count >= BATCH_RECORDS;
  }

  /** Whether all that was collected has been given away. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  emit(value: unknown, timestamp: number): void {
    this.#main.add(value, timestamp);
    this.#count++;
  }

  /** As {@link emit}, with the time that stands at a place in `times`. */
  emitAt(value: unknown, times: readonly number[], at: number): void {
    this.#main.addAt(value, times, at);
    this.#count++;
  }

  emitSide(name: string, value: unknown, timestamp: number): void {
    let lane = this.#sides.get(name);
    if (lane === undefined) {
      lane = new Lane(this.#context.sideOutput(name));
      this.#sides.set(name, lane);
    }
    lane.add(value, timestamp);
    this.#count++;
  }

  /** What is collected by now, for {@link rollback}. Nothing may be flushed in between. */
  mark(): BufferMark {
    const sides = new Map([...this.#sides].map(([name, lane]) => [name, lane.size]));
    return { main: this.#main.size, sides, count: this.#count };
  }

  /** Forgets what was collected since a mark. */
  rollback({ main, sides, count }: BufferMark): void {
    this.#main.truncate(main);
    for (const [name, lane] of this.#sides) lane.truncate(sides.get(name) ?? 0);
    this.#count = count;
  }

  /** Gives away what was collected, batch by batch, until an output has no room for more. */
  flush(): Progress {
    if (this.#count === 0) return DONE;
    let progress = this.#main.flush();
    for (const lane of this.#sides.values()) progress = furthest(progress, lane.flush());
    if (this.#main.isEmpty && [...this.#sides.values()].every((lane) => lane.isEmpty)) this.#count = 0;
    return progress;
  }
}

/** How much a buffer held. */
export interface BufferMark {
  readonly main: number;
  readonly sides: ReadonlyMap<string, number>;
  readonly count: number;
}

/** What goes to one output: full batches, and one that is being filled. */
class Lane {
  readonly #output: Output;
  #full: Batch[] = [];
  #values: unknown[] = [];
  #timestamps: number[] = [];
  /** The times of a batch of which each record has given one result so far: they need not be copied. */
  #lent: readonly number[] | undefined;
  /** How many records of the arrays are filled. */
  #filled = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#filled === 0;
  }

  /** How many records it holds. */
  get size(): number {
    return this.#full.reduce((size, batch) => size + batch.values.length, this.#filled);
  }

  /** Forgets all but the first `size` records. */
  truncate(size: number): void {
    for (let excess = this.size - size; excess > 0;) {
      const taken = Math.min(excess, this.#filled);
      this.#filled -= taken;
      excess -= taken;
      const last = excess > 0 ? this.#full.pop() : undefined;
      if (last === undefined) return;
      this.#values = [...last.values];
      this.#timestamps = [...last.timestamps];
      this.#filled = last.values.length;
      this.#lent = undefined;
    }
  }

  add(value: unknown, timestamp: number): void {
    if (this.#lent !== undefined) this.#ownTimes();
    const at = this.#filled++;
    this.#values[at] = value;
    this.#timestamps[at] = timestamp;
    if (at === BATCH_RECORDS - 1) this.#close();
  }

  addAt(value: unknown, times: readonly number[], from: number): void {
    const at = this.#filled;
    if (at === 0 && from === 0) this.#lent = times;
    if (this.#lent !== times || at !== from) {
      this.add(value, times[from] as number);
      return;
    }
    this.#values[at] = value;
    this.#filled = at + 1;
    if (at === BATCH_RECORDS - 1) this.#close();
  }

  flush(): Progress {
    if (this.#filled > 0) this.#close();
    let progress = DONE;
    while (progress === DONE) {
      const batch = this.#full.shift();
      if (batch === undefined) break;
      progress = this.#output.emit(batch);
    }
    return progress;
  }

  #ownTimes(): void {
    this.#timestamps = this.#lent?.slice(0, this.#filled) ?? [];
    this.#lent = undefined;
  }

  #close(): void {
    const filled = this.#filled;
    if (this.#lent !== undefined && this.#lent.length > filled) this.#ownTimes();
    const values = this.#values;
    const timestamps = this.#lent ?? this.#timestamps;
    // What is lent has the right length; what is its own may be longer, after something was forgotten.
    if (values.length > filled) values.length = filled;
    if (timestamps.length > filled) this.#timestamps.length = filled;
    this.#full.push({ values, timestamps });
    // Room for as many again: an array that grows from nothing is copied again and again.
    this.#values = new Array<unknown>(filled);
    this.#timestamps = [];
    this.#lent = undefined;
    this.#filled = 0;
  }
}
