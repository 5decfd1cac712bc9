/** Watches in a run that a process lets go what it needs no more, and keeps state and requests within their limits. */
import type { PointName, SubtaskName, TraceEvent } from "@tidemark/core";
import type { Topology } from "@tidemark/core/internal";
import type { PointDetail } from "@tidemark/core/testing";

/** What the holdings of a run follow from. */
export interface HoldingsOptions {
  /** `checkpoint.retained` of the run. */
  readonly retained: number;
  /** `checkpoint.maxConcurrent` of the run. */
  readonly maxConcurrent: number;
  /** How many writes of objects the process has under way. */
  readonly putsUnderWay: () => number;
  /** Told of each thing that is held beyond its bound. */
  readonly breach: (text: string) => void;
}

/** The memory that the state of some subtasks shares. */
interface Memory {
  readonly limitBytes: number;
  readonly users: ReadonlySet<{ readonly bytes: number; readonly isPinned: boolean }>;
}

/** Subtasks that fail together, and what they keep. */
interface Part {
  readonly instances: Topology["instances"];
  readonly memory: Memory | undefined;
  /** Batches that steps with state have taken in a row while there was too much of it. */
  batchesBeyond: number;
}

/** Above this multiple of the limit of state records wait. */
const STALL_RATIO = 1.25;
/** What the entries of one record, and the timers that are due next, may take besides in each table. */
const TABLE_BYTES = 4 * 1024;
/** What was waited for goes when the next record has been worked on: by then each of the others may have taken a batch. */
const BATCHES_MAX = 8;
/** Objects that the stores of a session may have on their way before a writer has to wait. */
const PUTS_MAX = 2;
/** Savepoints that may be copied at one time, each from a checkpoint of its own. */
const PINS_MAX = 2;

/**
 * What a process keeps, as its contract bounds it: state stays within its limit, but for what the records being worked on need; what
 * barriers have overtaken goes when it is written or the checkpoint is given up; of checkpoints nothing is known that nobody
 * can need; and a writer waits for the objects before its own.
 */
export class Holdings {
  readonly #options: HoldingsOptions;
  /** By their first stage. */
  readonly #parts: Map<string, Part> = new Map();
  /** Checkpoints that have come to their end since the last one began. */
  #over: number[] = [];

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  /** Takes a point of the engine. */
  point(name: PointName, detail: PointDetail): void {
    if (name === "region.built") this.#built(detail as unknown as Pick<Part, "instances" | "memory">);
    if (name === "release.done") this.#released(detail["handles"] as number);
  }

  /** Takes an event of the trace. */
  on(event: TraceEvent): void {
    this.#checkPuts();
    switch (event.kind) {
      case "checkpoint-completed":
      case "checkpoint-aborted":
        this.#over.push(event.checkpointId);
        return;
      case "checkpoint-triggered":
        return this.#checkCaptures();
      case "batch":
        return this.#checkState(event.at);
      default:
        return;
    }
  }

  #built({ instances, memory }: Pick<Part, "instances" | "memory">): void {
    const [first] = instances;
    if (first !== undefined) this.#parts.set(first.at.stage, { instances, memory, batchesBeyond: 0 });
  }

  #released(handles: number): void {
    const { retained, maxConcurrent, breach } = this.#options;
    // Those that are complete and wait to be cleaned up after are known as well.
    const most = retained + maxConcurrent + 1 + PINS_MAX;
    if (handles > most) breach(`the needs of ${handles} checkpoints are kept, of ${most}`);
  }

  #checkCaptures(): void {
    for (const checkpointId of this.#over.splice(0)) {
      for (const { at, input } of this.#instances()) {
        const capture = input.captureOf(checkpointId);
        if (capture === undefined || capture.isDropped) continue;
        this.#options.breach(
          `${at.stage}/${at.subtask} keeps what barriers of ${checkpointId} overtook, which is over`,
        );
      }
    }
  }

  #checkState(at: SubtaskName): void {
    for (const part of this.#parts.values()) {
      const { instances, memory } = part;
      if (memory === undefined || !instances.some((each) => each.at === at && hasState(each))) continue;
      let bytes = 0;
      // What an operator waits for stays, however much it is: a record needs it.
      for (const table of memory.users) bytes += table.isPinned ? 0 : table.bytes;
      const isBeyond = bytes > memory.limitBytes * STALL_RATIO + memory.users.size * TABLE_BYTES;
      part.batchesBeyond = isBeyond ? part.batchesBeyond + 1 : 0;
      if (part.batchesBeyond <= BATCHES_MAX) continue;
      this.#options.breach(`state takes ${bytes} bytes in memory, of ${memory.limitBytes}`);
      part.batchesBeyond = 0;
    }
  }

  #checkPuts(): void {
    const { putsUnderWay, breach } = this.#options;
    const puts = putsUnderWay();
    if (puts === 0) return;
    // Each subtask begins one and waits then; besides there are the manifest and the head.
    const most = PUTS_MAX + 2 * this.#instances().length + 2;
    if (puts > most) breach(`${puts} objects are being written, of ${most}`);
  }

  #instances(): Topology["instances"] {
    return [...this.#parts.values()].flatMap(({ instances }) => instances);
  }
}

function hasState({ stage }: Topology["instances"][number]): boolean {
  return stage.nodes.some(({ node }) => node.work.kind === "operator" && node.work.stateful);
}
