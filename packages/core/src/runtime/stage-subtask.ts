import { assert } from "../assert.ts";
import type { Env } from "../env/env.ts";
import type { FusedEdge, PlanNode, Stage } from "../graph/plan.ts";
import type { Batch } from "../operators/batch.ts";
import type { Operator, OperatorContext, OperatorCut, Output } from "../operators/operator.ts";
import type { PagingParts } from "../operators/paging-parts.ts";
import type { Requests } from "../operators/requests.ts";
import { DONE, furthest, type Progress } from "../operators/progress.ts";
import { sourceOperator } from "../operators/source.ts";
import type { StateEntry } from "../state/backend.ts";
import { operatorOfEntry } from "../state/entry-codec.ts";
import type { FrozenTable } from "../state/frozen-table.ts";
import { keyGroupRange } from "../state/key-groups.ts";
import { NO_TIMESTAMP } from "../time/timestamps.ts";
import type { StateAccess } from "../state/paging/state-access.ts";
import type { StateMemory } from "../state/paging/state-memory.ts";
import { edgeWriter } from "./edge-writer.ts";
import { frozenOutput } from "./frozen-output.ts";
import type { RestoredOperator, SnapshotPart, Subtask, SubtaskPort } from "./subtask.ts";
import { tellAll } from "./tell-all.ts";
import { WorkShare } from "./work-share.ts";

/** Where a subtask stands in its job. */
export interface SubtaskPlace {
  readonly job: string;
  readonly stage: Stage;
  /** The parallelism of the stages that the outputs lead to, by stage. */
  readonly parallelismOf: (stage: number) => number;
  readonly subtask: number;
  readonly keyGroups: number;
  readonly generation: number;
  readonly env: Env;
  /** What memory is limited by; `undefined`: all state stays there. */
  readonly paging?: SubtaskPaging | undefined;
}

/** The memory of a run, and the store of a subtask. */
export interface SubtaskPaging {
  readonly memory: StateMemory;
  readonly access: StateAccess;
  readonly parts: PagingParts;
}

/** A control event, the next operator it has to pass, and the first one behind the place where it began. */
interface Passing {
  readonly control: Control;
  readonly first: number;
  next: number;
}

type Control = { readonly kind: "watermark"; readonly time: number } | { readonly kind: "tick"; readonly now: number };

/** Runs the operators of a stage, each handing its batches straight on to the next. */
export class StageSubtask implements Subtask {
  readonly #place: SubtaskPlace;
  readonly #port: SubtaskPort;
  readonly #operators: Operator[] = [];
  readonly #share: WorkShare;
  readonly #requests = new Map<number, () => void>();
  readonly #cuts = new Map<number, OperatorCut[]>();
  readonly #unsettled = new Map<number, readonly FrozenTable[]>();
  #spills = 0;
  #requestsStarted = 0;
  /** A watermark that is not above it has been through, though the inputs begin again from earlier ones. */
  #reached = NO_TIMESTAMP;
  /** Whether a barrier may pass though something is. */
  #isCuttable = false;
  /** What is on its way through the operators: of two, the later one began behind an operator, and goes first. */
  readonly #passing: Passing[] = [];

  constructor(place: SubtaskPlace, port: SubtaskPort) {
    this.#place = place;
    this.#port = port;
    this.#share = new WorkShare(place.env);
    const { nodes } = place.stage;
    // From the last to the first, so that each finds the operators it hands on to.
    for (let index = nodes.length - 1; index >= 0; index--) {
      this.#operators[index] = this.#create(nodes[index] as PlanNode);
    }
  }

  restore(entries: readonly StateEntry[]): void {
    for (const entry of entries) {
      const operatorId = operatorOfEntry(entry.key);
      this.#operators.find((operator) => operator.id === operatorId)?.restoreEntry?.(entry);
    }
  }

