import type { PlanEdge } from "../graph/plan.ts";
import type { Batch } from "../operators/batch.ts";
import type { Output } from "../operators/operator.ts";
import { DONE, FULL, type Progress } from "../operators/progress.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import { userCodeError } from "../operators/user-code.ts";
import { keyGroupOf, subtaskOfKeyGroup } from "../state/key-groups.ts";
import type { SubtaskPort } from "./subtask.ts";

/** Where an edge writer stands. */
export interface EdgePlace {
  readonly edge: PlanEdge;
  /** The subtask that writes. */
  readonly subtask: number;
  /** The subtasks that read. */
  readonly targets: number;
  readonly keyGroups: number;
  readonly port: SubtaskPort;
}

/** The output that deals records out over the channels of an edge, by its partitioning. */
export function edgeWriter(place: EdgePlace): Output {
  const { partitioning } = place.edge;
  switch (partitioning.kind) {
    case "forward":
      return new ForwardWriter(place);
    case "broadcast":
      return new BroadcastWriter(place);
    case "rebalance":
      return new ScatterWriter(place, roundRobin(place));
    case "hash":
      return new ScatterWriter(place, byKey(place, partitioning.keyOf));
  }
}

class ForwardWriter implements Output {
  readonly #place: EdgePlace;

  constructor(place: EdgePlace) {
    this.#place = place;
  }

  emit(batch: Batch): Progress {
    const { port, edge, subtask } = this.#place;
    port.emit(edge.index, subtask, batch);
    return port.isFull ? FULL : DONE;
  }
}

class BroadcastWriter implements Output {
  readonly #place: EdgePlace;

  constructor(place: EdgePlace) {
    this.#place = place;
  }

  emit(batch: Batch): Progress {
    const { port, edge, targets } = this.#place;
    for (let target = 0; target < targets; target++) port.emit(edge.index, target, batch);
    return port.isFull ? FULL : DONE;
  }
}

class ScatterWriter implements Output {
  readonly #place: EdgePlace;
  readonly #targetOf: (value: unknown) => number;

  constructor(place: EdgePlace, targetOf: (value: unknown) => number) {
    this.#place = place;
    this.#targetOf = targetOf;
  }

  emit(batch: Batch): Progress {
    const { port, edge, targets } = this.#place;
    const values: unknown[][] = Array.from({ length: targets }, () => []);
    const timestamps: number[][] = Array.from({ length: targets }, () => []);
    for (let i = 0; i < batch.values.length; i++) {
      const value = batch.values[i];
      const target = this.#targetOf(value);
      (values[target] as unknown[]).push(value);
      (timestamps[target] as number[]).push(batch.timestamps[i] as number);
    }
    for (let target = 0; target < targets; target++) {
      const part = values[target] as unknown[];
      if (part.length > 0) port.emit(edge.index, target, { values: part, timestamps: timestamps[target] as number[] });
    }
    return port.isFull ? FULL : DONE;
  }
}

function roundRobin({ subtask, targets }: EdgePlace): () => number {
  let next = subtask % targets;
  return () => {
    const target = next;
    next = (next + 1) % targets;
    return target;
  };
}

function byKey({ edge, targets, keyGroups }: EdgePlace, keyOf: KeySelector): (value: unknown) => number {
  const targetOf = Uint16Array.from({ length: keyGroups }, (_, group) => subtaskOfKeyGroup(group, targets, keyGroups));
  return (value) => {
    try {
      return targetOf[keyGroupOf(keyOf(value), keyGroups)] as number;
    } catch (error) {
      throw userCodeError(error, edge.toNode, "the key selector");
    }
  };
}
