/** What the compiler knows of a pipeline without being told. Checked by `npm run check`, never run. */
import {
  type BroadcastConnectedStreams,
  type BroadcastStream,
  type ConnectedStreams,
  emits,
  type KeyedBroadcastConnectedStreams,
  type KeyedProcess,
  type KeyedStream,
  mapState,
  pipeline,
  type ProcessContext,
  type SideOutput,
  sideOutput,
  type Source,
  type SourceSplit,
  type Stream,
  valueState,
  type WindowResult,
} from "@tidemark/core";
import { innerJoin, intervalJoin, leftJoin } from "@tidemark/core/joins";
import { combine, count, last, sum } from "@tidemark/core/aggregates";
import {
  broadcastProcess,
  broadcastState,
  keyedBroadcastProcess,
  splitListState,
  subtaskProcess,
} from "@tidemark/core/state";
import { session, tumbling, windowProcess } from "@tidemark/core/windows";

import type { Equal, Expect, RecordOf } from "./expect.ts";

interface Flight {
  readonly origin: string;
  readonly gate: number;
  readonly delay?: number;
}

declare const source: Source<Flight, SourceSplit, unknown, true>;
const job = pipeline("flights");
const flights = job.source("flights", source);

export type Source_ = Expect<Equal<typeof flights, Stream<Flight, "exactly-once">>>;

const delays = flights.map(({ delay }) => delay);
export type Map_ = Expect<Equal<typeof delays, Stream<number | undefined, "exactly-once">>>;

const known = delays.filter((delay) => delay !== undefined);
export type FilterGuard = Expect<Equal<RecordOf<typeof known>, number>>;

const isLate = (flight: Flight): flight is Flight & { readonly delay: number } => (flight.delay ?? 0) > 5;
const late = flights.filter(isLate);
export type FilterNamedGuard = Expect<Equal<RecordOf<typeof late>, Flight & { readonly delay: number }>>;

const some = flights.filter(({ gate }) => gate > 2);
export type FilterPlain = Expect<Equal<RecordOf<typeof some>, Flight>>;

const words = flights.flatMap(({ origin }) => origin.split(" "));
export type FlatMapArray = Expect<Equal<RecordOf<typeof words>, string>>;

const gates = flights.flatMap(function* ({ gate }) {
  yield gate;
  yield String(gate);
});
export type FlatMapGenerator = Expect<Equal<RecordOf<typeof gates>, number | string>>;

const byOrigin = flights.keyBy(({ origin }) => origin);
export type KeyByValue = Expect<Equal<typeof byOrigin, KeyedStream<string, Flight, "exactly-once">>>;

const byBoth = flights.keyBy(({ origin, gate }) => [origin, gate]);
export type KeyByTuple = Expect<Equal<typeof byBoth, KeyedStream<readonly [string, number], Flight, "exactly-once">>>;

const byNested = flights.keyBy(({ origin, gate }) => ["v1", [origin, [gate]]]);
export type KeyByNested = Expect<
  Equal<typeof byNested, KeyedStream<readonly ["v1", readonly [string, readonly [number]]], Flight, "exactly-once">>
>;

const furthest = byOrigin.reduce("furthest", (most, flight) => (flight.gate > most.gate ? flight : most));
export type Reduce = Expect<Equal<typeof furthest, Stream<Flight, "exactly-once">>>;

const means = byBoth.window("hourly", tumbling("1h")).aggregate({
  create: () => ({ count: 0, sum: 0 }),
  add: ({ count, sum }, { delay = 0 }) => ({ count: count + 1, sum: sum + delay }),
  result: ({ count, sum }) => sum / count,
});
export type Aggregate = Expect<
  Equal<typeof means, Stream<WindowResult<readonly [string, number], number>, "exactly-once">>
>;
export type WindowKey = Expect<Equal<RecordOf<typeof means>["key"], readonly [string, number]>>;

