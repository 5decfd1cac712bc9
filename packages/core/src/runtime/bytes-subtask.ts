import type { Batch } from "../operators/batch.ts";
import type { Progress } from "../operators/progress.ts";
import type { StateEntry } from "../state/backend.ts";
import type { StateAccess } from "../state/paging/state-access.ts";
import { decodeValue, encodeValue } from "../state/value-codec.ts";
import { type CallFrame, decodeCall, decodeReply, type EmittedFrame, encodeFrame, type ReplyFrame } from "./frames.ts";
import { StageSubtask, type SubtaskPlace } from "./stage-subtask.ts";
import type { RestoredOperator, SnapshotPart, Subtask, SubtaskPort } from "./subtask.ts";

/**
 * A subtask on the other side of a wall that lets nothing but bytes through. Everything a subtask is told and everything
 * it answers is an encoded frame; so nothing can be shared by accident, and the other side could be anywhere.
 */
export class BytesSubtask implements Subtask {
  readonly #port: SubtaskPort & { readonly room: number };
  readonly #server: SubtaskServer;

  constructor(place: SubtaskPlace, port: SubtaskPort & { readonly room: number }) {
    this.#port = port;
    this.#server = new SubtaskServer(pagedByBytes(place), port);
  }

  restore(entries: readonly StateEntry[]): void {
    this.#call("restore", entries);
  }

  pagedOperators(): readonly string[] {
    return this.#call("pagedOperators") as readonly string[];
  }

  open(operators: readonly RestoredOperator[]): void {
    this.#call("open", operators);
  }

  batch(input: number, batch: Batch): Progress {
    return this.#call("batch", input, batch) as Progress;
  }

  replay(operator: number, input: number, batch: Batch): Progress {
    return this.#call("replay", operator, input, batch) as Progress;
  }

  begin(): Progress {
    return this.#call("begin") as Progress;
  }

  watermark(time: number): Progress {
    return this.#call("watermark", time) as Progress;
  }

  endInput(): void {
    this.#call("endInput");
  }

  tick(now: number): Progress {
    return this.#call("tick", now) as Progress;
  }

  resume(): Progress {
    return this.#call("resume") as Progress;
  }

  makeWay(): Progress {
    return this.#call("makeWay") as Progress;
  }

  mayBeCut(): boolean {
    return this.#call("mayBeCut") as boolean;
  }

  barrier(checkpointId: number): void {
    this.#call("barrier", checkpointId);
  }

  nextPart(checkpointId: number, limit: number): SnapshotPart {
    return this.#call("nextPart", checkpointId, limit) as SnapshotPart;
  }

  written(snapshot: number): void {
    this.#call("written", snapshot);
  }

  completed(requestId: number): void {
    this.#call("completed", requestId);
  }

  complete(checkpointId: number): void {
    this.#call("complete", checkpointId);
  }

  isDrained(): boolean {
    return this.#call("isDrained") as boolean;
  }

  nextTick(): number | undefined {
    return this.#call("nextTick") as number | undefined;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #call(method: CallFrame["method"], ...args: readonly unknown[]): unknown {
    const reply = decodeReply(this.#server.handle(encodeFrame({ method, arguments: args, room: this.#port.room })));
    for (const emitted of reply.emitted) this.#deliver(emitted);
    return reply.result;
  }

  #deliver(emitted: EmittedFrame): void {
    switch (emitted.kind) {
      case "batch":
        return this.#port.emit(emitted.edge, emitted.target, emitted.batch);
      case "watermark":
        return this.#port.watermark(emitted.time);
      case "end":
        return this.#port.endOfData();
      case "late":
        return this.#port.droppedLate(emitted.records);
      case "letter":
        return this.#port.deadLettered(emitted.operatorId, emitted.call);
    }
  }
}

/**
 * What a subtask tells between two calls as well, and what therefore waits for none: with little memory another subtask has its
 * changes written, and waits for that, while nobody calls this one.
 */
type Told = Pick<SubtaskPort, "requestEnded" | "spilled">;