  /**
   * The watermark that had been reached goes through once more, from the first operator that knows of it: timers that it had made
   * due may be left, and those further on hear of it again. The end of time comes again from the sources.
   */
  #putBack(): void {
    for (const [first, operator] of this.#operators.entries()) {
      const time = operator.reached?.();
      if (time === undefined) continue;
      this.#reached = time;
      this.#passing.push({ control: { kind: "watermark", time }, first, next: first });
      return;
    }
  }

  pagedOperators(): readonly string[] {
    return this.#operators.filter(({ isPaged = false }) => isPaged).map(({ id }) => id);
  }

  open(operators: readonly RestoredOperator[]): void {
    for (const operator of this.#operators) {
      const restored = operators.find(({ operatorId }) => operatorId === operator.id);
      if (restored?.operatorState !== undefined) operator.restoreOperatorState?.(restored.operatorState);
      operator.restored?.(restored?.watermarks ?? [], restored?.isComplete ?? true);
    }
  }

  begin(): Progress {
    this.#putBack();
    return this.resume();
  }

  batch(input: number, batch: Batch): Progress {
    return this.replay(0, input, batch);
  }

  replay(operator: number, input: number, batch: Batch): Progress {
    this.#share.begin(batch.values.length);
    return this.#share.ended((this.#operators[operator] as Operator).batch(input, batch));
  }

  watermark(time: number): Progress {
    if (time <= this.#reached) return DONE;
    return this.#pass({ kind: "watermark", time });
  }

  tick(now: number): Progress {
    return this.#pass({ kind: "tick", now });
  }

  endInput(): void {
    assert(this.isDrained(), "the input of a subtask ended while an operator kept something back");
    this.#port.endOfData();
  }

  resume(): Progress {
    this.#share.begin(0);
    return this.#share.ended(this.#goOn());
  }

  makeWay(): Progress {
    for (const operator of this.#operators) operator.overdraw?.(true);
    try {
      return this.resume();
    } finally {
      for (const operator of this.#operators) operator.overdraw?.(false);
    }
  }

  mayBeCut(): boolean {
    this.#isCuttable = this.#isBetweenTimers();
    return this.#isCuttable;
  }

  #isBetweenTimers(): boolean {
    const [passing, ...others] = this.#passing;
    if (passing === undefined || others.length > 0) return false;
    // What an operator keeps back that lets a watermark go before its time is over is asked for no further than to there.
    if (this.#operators.slice(0, passing.first).some(({ release }) => release !== undefined)) return false;
    const at = passing.next - 1;
    if (this.#operators[at]?.isFiring !== true) return false;
    // From the last on: what an operator has left goes to one that has room for it.
    return this.#operators
      .slice(at + 1)
      .toReversed()
      .every((operator) => operator.release === undefined && operator.resume() === DONE);
  }

  barrier(checkpointId: number): void {
    // Asked again an operator may have to wait, for room in memory, with nothing left of any record.
    assert(this.#passing.length === 0 || this.#isCuttable, "a barrier came between a record and its end");
    const cuts = this.#operators.flatMap((operator) => operator.cut?.(checkpointId) ?? []);
    this.#cut(checkpointId, cuts);
  }

  #cut(snapshot: number, cuts: OperatorCut[]): void {
    this.#cuts.set(snapshot, cuts);
    const tables = cuts.map(({ table }) => table).filter((table) => table !== undefined);
    this.#unsettled.set(snapshot, tables);
  }

  #spill(operatorId: string, table: FrozenTable): void {
    const spill = --this.#spills;
    this.#cut(spill, [{ table, snapshot: () => ({ operatorId }) }]);
    this.#port.spilled(spill);
  }

  written(snapshot: number): void {
    const tables = this.#unsettled.get(snapshot);
    assert(tables !== undefined, `there is no snapshot ${snapshot} that was not written`);
    this.#unsettled.delete(snapshot);
    for (const table of tables) table.settle();
  }

  nextPart(checkpointId: number, limit: number): SnapshotPart {
    const cuts = this.#cuts.get(checkpointId);
    assert(cuts !== undefined, `there is no snapshot of checkpoint ${checkpointId}`);
    for (const cut of cuts) {
      const part = cut.table?.next(limit) ?? "done";
      if (part === "more") return { kind: "more" };
      if (part !== "done") return { kind: "entries", ...part };
    }
    const snapshots = cuts.map((cut) => cut.snapshot());
    const operators = snapshots.filter((snapshot) => snapshot !== undefined);
    if (operators.length < snapshots.length) return { kind: "waiting" };
    this.#cuts.delete(checkpointId);
    return { kind: "done", operators };
  }

  completed(requestId: number): void {
    const completed = this.#requests.get(requestId);
    assert(completed !== undefined, `request ${requestId} has not been started, or has ended twice`);
    this.#requests.delete(requestId);
    completed();
  }

  complete(checkpointId: number): void {
    tellAll(this.#operators, (operator) => operator.completed?.(checkpointId));
  }

  isDrained(): boolean {
    return this.#operators.every(({ isDrained = true }) => isDrained);
  }

  nextTick(): number | undefined {
    let next: number | undefined;
    for (const operator of this.#operators) {
      const tick = operator.nextTick?.();
      if (tick !== undefined && (next === undefined || tick < next)) next = tick;
    }
    return next;
  }

  async close(): Promise<void> {
    for (const operator of this.#operators) await operator.close?.();
  }

  #pass(control: Control): Progress {
    assert(this.#passing.length === 0, "a second control event came before the first was through");
    this.#share.begin(0);
    this.#passing.push({ control, first: 0, next: 0 });
    return this.#share.ended(this.#goOn());
  }

  /** What operators have left comes first, from the last to the first; then the control event goes on. */
  #goOn(): Progress {
    for (;;) {
      const progress = this.#resumeAll();
      if (progress !== DONE) return progress;
      const passing = this.#passing.at(-1);
      if (passing === undefined) return DONE;
      const passed = this.#passNext(passing);
      if (passed !== DONE) return passed;
    }
  }

  /** Those before the place where a control event began have to wait until it is through. */
  #resumeAll(): Progress {
    const first = this.#passing.at(-1)?.first ?? 0;
    for (let index = this.#operators.length - 1; index >= first; index--) {
      const progress = (this.#operators[index] as Operator).resume();
      if (this.#released(index)) return this.#resumeAll();
      if (progress !== DONE) return progress;
    }
    return DONE;
  }

  #passNext(passing: Passing): Progress {
    const { control, next } = passing;
    const operator = this.#operators[next];
    if (operator === undefined) {
      this.#passing.pop();
      this.#leave(control);
      return DONE;
    }
    passing.next++;
    // An operator that keeps watermarks back gives out its own.
    if (control.kind === "watermark" && operator.release !== undefined) this.#passing.pop();
    const progress = apply(operator, control);
    return this.#released(next) ? DONE : progress;
  }

  /** Lets a watermark go on that an operator had kept back. */
  #released(index: number): boolean {
    const time = this.#operators[index]?.release?.();
    if (time === undefined) return false;
    this.#passing.push({ control: { kind: "watermark", time }, first: index + 1, next: index + 1 });
    return true;
  }

  #leave(control: Control): void {
    if (control.kind === "watermark") this.#port.watermark(control.time);
  }

  #create({ node, fused, edges }: PlanNode): Operator {
    const { stage, subtask, keyGroups, env, job, generation, paging } = this.#place;
    const writers = edges.map((edge) => ({
      side: edge.side,
      output: edgeWriter({
        edge,
        subtask,
        targets: this.#place.parallelismOf(edge.toStage),
        keyGroups,
        port: this.#port,
      }),
    }));
    const followers = fused.map((edge) => ({ side: edge.side, output: this.#follower(edge) }));
    const outputs = [...followers, ...writers];
    const outputOf = (side: string | undefined): Output => {
      const output = join(outputs.filter((out) => out.side === side).map((out) => out.output));
      return env.development === true ? frozenOutput(output) : output;
    };
    const readers = [
      ...fused.flatMap(({ side }) => (side === undefined ? [stage.parallelism] : [])),
      ...edges.flatMap(({ side, toStage }) => (side === undefined ? [this.#place.parallelismOf(toStage)] : [])),
    ];
    const context: OperatorContext = {
      env,
      job,
      subtask,
      parallelism: stage.parallelism,
      generation,
      keyGroups,
      range: keyGroupRange(subtask, stage.parallelism, keyGroups),
      slice: this.#share.slice,
      requests: this.#requestsOf(),
      output: outputOf(undefined),
      readers: [...new Set(readers)],
      deadLetters: node.work.kind === "operator" ? node.work.deadLetters : undefined,
      paging:
        paging === undefined ? undefined : { ...paging, spill: (operatorId, table) => this.#spill(operatorId, table) },
      droppedLate: (records) => this.#port.droppedLate(records),
      deadLettered: (call) => this.#port.deadLettered(node.id, call),
      sideOutput: outputOf,
    };
    const { work } = node;
    return work.kind === "source" ? sourceOperator(node.id, work.deadLetters, context) : work.create(context);
  }

  #follower({ to, input }: FusedEdge): Output {
    const operator = this.#operators[to];
    assert(operator !== undefined, "an operator comes before the one that feeds it");
    return { emit: (batch) => operator.batch(input, batch) };
  }

  #requestsOf(): Requests {
    return {
      start: (run, completed) => {
        const id = this.#requestsStarted++;
        run().then(
          (result) => this.#end(id, () => completed(result)),
          (error: unknown) =>
            this.#end(id, () => {
              throw error;
            }),
        );
      },
    };
  }

  #end(id: number, completed: () => void): void {
    this.#requests.set(id, completed);
    this.#port.requestEnded(id);
  }
}

function apply(operator: Operator, control: Control): Progress {
  switch (control.kind) {
    case "watermark":
      return operator.watermark?.(control.time) ?? DONE;
    case "tick":
      return operator.tick?.(control.now) ?? DONE;
  }
}

/** One output over several: each of them gets every batch. */
function join(outputs: readonly Output[]): Output {
  const [only, ...others] = outputs;
  if (only === undefined) return { emit: () => DONE };
  if (others.length === 0) return only;
  return {
    emit: (batch) => {
      let progress = DONE;
      for (const output of outputs) progress = furthest(progress, output.emit(batch));
      return progress;
    },
  };
}
