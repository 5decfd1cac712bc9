import { assert } from "../assert.ts";
import type { Barrier } from "../checkpoint/barrier.ts";
import type { Batch } from "../operators/batch.ts";
import type { SubtaskName } from "./trace.ts";

/** What flows through a channel, in order. */
export type ChannelElement =
  | { readonly kind: "batch"; readonly batch: Batch }
  | { readonly kind: "watermark"; readonly time: number }
  | { readonly kind: "status"; readonly status: "active" | "idle" }
  | { readonly kind: "barrier"; readonly barrier: Barrier }
  /** No barrier of this checkpoint follows. */
  | { readonly kind: "cancel"; readonly checkpointId: number }
  /** No record follows. Barriers still do. */
  | { readonly kind: "end" };

/** How many records a channel holds before its writer has to stop, unless the job says otherwise. */
export const CHANNEL_RECORDS = 4096;

/** How many records beyond its limit a channel takes while a barrier that overtakes waits for its writer. */
export const OVERDRAFT_RECORDS = 4096;

/** A bounded queue between two subtasks. A writer that finds it full stops; it may finish the batch it is at. */
export class Channel {
  /** The subtask that writes into it. */
  readonly from: SubtaskName;
  readonly #limit: number;
  #queue: ChannelElement[] = [];
  #first = 0;
  #records = 0;
  #barriers = 0;
  /** How many of the first elements a restore has put here. */
  #restored = 0;
  #consumer: (element: ChannelElement) => void = nobody;
  #producer: () => void = nobody;

  /** Begins empty. @param limitRecords how many records it holds before its writer has to stop. */
  constructor(from: SubtaskName, limitRecords: number) {
    assert(limitRecords > 0, "no room");
    this.from = from;
    this.#limit = limitRecords;
  }

  /** Says what to do when something comes. */
  onElement(consumer: (element: ChannelElement) => void): void {
    this.#consumer = consumer;
  }

  /** Says what to do when there is room again. */
  onRoom(producer: () => void): void {
    this.#producer = producer;
  }

  /** Whether its writer has to stop. */
  get isFull(): boolean {
    return this.#records >= this.#limit;
  }

  /** The records that still fit. */
  get room(): number {
    return Math.max(0, this.#limit - this.#records);
  }

  /** The records that still fit if the writer has to come to an end of what it is at, because a barrier overtakes. */
  get overdraft(): number {
    return Math.max(0, this.#limit + OVERDRAFT_RECORDS - this.#records);
  }

  /** Whether nothing waits in it. */
  get isEmpty(): boolean {
    return this.#first === this.#queue.length;
  }

  /** What waits before the barrier of a checkpoint, oldest first: all that waits, if the barrier is not here yet. */
  waitingBefore(checkpointId: number): readonly ChannelElement[] {
    const index = this.#placeOf(checkpointId);
    return this.#queue.slice(this.#first, index < 0 ? undefined : index);
  }

  /** Takes a barrier out of its turn. Returns what waits before it. */
  overtake(checkpointId: number): readonly ChannelElement[] {
    const index = this.#placeOf(checkpointId);
    assert(index >= 0, `the barrier of checkpoint ${checkpointId} is not in its channel`);
    this.#queue.splice(index, 1);
    this.#barriers--;
    return this.#queue.slice(this.#first, index);
  }

  /** Whether the barrier of a checkpoint waits here. */
  holdsBarrier(checkpointId: number): boolean {
    return this.#placeOf(checkpointId) >= 0;
  }

  /** Whether a barrier waits in it. */
  get hasBarrier(): boolean {
    return this.#barriers > 0;
  }

  #placeOf(checkpointId: number): number {
    return this.#queue.findIndex(
      (element, at) => at >= this.#first && element.kind === "barrier" && element.barrier.checkpointId === checkpointId,
    );
  }

  /** Whether the next element is a barrier, or word that none follows. */
  get isAtBarrier(): boolean {
    const kind = this.#queue[this.#first]?.kind;
    return kind === "barrier" || kind === "cancel";
  }

  /** Whether something is next that a restore has put here. */
  get hasRestored(): boolean {
    return this.#restored > 0;
  }

  /** Puts back what was here when the checkpoint was taken, before anything is pushed. */
  restore(element: ChannelElement): void {
    this.#restored++;
    this.push(element);
  }

  /** Puts an element behind all that wait. */
  push(element: ChannelElement): void {
    if (element.kind === "batch") this.#records += element.batch.values.length;
    if (element.kind === "barrier") this.#barriers++;
    this.#queue.push(element);
    this.#consumer(element);
  }

  /** The next element, removed; `undefined` if there is none. */
  shift(): ChannelElement | undefined {
    const element = this.#queue[this.#first];
    if (element === undefined) return undefined;
    this.#first++;
    if (this.#restored > 0) this.#restored--;
    if (element.kind === "barrier") this.#barriers--;
    if (this.#first === this.#queue.length) {
      this.#queue = [];
      this.#first = 0;
    }
    if (element.kind === "batch") {
      const wasFull = this.isFull;
      this.#records -= element.batch.values.length;
      if (wasFull && !this.isFull) this.#producer();
    }
    return element;
  }
}

function nobody(): void {
  // Nothing is connected yet.
}
