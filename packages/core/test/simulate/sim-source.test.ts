import assert from "node:assert/strict";
import { test } from "node:test";

// @boundaries-ignore core's tests run on a backend that depends on core: declaring that would close a circle
import { simMemory } from "@tidemark/backend-memory/testing";
import { type KeyedProcess, pipeline, type Pipeline, valueState, type ValueStateDescriptor } from "@tidemark/core";
import { sum } from "@tidemark/core/aggregates";
import {
  ScriptedInput,
  Selection,
  simPause,
  simSource,
  simulate,
  SimulationError,
  simTopic,
  simSink,
  simWorld,
} from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

interface Order {
  readonly id: number;
  readonly cents: number;
  readonly at: number;
}

const world = simWorld(0);
const nobody = world.spawn();
const anySource = <T>() => simTopic<T>(world, {}).source(nobody);
const anySink = <T>() => simSink<T>(world, () => undefined).sink(nobody);
const ORDERS: readonly Order[] = Array.from({ length: 24 }, (_, id) => ({ id, cents: 1 + id, at: 1000 * id }));

async function failureOf(simulation: Promise<unknown>): Promise<SimulationError> {
  const found: unknown = await simulation.catch((error: unknown) => error);
  assert.ok(found instanceof SimulationError, String(found));
  return found;
}

/** How much came in each ten seconds, of what is at most `outOfOrder` late. */
function revenue(outOfOrder: `${number}s`): Pipeline {
  const job = pipeline("revenue");
  job
    .source("orders", anySource<Order>(), { eventTime: ({ at }) => at, outOfOrder })
    .keyBy(() => "all")
    .window("sums", tumbling("10s"))
    .aggregate(sum(({ cents }) => cents))
    .sink("out", anySink());
  return job;
}

test("simSource: records that come late by some places leave windows as they are, and are found where the bound is too small", async () => {
  const options = {
    backend: simMemory(),
    sources: { orders: simSource(ORDERS, { displaces: 3 }) },
    seeds: 3,
    shrinkRuns: 24,
  };
  assert.equal((await simulate(() => revenue("3s"), options)).runs, 3);
  const { failure, message } = await failureOf(simulate(() => revenue("0s"), options));
  assert.equal(failure.finding, "sources");
  assert.equal(failure.faults, 0);
  assert.match(message, /where its sources give records once more, or late, its output is not that of a run in order/);
  assert.match(message, /source "orders" gives once more, or late: \{ at: \d+, cents: \d+, id: \d+ \}/);
});

const ONCE: KeyedProcess<Order, number, { seen: ValueStateDescriptor<boolean | undefined> }, Order> = {
  state: { seen: valueState<boolean>() },
  onRecord(order, { state, emit }) {
    if (state.seen.get() === true) return;
    state.seen.update(true);
    emit(order);
  },
};

/** Each order once, or as often as it comes. */
function accepted(notices: boolean): Pipeline {
  const job = pipeline("accepted");
  const orders = job.source("orders", anySource<Order>());
  const once = orders.keyBy(({ id }) => id).process("once", ONCE);
  (notices ? once : orders).sink("out", anySink());
  return job;
}

test("simSource: records that come once more are noticed by a pipeline that remembers them, and found in one that does not", async () => {
  const options = { backend: simMemory(), sources: { orders: simSource(ORDERS, { repeats: 0.3 }) }, seeds: 6 };
  assert.deepEqual((await simulate(() => accepted(true), options)).rows, { out: 24 });
  const { failure } = await failureOf(simulate(() => accepted(false), options));
  assert.equal(failure.finding, "sources");
  // Made small: one record, which comes twice.
  assert.equal(failure.records, 1);
  assert.equal(failure.differences[0]?.unexpected.length, 1);
});

test("simSource: what the reader has to sort out changes nothing", async () => {
  const halves = { left: ORDERS.slice(0, 12), right: ORDERS.slice(12) };
  const strange = simSource(halves, { gaps: 0.4, redelivers: 0.4, lateEnd: "2s", silence: "30s" });
  const report = await simulate(() => accepted(false), {
    backend: simMemory(),
    sources: { orders: strange },
    seeds: 5,
  });
  assert.deepEqual(report.rows, { out: 24 });
  const plain = await simulate(() => accepted(false), { backend: simMemory(), sources: { orders: halves }, seeds: 5 });
  assert.ok(report.simulatedSeconds > plain.simulatedSeconds + 20);
});

test("simSource: where a record goes follows from the seed and from nothing else that is left", () => {
  const numbers = Array.from({ length: 30 }, (_, index) => index);
  const input = new ScriptedInput({
    orders: simSource([...numbers, simPause("1s")], { displaces: 2, repeats: 0.2, silence: "1m" }),
  });
  assert.ok(input.isDisordered);
  const { splits, strange } = input.of("orders", undefined, 5);
  const come = splits["split-0"] as readonly number[];
  assert.deepEqual(
    [...new Set(come)].toSorted((left, right) => left - right),
    numbers,
  );
  assert.ok(strange.length >= come.length - numbers.length && come.length > numbers.length);
  assert.deepEqual(input.of("orders", undefined, 5), input.of("orders", undefined, 5));
  assert.notDeepEqual(input.of("orders", undefined, 6).splits, splits);
  assert.deepEqual(input.of("orders", undefined).splits, { "split-0": numbers });
  // The same records come twice when others are gone.
  const twice = (values: readonly unknown[]): readonly unknown[] =>
    values.filter((each, at) => values.indexOf(each) < at);
  const few = input.of("orders", Selection.parse("0-9"), 5).splits["split-0"]!;
  assert.deepEqual(new Set(twice(few)), new Set(twice(come).filter((each) => (each as number) < 10)));
  const pauses = Array.from({ length: 20 }, (_, seed) => input.of("orders", undefined, seed).marks["split-0"]!.length);
  assert.deepEqual(new Set(pauses), new Set([1, 2]));
});

test("simSource refuses what cannot be", () => {
  assert.throws(() => simSource([], { repeats: 2 }), /Cannot use repeats 2: it must be from 0 to 1/);
  assert.throws(() => simSource([], { displaces: -1 }), /Cannot use displaces -1: it must be a whole number/);
  assert.throws(() => simSource([], { silence: "soon" as never }), /silence/);
});
