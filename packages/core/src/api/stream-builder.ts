import type { AnySink } from "../connect/sink.ts";
import { ConfigurationError } from "../errors.ts";
import { checkCalled, checkFunction, invalidOption } from "../invalid-option.ts";
import type { LogicalNode, NodeWork, Partitioning } from "../graph/logical.ts";
import { type AnyConnectedProcess, connectedProcessPlan } from "../operators/connected-process.ts";
import { filterOperator } from "../operators/filter.ts";
import { flatMapOperator } from "../operators/flat-map.ts";
import type { AnyCombine, Join } from "../operators/joins/join.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import { mapOperator } from "../operators/map.ts";
import type { OperatorFactory } from "../operators/operator.ts";
import { type Partitioner, partitionOperator } from "../operators/partition.ts";
import { type AnyKeyedProcess, processPlan } from "../operators/process.ts";
import { REDUCE_SLOTS, reduceOperator } from "../operators/reduce.ts";
import type { Reducer } from "../state/reducer.ts";
import type { SubtaskProcessPlan } from "../operators/subtask-process.ts";
import { nameOfTag, type SideOutput } from "../operators/side-output.ts";
import { sinkOperator } from "../operators/sink.ts";
import type { StepPlan } from "../operators/step-plan.ts";
import type { WindowAssigner } from "../operators/windows/assigner.ts";
import { addNode, type AnyStepOptions, type GraphDraft, idIn, pipeThrough, type StreamEnd } from "./graph-draft.ts";
import { checkSink } from "./guarantee.ts";
import { addPlanned } from "./planned-node.ts";
import { type HasInside, INSIDE, type StreamInside } from "./stream-inside.ts";
import type { JoinOptions, KeyOptions, SinkOptions, WindowOptions } from "./step-options.ts";
import type { BroadcastConnectedStreams } from "./streams/broadcast-connected-streams.ts";
import type { ConnectedStreams } from "./streams/connected-streams.ts";
import type { KeyedStream } from "./streams/keyed-stream.ts";
import type { BroadcastStream, Stream } from "./streams/stream.ts";
import type { WindowedStream } from "./streams/windowed-stream.ts";
import { WindowedBuilder } from "./windowed-builder.ts";

/** A stream that begins at a node just added. */
export function streamFrom(draft: GraphDraft, node: LogicalNode): Stream<unknown> {
  return new StreamBuilder(draft, [{ from: node, side: undefined, partitioning: { kind: "forward" } }]);
}

function stateless(create: (id: string) => OperatorFactory): (id: string) => NodeWork {
  return (id) => ({ kind: "operator", create: create(id), keyed: false, stateful: false, sides: [] });
}

class StreamBuilder implements Stream<unknown>, HasInside {
  readonly #draft: GraphDraft;
  readonly #ends: readonly StreamEnd[];

  constructor(draft: GraphDraft, ends: readonly StreamEnd[]) {
    this.#draft = draft;
    this.#ends = ends;
  }

  map<R>(transform: (value: unknown) => R, options?: AnyStepOptions): Stream<R> {
    return this.#step("map", transform, (id) => mapOperator(id, transform), options) as Stream<R>;
  }

  filter(passes: (value: unknown) => boolean, options?: AnyStepOptions): Stream<never> {
    return this.#step("filter", passes, (id) => filterOperator(id, passes), options) as Stream<never>;
  }

  flatMap<R>(expand: (value: unknown) => Iterable<R>, options?: AnyStepOptions): Stream<R> {
    return this.#step("flatMap", expand, (id) => flatMapOperator(id, expand), options) as Stream<R>;
  }