const windowed = byBoth.window(
  "visits",
  session<Flight>(({ gate }) => gate),
);
const reduced = windowed.reduce((furthest, flight) => (flight.gate > furthest.gate ? flight : furthest));
export type WindowReduce = Expect<Equal<RecordOf<typeof reduced>, WindowResult<readonly [string, number], Flight>>>;
const listed = windowed.process(
  windowProcess({
    globalState: { seen: valueState(0) },
    onWindow: (all, { key, window, globalState }) => {
      globalState.seen.update(all.length satisfies number);
      return [{ origin: key[0], from: window.start, gates: all.map(({ gate }) => gate) }];
    },
  }),
);
export type WindowProcessed = Expect<Equal<RecordOf<typeof listed>, { origin: string; from: number; gates: number[] }>>;
const both_ = windowed.aggregate(
  { create: () => 0, add: (n) => n + 1, result: (n) => ({ n }), merge: (into, from) => into + from },
  windowProcess({ onWindow: ({ n }, { key }) => [`${key[0]} ${n}`] }),
);
export type AggregateProcessed = Expect<Equal<RecordOf<typeof both_>, string>>;

const combined = byOrigin
  .window("combined", tumbling("1h"))
  .aggregate(combine({ n: count(), gates: sum((flight) => flight.gate), last: last<Flight>() }));
export type Combined = Expect<
  Equal<RecordOf<typeof combined>["value"], { n: number; gates: number; last: Flight | undefined }>
>;
const apart = combine({ n: count(), gates: sum((flight: Flight) => flight.gate) });
const fromApart = byOrigin.window("apart", tumbling("1h")).aggregate(apart);
export type CombinedApart = Expect<Equal<RecordOf<typeof fromApart>["value"], { n: number; gates: number }>>;
const ofSales = combine({ n: count(), total: sum((sale: { price: number }) => sale.price) });
// @ts-expect-error the records have no price
byOrigin.window("other", tumbling("1h")).aggregate(ofSales);
// @ts-expect-error the records have no price
byOrigin.window("other", tumbling("1h")).aggregate(combine({ total: sum((sale: { price: number }) => sale.price) }));

interface Delay {
  readonly airport: string;
  readonly minutes: number;
}
declare const delaySource: Source<Delay, SourceSplit, unknown, true>;
const delaysOf = job.source("delays", delaySource);
const connected = byOrigin.connect(delaysOf.keyBy(({ airport }) => airport));
export type Connected = Expect<Equal<typeof connected, ConnectedStreams<string, Flight, Delay, "exactly-once">>>;
const alerts = connected.process("alerts", {
  state: { minutes: valueState(0) },
  emits: emits<{ gate: number }>(),
  onLeft(flight, { key, state, emit }) {
    void [flight satisfies Flight, key satisfies string, state.minutes.get() satisfies number, emit];
  },
  onRight(delay, context) {
    context.state.minutes.update(delay.minutes);
    // @ts-expect-error results are what emits says
    context.emit(delay);
  },
  onTimer: (time, context) => context.emit({ gate: time }),
});
export type ConnectedProcessed = Expect<Equal<RecordOf<typeof alerts>, { gate: number }>>;
/** A key of fewer values is of the same type. */
export type ConnectedNarrower = Expect<
  Equal<ReturnType<typeof narrower>, ConnectedStreams<string, Flight, Delay, "exactly-once">>
>;
const narrower = () => byOrigin.connect(delaysOf.keyBy(({ minutes }) => (minutes > 0 ? "late" : "on time")));

const byAirport = delaysOf.keyBy(({ airport }) => airport);
const late_ = sideOutput<Delay>("late");
const joined = byOrigin.join(
  "joined",
  byAirport,
  intervalJoin({ from: "-5m", to: "0s" }),
  (flight, delay, key) => ({ gate: flight.gate, minutes: delay.minutes, key }),
  { lateRight: late_ },
);
export type Joined = Expect<
  Equal<typeof joined, Stream<{ gate: number; minutes: number; key: string }, "exactly-once">>
