import type { Barrier } from "../checkpoint/barrier.ts";
import type { Batch } from "../operators/batch.ts";
import type { Channel } from "./channel.ts";
import type { SubtaskPort } from "./subtask.ts";

/** The channels of one edge of a stage, one for each subtask that reads, as one subtask sees them. */
export interface OutputEdge {
  readonly index: number;
  /** `undefined` where this subtask has no channel to that one. */
  readonly channels: readonly (Channel | undefined)[];
}

/** What the host of a subtask is told of besides what goes into channels. */
export type OutputEvents = Pick<SubtaskPort, "requestEnded" | "droppedLate" | "deadLettered" | "spilled">;

/** What a subtask's host takes from it: batches into channels, control events into all of them. */
export class Outputs implements SubtaskPort {
  readonly #byEdge = new Map<number, readonly (Channel | undefined)[]>();
  readonly #all: readonly Channel[];
  #overdrawn = false;
  readonly #events: OutputEvents;

  constructor(edges: readonly OutputEdge[], events: OutputEvents) {
    for (const edge of edges) this.#byEdge.set(edge.index, edge.channels);
    this.#all = edges.flatMap((edge) => edge.channels.filter((channel) => channel !== undefined));
    this.#events = events;
  }

  /** Lets a bounded number of records go beyond the limits, so that a barrier need not wait for room. */
  overdraw(allowed: boolean): void {
    this.#overdrawn = allowed;
  }

  get isFull(): boolean {
    if (this.#overdrawn) return this.room === 0;
    for (const channel of this.#all) if (channel.isFull) return true;
    return false;
  }

  /** The records that every channel still has room for. */
  get room(): number {
    let least = Infinity;
    for (const channel of this.#all) least = Math.min(least, this.#overdrawn ? channel.overdraft : channel.room);
    return least;
  }

  emit(edge: number, target: number, batch: Batch): void {
    const channel = this.#byEdge.get(edge)?.[target];
    if (channel === undefined) {
      throw new RangeError(`Cannot emit into edge ${edge}: it has no channel to subtask ${target}`);
    }
    channel.push({ kind: "batch", batch });
  }

  watermark(time: number): void {
    for (const channel of this.#all) channel.push({ kind: "watermark", time });
  }

  status(status: "active" | "idle"): void {
    for (const channel of this.#all) channel.push({ kind: "status", status });
  }

  barrier(barrier: Barrier): void {
    for (const channel of this.#all) channel.push({ kind: "barrier", barrier });
  }

  /** Tells those downstream that no barrier of this checkpoint follows. */
  cancel(checkpointId: number): void {
    for (const channel of this.#all) channel.push({ kind: "cancel", checkpointId });
  }

  endOfData(): void {
    for (const channel of this.#all) channel.push({ kind: "end" });
  }

  droppedLate(records: number): void {
    this.#events.droppedLate(records);
  }

  deadLettered(operatorId: string, call: string): void {
    this.#events.deadLettered(operatorId, call);
  }

  spilled(spill: number): void {
    this.#events.spilled(spill);
  }

  requestEnded(requestId: number): void {
    this.#events.requestEnded(requestId);
  }
}
