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

  emit(value: unknown, timestamp: number): void {
    this.#main.add(value, timestamp);
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

  constructor(output: Output) {
    this.#output = output;
  }

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#values.length === 0;
  }

  /** How many records it holds. */
  get size(): number {
    return this.#full.reduce((size, batch) => size + batch.values.length, this.#values.length);
  }

  /** Forgets all but the first `size` records. */
  truncate(size: number): void {
    for (let excess = this.size - size; excess > 0;) {
      const taken = Math.min(excess, this.#values.length);
      this.#values.length -= taken;
      this.#timestamps.length -= taken;
      excess -= taken;
      const last = excess > 0 ? this.#full.pop() : undefined;
      if (last === undefined) return;
      this.#values = [...last.values];
      this.#timestamps = [...last.timestamps];
    }
  }

  add(value: unknown, timestamp: number): void {
    this.#values.push(value);
    this.#timestamps.push(timestamp);
    if (this.#values.length === BATCH_RECORDS) this.#close();
  }

  flush(): Progress {
    if (this.#values.length > 0) this.#close();
    let progress = DONE;
    while (progress === DONE) {
      const batch = this.#full.shift();
      if (batch === undefined) break;
      progress = this.#output.emit(batch);
    }
    return progress;
  }

  #close(): void {
    this.#full.push({ values: this.#values, timestamps: this.#timestamps });
    this.#values = [];
    this.#timestamps = [];
  }
}