  keyBy(key: KeySelector, { keyType }: KeyOptions = {}): KeyedStream<never, unknown> {
    checkCalled("keyBy", key);
    return new KeyedBuilder(this.#draft, this.#dealtOut({ kind: "hash", keyOf: key, keyType }), key);
  }

  window(): never {
    throw this.#keyless("window", "windows are cut for each key");
  }

  reduce(): never {
    throw this.#keyless("reduce", "results are kept for each key");
  }

  aggregate(): never {
    throw this.#keyless("aggregate", "records are aggregated in windows, which are cut for each key");
  }

  join(): never {
    throw this.#keyless("join", "records of the same key are joined");
  }

  /** What callers without types are told. */
  #keyless(step: string, why: string): ConfigurationError {
    return new ConfigurationError(
      "KEY_MISSING",
      `Cannot put ${step}(...) after "${this.#ends[0]?.from.id}": the stream has no keys, and ${why}. Put keyBy(...) before it`,
    );
  }

  process(idHere: string, process?: SubtaskProcessPlan<unknown, unknown>, options?: AnyStepOptions): Stream<never> {
    const id = idIn(this.#draft, idHere);
    if (typeof process?.plan !== "function") throw keyMissing(id);
    return planned(this.#draft, id, process.plan(id), options, this.#ends);
  }

  get isBroadcast(): true {
    return this.#ends.every(({ partitioning: { kind } }) => kind === "broadcast") as true;
  }

  connect(other: unknown): BroadcastConnectedStreams<unknown, never> {
    if (!(other instanceof StreamBuilder)) throw notConnectable(this.#ends);
    return other.connectTo(this.#draft, this.#ends, undefined);
  }

  /** This broadcast stream as the second one beside the ends of another. */
  connectTo(
    draft: GraphDraft,
    ends: readonly StreamEnd[],
    keyOf: KeySelector | undefined,
  ): BroadcastConnectedStreams<unknown, never> {
    if (!this.isBroadcast) throw notConnectable(ends);
    return {
      process: (idHere: string, process?: StepMaker, options?: AnyStepOptions) => {
        const id = idIn(draft, idHere);
        return planned(draft, id, (process as StepMaker).plan(id, keyOf as KeySelector), options, ends, this.#ends);
      },
    };
  }

  union(...others: readonly Stream<unknown>[]): Stream<unknown> {
    const ends = others.flatMap((other) => {
      if (!(other instanceof StreamBuilder)) throw invalidOption("union with", other, "it takes streams");
      return other.#ends;
    });
    return new StreamBuilder(this.#draft, [...this.#ends, ...ends]);
  }

  rebalance(): Stream<unknown> {
    return new StreamBuilder(this.#draft, this.#dealtOut({ kind: "rebalance" }));
  }

  partition(choose: Partitioner, options?: AnyStepOptions): Stream<unknown> {
    checkCalled("partition", choose);
    const asking = options?.deadLetters === undefined ? this : this.#askingFirst(choose, options);
    return new StreamBuilder(this.#draft, asking.#dealtOut({ kind: "custom", choose }));
  }

  /** With a step at each end, in the same subtasks, that sets records aside which cannot be dealt out. */
  #askingFirst(choose: Partitioner, options: AnyStepOptions): StreamBuilder {
    const work = stateless((id) => partitionOperator(id, choose));
    const ends = this.#ends.map((end): StreamEnd => {
      const { parallelism } = end.from;
      const beside = parallelism === undefined ? options : { ...options, parallelism };
      const spec = { id: null, label: "partition", work, options: beside };
      const partitioning = { kind: "forward" } as const;
      return { from: addNode(this.#draft, spec, [{ ...end, partitioning }]), side: undefined, partitioning };
    });
    return new StreamBuilder(this.#draft, ends);
  }

  broadcast(): BroadcastStream<unknown> {
    return new StreamBuilder(this.#draft, this.#dealtOut({ kind: "broadcast" }));
  }

  pipe<R, A extends readonly unknown[]>(id: string, op?: (stream: this, ...rest: A) => R, ...rest: A): R {
    return pipeThrough(this.#draft, id, op as NonNullable<typeof op>, this, ...rest);
  }

  get [INSIDE](): StreamInside {
    return { draft: this.#draft, ends: this.#ends, keyOf: undefined, streamFrom };
  }

  sideOutput<S>(tag: SideOutput<S>): Stream<S> {
    const side = nameOfTag("sideOutput", tag);
    if (!this.#ends.some(({ from }) => mayEmit(from.work, side))) throw noSuchSide(side, this.#ends);
    const ends = this.#ends.map((end): StreamEnd => {
      // A function that deals out the records of a stream knows nothing of those beside it.
      const { kind } = end.partitioning;
      return { ...end, side, ...(kind === "custom" ? { partitioning: { kind: "forward" } } : {}) };
    });
    return new StreamBuilder(this.#draft, ends) as Stream<unknown> as Stream<S>;
  }

  sink(id: string, given?: AnySink<unknown>, options?: SinkOptions): void {
    const fullId = idIn(this.#draft, id);
    const sink = given as AnySink<unknown>;
    checkSink(this.#draft.guarantee, fullId, sink, options?.delivery);
    const work = (): NodeWork => ({ kind: "sink", sink, create: sinkOperator(fullId, sink) });
    addNode(this.#draft, { id: fullId, label: `sink ${sink.name}`, work, options }, this.#ends);
  }

  #dealtOut(partitioning: Partitioning): readonly StreamEnd[] {
    return this.#ends.map((end) => ({ ...end, partitioning }));
  }

  #step(
    label: string,
    called: unknown,
    create: (id: string) => OperatorFactory,
    options: AnyStepOptions | undefined,
  ): Stream<unknown> {
    checkCalled(label, called);
    const node = addNode(this.#draft, { id: null, label, work: stateless(create), options }, this.#ends);
    return streamFrom(this.#draft, node);
  }
}

class KeyedBuilder implements KeyedStream<never, unknown>, HasInside {
  readonly #draft: GraphDraft;
  readonly #ends: readonly StreamEnd[];
  readonly #keyOf: KeySelector;

  constructor(draft: GraphDraft, ends: readonly StreamEnd[], keyOf: KeySelector) {
    this.#draft = draft;
    this.#ends = ends;
    this.#keyOf = keyOf;
  }

  reduce(idHere: string, combine?: Reducer, options?: AnyStepOptions): Stream<unknown> {
    const id = idIn(this.#draft, idHere);
    checkCalled(`"${id}"`, combine);
    const create = reduceOperator(id, this.#keyOf, combine as Reducer);
    return planned(this.#draft, id, { label: "reduce", slots: REDUCE_SLOTS, sides: [], create }, options, this.#ends);
  }

  process(idHere: string, process?: unknown, options?: AnyStepOptions): Stream<never> {
    const id = idIn(this.#draft, idHere);
    return planned(this.#draft, id, processPlan(id, this.#keyOf, process as AnyKeyedProcess), options, this.#ends);
  }

  connect(other: unknown): never {
    if (other instanceof StreamBuilder) return other.connectTo(this.#draft, this.#ends, this.#keyOf) as never;
    if (!(other instanceof KeyedBuilder)) throw notConnectable(this.#ends);
    return this.#connectKeyed(other) as never;
  }

  #connectKeyed(other: KeyedBuilder): ConnectedStreams<never, unknown, unknown> {
    const keys = [this.#keyOf, other.#keyOf] as const;
    return {
      process: (idHere: string, process?: unknown, options?: AnyStepOptions) => {
        const id = idIn(this.#draft, idHere);
        const plan = connectedProcessPlan(id, keys, process as AnyConnectedProcess);
        return planned(this.#draft, id, plan, options, this.#ends, other.#ends);
      },
    };
  }

  join(
    idHere: string,
    other: unknown,
    join: Join<never, never, never>,
    combine?: unknown,
    options: JoinOptions<never, never> = {},
  ): Stream<never> {
    const id = idIn(this.#draft, idHere);
    if (!(other instanceof KeyedBuilder)) throw notConnectable(this.#ends);
    checkCalled(`"${id}"`, combine);
    checkFunction(`the join of "${id}"`, (join as Partial<typeof join> | undefined)?.plan);
    const late = [options.lateLeft?.name, options.lateRight?.name] as const;
    const plan = join.plan({ id, keys: [this.#keyOf, other.#keyOf], combine: combine as AnyCombine, late });
    return planned(this.#draft, id, { ...plan, sides: late, late }, options, this.#ends, other.#ends);
  }

  window(
    idHere: string,
    assigner?: WindowAssigner<never>,
    options: WindowOptions<never> = {},
  ): WindowedStream<never, unknown> {
    const id = idIn(this.#draft, idHere);
    const add = (plan: StepPlan): Stream<unknown> => planned(this.#draft, id, plan, options, this.#ends);
    return new WindowedBuilder({ id, keyOf: this.#keyOf, assigner: assigner as WindowAssigner<never>, options, add });
  }

  map(): never {
    throw this.#misplaced("map");
  }

  filter(): never {
    throw this.#misplaced("filter");
  }

  flatMap(): never {
    throw this.#misplaced("flatMap");
  }

  union(): never {
    throw this.#misplaced("union");
  }

  sideOutput(): never {
    throw this.#misplaced("sideOutput");
  }

  sink(): never {
    throw this.#misplaced("sink");
  }

  aggregate(): never {
    throw misplaced("aggregate", this.#ends, "records are aggregated in windows. Put window(...) before it");
  }

  #misplaced(step: string): ConfigurationError {
    const next =
      "what has keys goes into reduce, process, window, join or connect. Put it before keyBy(...), or behind one of these";
    return misplaced(step, this.#ends, next);
  }

  pipe<R, A extends readonly unknown[]>(id: string, op?: (stream: this, ...rest: A) => R, ...rest: A): R {
    return pipeThrough(this.#draft, id, op as NonNullable<typeof op>, this, ...rest);
  }

  get [INSIDE](): StreamInside {
    return { draft: this.#draft, ends: this.#ends, keyOf: this.#keyOf, streamFrom };
  }
}

/** Makes the plan of a step. A keyed one is told the keys of its main input. */
interface StepMaker {
  plan(id: string, keyOf: KeySelector): StepPlan;
}

function planned(
  draft: GraphDraft,
  id: string,
  plan: StepPlan,
  options: AnyStepOptions | undefined,
  ...inputs: readonly (readonly StreamEnd[])[]
): Stream<never> {
  return streamFrom(draft, addPlanned(draft, { ...plan, id, options }, ...inputs)) as Stream<never>;
}

/** Whether a step may have a side output of a name, as far as anybody knows. */
function mayEmit(work: NodeWork, side: string): boolean {
  if (work.kind === "sink") return false;
  const sides = work.kind === "source" ? [] : work.sides;
  return sides === undefined || sides.includes(side) || work.deadLetters === side;
}

function noSuchSide(side: string, ends: readonly StreamEnd[]): ConfigurationError {
  return new ConfigurationError(
    "OPTION_INVALID",
    `Cannot read side output "${side}" of "${ends[0]?.from.id}": it has none of that name. Read it right after the step that was given the tag`,
  );
}

/** What callers without types are told of a step in a place that is none for it. */
function misplaced(step: string, ends: readonly StreamEnd[], next: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot put ${step}(...) after "${ends[0]?.from.id}": ${next}`);
}

/** What callers without types are told. */
function notConnectable(ends: readonly StreamEnd[]): ConfigurationError {
  return new ConfigurationError(
    "KEY_MISSING",
    `Cannot connect a stream after "${ends[0]?.from.id}": put keyBy(...) on both, or broadcast() on the other one`,
  );
}

function keyMissing(id: string): ConfigurationError {
  return new ConfigurationError(
    "KEY_MISSING",
    `Cannot run "${id}": its stream has no keys. Put keyBy(...) before it, or use subtaskProcess(...)`,
    { details: { id } },
  );
}
