import { UserCodeError } from "../errors.ts";
import type { PlanEdge } from "../graph/plan.ts";
import { type Batch, BATCH_RECORDS } from "../operators/batch.ts";
import type { CallSubject } from "../operators/call-subject.ts";
import type { Output } from "../operators/operator.ts";
import { choseNone, isSubtask, type Partitioner, PARTITIONER } from "../operators/partition.ts";
import { DONE, FULL, type Progress } from "../operators/progress.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import { userCodeError } from "../operators/user-code.ts";
import { keyGroupOf, subtaskOfKeyGroup } from "../state/key-groups.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import type { SubtaskPort } from "./subtask.ts";

/** The subtask that gets records without a key, where they are set aside. */
export const KEYLESS_TARGET = 0;

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
      return new ForwardWriter(place, place.subtask);
    case "broadcast":
      return new BroadcastWriter(place);
    case "rebalance":
      return new ScatterWriter(place, roundRobin(place));
    case "custom":
      return new ScatterWriter(place, byChoice(place, partitioning.choose));
    case "hash":
      // All keys belong to the one subtask that there is, and it asks for them itself.
      if (place.targets === 1) return new ForwardWriter(place, 0);
      return new ScatterWriter(place, byKey(place, partitioning.keyOf));
  }
}

class ForwardWriter implements Output {
  readonly #place: EdgePlace;
  readonly #target: number;

  constructor(place: EdgePlace, target: number) {
    this.#place = place;
    this.#target = target;
  }

  emit(batch: Batch): Progress {
    const { port, edge } = this.#place;
    port.emit(edge.index, this.#target, batch);
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
  /** Used again for each batch: the target of each record, and how many records each target gets. */
  #targetOfRecord: Uint16Array = new Uint16Array(BATCH_RECORDS);
  readonly #counts: Uint32Array;

  constructor(place: EdgePlace, targetOf: (value: unknown) => number) {
    this.#place = place;
    this.#targetOf = targetOf;
    this.#counts = new Uint32Array(place.targets);
  }

  emit(batch: Batch): Progress {
    const { port, edge, targets } = this.#place;
    this.#chooseTargets(batch.values);
    for (let target = 0; target < targets; target++) {
      const count = this.#counts[target] as number;
      if (count === batch.values.length) port.emit(edge.index, target, batch);
      else if (count > 0) port.emit(edge.index, target, this.#part(batch, target, count));
    }
    return port.isFull ? FULL : DONE;
  }

  #chooseTargets(values: readonly unknown[]): void {
    if (values.length > this.#targetOfRecord.length) this.#targetOfRecord = new Uint16Array(values.length);
    const [chosen, counts, targetOf] = [this.#targetOfRecord, this.#counts, this.#targetOf];
    counts.fill(0);
    for (let i = 0; i < values.length; i++) {
      const target = targetOf(values[i]);
      chosen[i] = target;
      counts[target] = (counts[target] as number) + 1;
    }
  }

  /** The records of one target, in arrays that need not grow. */
  #part({ values, timestamps }: Batch, target: number, count: number): Batch {
    const chosen = this.#targetOfRecord;
    const part = { values: new Array<unknown>(count), timestamps: new Array<number>(count) };
    for (let i = 0, next = 0; next < count; i++) {
      if (chosen[i] !== target) continue;
      part.values[next] = values[i];
      part.timestamps[next] = timestamps[i] as number;
      next++;
    }
    return part;
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

function byChoice({ edge, targets }: EdgePlace, choose: Partitioner): (value: unknown) => number {
  return (value) => {
    let target: number;
    try {
      target = choose(value, targets);
    } catch (error) {
      throw userCodeError(error, edge.toNode, PARTITIONER, untimed(value));
    }
    if (isSubtask(target, targets)) return target;
    throw new UserCodeError(`Cannot go on: ${PARTITIONER} of "${edge.toNode}" ${choseNone(target, targets)}`, {
      details: { operator: edge.toNode, target, subtasks: targets },
    });
  };
}

function byKey({ edge, targets, keyGroups }: EdgePlace, keyOf: KeySelector): (value: unknown) => number {
  const targetOf = Uint16Array.from({ length: keyGroups }, (_, group) => subtaskOfKeyGroup(group, targets, keyGroups));
  return (value) => {
    try {
      return targetOf[keyGroupOf(keyOf(value), keyGroups)] as number;
    } catch (error) {
      // The next step asks again for the key, and sets the record aside.
      if (edge.takesKeyless === true) return KEYLESS_TARGET;
      throw userCodeError(error, edge.toNode, "the key selector", untimed(value));
    }
  };
}

function untimed(record: unknown): CallSubject {
  return { kind: "record", record, timestamp: NO_TIMESTAMP };
}