/** The other side: takes frames, calls the subtask, answers with frames. */
class SubtaskServer {
  readonly #subtask: StageSubtask;
  readonly #port: FramePort;

  constructor(place: SubtaskPlace, told: Told) {
    this.#port = new FramePort(told);
    this.#subtask = new StageSubtask(place, this.#port);
  }

  handle(bytes: Uint8Array): Uint8Array {
    const call = decodeCall(bytes);
    this.#port.begin(call.room);
    const result = this.#dispatch(call);
    return encodeFrame({ emitted: this.#port.take(), result });
  }

  close(): Promise<void> {
    return this.#subtask.close();
  }

  #dispatch({ method, arguments: args }: CallFrame): ReplyFrame["result"] {
    const subtask = this.#subtask;
    const [first, second, third] = args;
    switch (method) {
      case "restore":
        subtask.restore(first as readonly StateEntry[]);
        return undefined;
      case "pagedOperators":
        return subtask.pagedOperators();
      case "open":
        subtask.open(first as readonly RestoredOperator[]);
        return undefined;
      case "batch":
        return subtask.batch(first as number, second as Batch);
      case "replay":
        return subtask.replay(first as number, second as number, third as Batch);
      case "begin":
        return subtask.begin();
      case "watermark":
        return subtask.watermark(first as number);
      case "endInput":
        subtask.endInput();
        return undefined;
      case "tick":
        return subtask.tick(first as number);
      case "resume":
        return subtask.resume();
      case "makeWay":
        return subtask.makeWay();
      case "mayBeCut":
        return subtask.mayBeCut();
      case "barrier":
        subtask.barrier(first as number);
        return undefined;
      case "nextPart":
        return subtask.nextPart(first as number, second as number);
      case "written":
        subtask.written(first as number);
        return undefined;
      case "completed":
        subtask.completed(first as number);
        return undefined;
      case "complete":
        subtask.complete(first as number);
        return undefined;
      case "isDrained":
        return subtask.isDrained();
      case "nextTick":
        return subtask.nextTick();
    }
  }
}

/** Collects what a subtask puts out during a call, within the room that the call has given. */
class FramePort implements SubtaskPort {
  readonly #told: Told;
  #emitted: EmittedFrame[] = [];
  #room = Infinity;

  constructor(told: Told) {
    this.#told = told;
  }

  get isFull(): boolean {
    return this.#room <= 0;
  }

  begin(room: number): void {
    this.#room = room;
  }

  take(): readonly EmittedFrame[] {
    const emitted = this.#emitted;
    this.#emitted = [];
    return emitted;
  }

  emit(edge: number, target: number, batch: Batch): void {
    this.#room -= batch.values.length;
    this.#emitted.push({ kind: "batch", edge, target, batch });
  }

  watermark(time: number): void {
    this.#emitted.push({ kind: "watermark", time });
  }

  endOfData(): void {
    this.#emitted.push({ kind: "end" });
  }

  droppedLate(records: number): void {
    this.#emitted.push({ kind: "late", records });
  }

  deadLettered(operatorId: string, call: string): void {
    this.#emitted.push({ kind: "letter", operatorId, call });
  }

  spilled(spill: number): void {
    this.#told.spilled(spill);
  }

  requestEnded(requestId: number): void {
    this.#told.requestEnded(requestId);
  }
}

/** A store whose questions and answers are bytes. Nothing can be asked at once through a wall. */
function pagedByBytes(place: SubtaskPlace): SubtaskPlace {
  const { paging } = place;
  if (paging === undefined) return place;
  const ask = async <Q, A>(question: Q, answer: (asked: Q) => Promise<A>): Promise<A> =>
    decodeValue(encodeValue(await answer(decodeValue(encodeValue(question)) as Q))) as A;
  const access: StateAccess = {
    read: (keys) => ask(keys, (asked) => paging.access.read(asked)),
    slice: (range) => ask(range, (asked) => paging.access.slice(asked)),
    readSync: undefined,
  };
  return { ...place, paging: { ...paging, access } };
}
