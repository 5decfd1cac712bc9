import { assert } from "../../assert.ts";

/** Something whose result is there or is waited for. */
export interface Awaited {
  readonly isDone: boolean;
}

/** What may go on next. */
export type Leaving<E> =
  | { readonly kind: "result"; readonly entry: E }
  | { readonly kind: "watermark"; readonly time: number };

/** In what order results and watermarks go on. Between two watermarks no more than the later one is kept. */
export interface ResultOrder<E extends Awaited> {
  readonly isEmpty: boolean;
  add(entry: E): void;
  watermark(time: number): void;
  /** The result of an entry is there. */
  done(entry: E): void;
  /** Takes out what may go on next; `undefined`: nothing may now. */
  next(): Leaving<E> | undefined;
}

/** Everything goes on in the order in which it came. */
export class InOrder<E extends Awaited> implements ResultOrder<E> {
  #queue: (E | number)[] = [];
  /** What stands before it has gone on. */
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#queue.length;
  }

  add(entry: E): void {
    this.#queue.push(entry);
  }

  watermark(time: number): void {
    if (!this.isEmpty && typeof this.#queue.at(-1) === "number") this.#queue.pop();
    this.#queue.push(time);
  }

  done(entry: E): void {
    assert(entry.isDone, "an entry is said to be done before it is");
  }

  next(): Leaving<E> | undefined {
    const first = this.#queue[this.#head];
    if (first === undefined || (typeof first !== "number" && !first.isDone)) return undefined;
    this.#head++;
    if (this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return typeof first === "number" ? { kind: "watermark", time: first } : { kind: "result", entry: first };
  }
}

/** A stretch of the stream up to a watermark. */
interface Stretch<E> {
  /** Entries whose results have not gone on. */
  open: number;
  readonly done: E[];
  /** What ends it; `undefined` for the last one. */
  watermark: number | undefined;
}

/** Results go on as they come, but never past a watermark, in either direction. */
export class AsCompleted<E extends Awaited> implements ResultOrder<E> {
  readonly #stretches: Stretch<E>[] = [{ open: 0, done: [], watermark: undefined }];
  readonly #stretchOf = new Map<E, Stretch<E>>();

  get isEmpty(): boolean {
    return this.#stretches.length === 1 && this.#stretches[0]?.open === 0;
  }

  add(entry: E): void {
    const last = this.#last();
    last.open++;
    this.#stretchOf.set(entry, last);
  }

  watermark(time: number): void {
    const before = this.#stretches.at(-2);
    if (this.#last().open === 0 && before !== undefined) {
      before.watermark = time;
      return;
    }
    this.#last().watermark = time;
    this.#stretches.push({ open: 0, done: [], watermark: undefined });
  }

  done(entry: E): void {
    const stretch = this.#stretchOf.get(entry);
    assert(stretch !== undefined, "an entry is done that never came, or a second time");
    this.#stretchOf.delete(entry);
    stretch.done.push(entry);
  }

  next(): Leaving<E> | undefined {
    const [first] = this.#stretches;
    const entry = first?.done.shift();
    if (first === undefined) return undefined;
    if (entry !== undefined) {
      first.open--;
      return { kind: "result", entry };
    }
    if (first.open > 0 || first.watermark === undefined) return undefined;
    this.#stretches.shift();
    return { kind: "watermark", time: first.watermark };
  }

  #last(): Stretch<E> {
    return this.#stretches.at(-1) as Stretch<E>;
  }
}