>;
const perhaps = byOrigin.join("perhaps", byAirport, leftJoin({ retention: "1h" }), ({ gate }, delay) => [gate, delay]);
export type LeftJoined = Expect<Equal<RecordOf<typeof perhaps>, (number | Delay | undefined)[]>>;
byOrigin.join("inner", byAirport, innerJoin({ retention: "1h" }), (flight, delay) => {
  void [flight satisfies Flight, delay satisfies Delay];
  // @ts-expect-error a left record has no minutes
  void flight.minutes;
  return 0;
});
// @ts-expect-error the right record may be missing
byOrigin.join("left", byAirport, leftJoin({ retention: "1h" }), (_flight, delay) => delay.minutes);
// @ts-expect-error late right records are delays
byOrigin.join("late", byAirport, innerJoin({ retention: "1h" }), () => 0, { lateRight: sideOutput<Flight>("f") });

const letters: SideOutput<{ readonly text: string }> = sideOutput<{ readonly text: string }>("letters");
const processed = byBoth.process<string, { total: ReturnType<typeof valueState<number>> }>("typed", {
  onRecord: (flight, { key, emit }) => void [flight satisfies Flight, key satisfies readonly [string, number], emit],
});
export type ProcessExplicit = Expect<Equal<RecordOf<typeof processed>, string>>;

byBoth.process("states", {
  state: {
    total: valueState(0),
    name: valueState<string>(),
    seen: mapState<string, Date>(),
    at: mapState<bigint, number>(),
  },
  onRecord: (flight, context) => {
    const { state, key } = context;
    const total: number = state.total.get();
    state.total.update(total + flight.gate);
    const name: string | undefined = state.name.get();
    const seen: Date | undefined = state.seen.get(name ?? "");
    for (const [id, date] of state.seen.entries()) void [id satisfies string, date satisfies Date];
    state.at.set(1n, seen?.getTime() ?? 0);
    const [origin, gate]: readonly [string, number] = key;
    context.output(letters, { text: `${origin} ${gate}` });
    // @ts-expect-error a value state takes what it was declared with
    state.total.update("more");
    // @ts-expect-error a map state takes the keys that it was declared with
    state.seen.get(7);
    // @ts-expect-error there is no such state
    void state.other;
    // @ts-expect-error a side output takes what its tag says
    context.output(letters, { text: 7 });
    // @ts-expect-error the key is a tuple of a string and a number
    void (key satisfies string);
  },
  onTimer: (time, context) => {
    const at: number = time;
    context.state.total.update(at);
    context.setEventTimer(at + 1);
  },
});

const inferred = byOrigin.process("inferred", {
  state: { total: valueState(0) },
  onRecord: (
    flight: Flight,
    context: ProcessContext<string, { total: ReturnType<typeof valueState<number>> }, { total: number }>,
  ) => context.emit({ total: flight.gate }),
});
export type ProcessInferred = Expect<Equal<RecordOf<typeof inferred>, { total: number }>>;

/** What is written for any process can be used in one that sets no timers. */
const told = (context: ProcessContext<string, Record<never, never>, string>): void => context.emit(context.key);
declare const written: KeyedProcess<Flight, string, Record<never, never>, string>;
byOrigin.process("told", { emits: emits<string>(), onRecord: (_flight, context) => told(context) });
byOrigin.process("written", written);
/** What a function gives does not matter, as long as nobody has to wait for it. */
byOrigin.process("chosen", {
  emits: emits<number>(),
  onRecord: (flight, { emit }) => flight.gate > 3 && emit(flight.gate),
  onTimer: (time) => [time],
});

const aside = processed.sideOutput(letters);
export type Side = Expect<Equal<typeof aside, Stream<{ readonly text: string }, "exactly-once">>>;

const both = flights.union(late, some);
export type Union = Expect<Equal<typeof both, Stream<Flight, "exactly-once">>>;

const bundles = flights.process(
  "bundle",
  subtaskProcess({
    state: { waiting: splitListState<Flight>() },
    emits: emits<readonly Flight[]>(),
    onRecord(flight, context) {
      context.state.waiting.add(flight);
      context.emit([flight]);
    },
  }),
);
export type Bundles = Expect<Equal<typeof bundles, Stream<readonly Flight[], "exactly-once">>>;

