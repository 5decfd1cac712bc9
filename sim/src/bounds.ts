/** Watches in a run that what the engine holds stays within its bounds. */
import type { PointName, SubtaskName, TraceEvent } from "@tidemark/core";
import type { Channel, Topology } from "@tidemark/core/internal";
import type { PointDetail } from "@tidemark/core/testing";

/** What the bounds of a run follow from. */
export interface BoundsOptions {
  /** `checkpoint.maxConcurrent` of the run. */
  readonly maxConcurrent: number;
  /** Told of each thing that is held beyond its bound. */
  readonly breach: (text: string) => void;
}

/**
 * What a process holds, as its contract bounds it: no subtask takes records while a channel that it writes into is full, so that
 * none ever holds more than its limit and what comes of one batch; no more checkpoints are under way than may be, and none begins
 * while more than those are complete and not cleaned up after, or while rows of a complete one are on their way to be visible.
 */
export class Bounds {
  readonly #options: BoundsOptions;
  /** What each subtask writes into, by its name. */
  readonly #outgoing: Map<string, readonly Channel[]> = new Map();
  readonly #pending: Set<number> = new Set();
  readonly #uncleaned: Set<number> = new Set();
  /** Complete checkpoints of which a sink is being asked to commit something. */
  readonly #committing: Set<number> = new Set();

  constructor(options: BoundsOptions) {
    this.#options = options;
  }

  /** Takes a point of the engine. */
  point(name: PointName, detail: PointDetail): void {
    if (name === "region.built") this.#built(detail["instances"] as Topology["instances"]);
    if (name === "commit.starting") this.#committing.add(detail["checkpointId"] as number);
    if (name === "commit.done") this.#committing.delete(detail["checkpointId"] as number);
    if (name === "release.done") this.#uncleaned.delete(detail["checkpointId"] as number);
  }

  /** Takes an event of the trace. */
  on(event: TraceEvent): void {
    switch (event.kind) {
      case "attempt-started":
        this.#pending.clear();
        this.#committing.clear();
        return this.#uncleaned.clear();
      case "region-failed":
        return this.#committing.clear();
      case "checkpoint-triggered":
        return this.#triggered(event.checkpointId);
      case "checkpoint-completed":
        this.#pending.delete(event.checkpointId);
        this.#uncleaned.add(event.checkpointId);
        return;
      case "checkpoint-aborted":
        this.#pending.delete(event.checkpointId);
        return;
      case "batch":
        return this.#takes(event.at);
      default:
        return;
    }
  }

  #built(instances: Topology["instances"]): void {
    for (const { at } of instances) this.#outgoing.set(nameOf(at), []);
    for (const { input } of instances) {
      if (!("channels" in input)) continue;
      for (const { channel } of input.channels) {
        const writer = nameOf(channel.from);
        this.#outgoing.set(writer, [...(this.#outgoing.get(writer) ?? []), channel]);
      }
    }
  }

  #triggered(checkpointId: number): void {
    const { maxConcurrent, breach } = this.#options;
    this.#pending.add(checkpointId);
    // A savepoint may begin beside them.
    if (this.#pending.size > maxConcurrent + 1) {
      breach(`${this.#pending.size} checkpoints are under way, of ${maxConcurrent}`);
    }
    if (this.#committing.size > 0) {
      breach(`checkpoint ${checkpointId} begins while ${[...this.#committing].join(", ")} is being committed`);
    }
    if (this.#uncleaned.size > maxConcurrent) {
      breach(
        `checkpoint ${checkpointId} begins while ${this.#uncleaned.size} are not cleaned up after, of ${maxConcurrent}`,
      );
    }
  }

  #takes(at: SubtaskName): void {
    const { breach } = this.#options;
    for (const channel of this.#outgoing.get(nameOf(at)) ?? []) {
      if (channel.isFull) breach(`${nameOf(at)} takes more while a channel that it writes into is full`);
    }
  }
}

function nameOf({ stage, subtask }: SubtaskName): string {
  return `${stage}/${subtask}`;
}