const withGates = flights.connect(flights.map(({ gate }) => gate).broadcast());
export type WithGates = Expect<Equal<typeof withGates, BroadcastConnectedStreams<Flight, number, "exactly-once">>>;
const gated = withGates.process(
  "gated",
  broadcastProcess({
    state: { open: broadcastState<number, boolean>() },
    emits: emits<string>(),
    onRecord({ gate, origin }, context) {
      if (context.state.open.has(gate)) context.emit(origin);
      // @ts-expect-error a record of the main stream reads
      context.state.open.set(gate, true);
    },
    onBroadcast: (gate, { state }) => state.open.set(gate, gate > 3),
  }),
);
export type Gated = Expect<Equal<typeof gated, Stream<string, "exactly-once">>>;

const keyedWithGates = byOrigin.connect(flights.map(({ gate }) => gate).broadcast());
export type KeyedWithGates = Expect<
  Equal<typeof keyedWithGates, KeyedBroadcastConnectedStreams<string, Flight, number, "exactly-once">>
>;
const keyedGated = keyedWithGates.process(
  "keyed-gated",
  keyedBroadcastProcess({
    state: { seen: valueState(0), open: broadcastState<number, boolean>() },
    emits: emits<readonly [string, number]>(),
    onRecord({ gate }, context) {
      const { seen, open } = context.state;
      seen.update(seen.get() + 1);
      if (open.get(gate) === true) context.emit([context.key, seen.get()]);
      // @ts-expect-error a record of the main stream reads
      open.delete(gate);
    },
    onBroadcast(gate, context) {
      context.state.open.set(gate, true);
      // @ts-expect-error there is no key
      context.state.seen.get();
    },
    onTimer: (time, context) => context.emit([context.key, time + context.state.seen.get()]),
  }),
);
export type KeyedGated = Expect<Equal<typeof keyedGated, Stream<readonly [string, number], "exactly-once">>>;

const dealt = flights.rebalance().broadcast();
export type Dealt = Expect<Equal<typeof dealt, BroadcastStream<Flight, "exactly-once">>>;

const chosen = flights.partition(({ gate }, subtasks: number) => gate % subtasks);
export type Chosen = Expect<Equal<typeof chosen, Stream<Flight, "exactly-once">>>;

const pipedHere = flights.pipe("here", (stream) => stream.map(({ gate }) => gate));
export type PipedHere = Expect<Equal<typeof pipedHere, Stream<number, "exactly-once">>>;

const gatesOver = <G extends "exactly-once" | "at-least-once">(
  stream: Stream<Flight, G>,
  least: number,
  unit: "m",
) => ({
  over: stream.filter(({ gate }) => gate > least),
  unit,
});
const pipedApart = flights.pipe("apart", gatesOver, 3, "m");
export type PipedApart = Expect<Equal<typeof pipedApart, { over: Stream<Flight, "exactly-once">; unit: "m" }>>;
// @ts-expect-error the function takes a number
flights.pipe("wrong", gatesOver, "3", "m");
// @ts-expect-error the function takes more than the stream
flights.pipe("missing", gatesOver);
// @ts-expect-error the function takes other records
delays.pipe("other", gatesOver, 3, "m");

const pipedKeys = byOrigin.pipe("keys", (stream) =>
  stream.reduce("max", (most, next) => (next.gate > 1 ? next : most)),
);
export type PipedKeys = Expect<Equal<typeof pipedKeys, Stream<Flight, "exactly-once">>>;
const nested = flights.pipe("outer", (stream) => stream.keyBy(({ origin }) => origin).pipe("inner", (keyed) => keyed));
export type Nested = Expect<Equal<typeof nested, KeyedStream<string, Flight, "exactly-once">>>;

const lax = pipeline("lax", { guarantee: "at-least-once" });
const laxStream = lax.source("flights", source).map(({ gate }) => gate);
export type Guaranteed = Expect<Equal<typeof laxStream, Stream<number, "at-least-once">>>;
export type GuaranteeOfPipeline = Expect<Equal<typeof lax.guarantee, "at-least-once">>;

job.source("timed", source, { eventTime: ({ gate }) => gate, outOfOrder: "1.5h", idleAfter: "250ms" });
job.source("own", source, { eventTime: "source" });
