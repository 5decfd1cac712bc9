/** A record that a function of a window throws on is as if it had never come, and so is a window that cannot be fired. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { AggregateFunction } from "../../../src/state/aggregate-function.ts";
import type { OperatorFactory } from "../../../src/operators/operator.ts";
import type { WindowAssigner } from "../../../src/operators/windows/assigner.ts";
import type { WindowSpec } from "../../../src/operators/windows/window-spec.ts";
import { session } from "../../../src/operators/windows/session.ts";
import { sliding } from "../../../src/operators/windows/sliding.ts";
import type { AnyTrigger, TriggerResult } from "../../../src/operators/windows/triggers/trigger.ts";
import { tumbling } from "../../../src/operators/windows/tumbling.ts";
import type { WindowProcess } from "../../../src/operators/windows/window-process.ts";
import { listState } from "../../../src/state/kinds/list.ts";
import { valueState } from "../../../src/state/kinds/value.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { check } from "../../bytes/property.ts";
import { assertAbsent, type Between, poisonOf, runBetween, type Seen, without } from "../atomic-runs.ts";
import type { Call, HarnessOptions } from "../harness.ts";
import { generalPlan } from "../../../src/operators/windows/window-plan.ts";

/** Where a record makes a function throw; a process and a trigger are not part of every step. */
type Spot = "nowhere" | "key" | "before adding" | "after adding" | "trigger";

interface Item {
  /** Its number among all. */
  readonly id: number;
  readonly key: number;
  readonly n: number;
  readonly at: Spot;
}

const item: fc.Arbitrary<Omit<Item, "id">> = fc.record(
  {
    key: fc.nat(2),
    n: fc.nat(3),
    at: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Spot>("nowhere") },
      { weight: 2, arbitrary: fc.constantFrom<Spot>("key", "before adding", "after adding", "trigger") },
    ),
  },
  { noNullPrototype: true },
);

const calls: fc.Arbitrary<readonly Call[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.array(fc.tuple(item, fc.nat(70)), { maxLength: 6 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }) },
    ),
    { maxLength: 10 },
  )
  .map((parts) => {
    let time = 0;
    let id = 0;
    const all = parts.map((part): Call => {
      if (typeof part !== "number") {
        return { kind: "batch", records: part.map(([value, at]) => [{ id: id++, ...value }, at]) };
      }
      time += part;
      return { kind: "watermark", time };
    });
    return [...all, { kind: "watermark", time: END_OF_TIME }];
  });

const between: fc.Arbitrary<readonly Between[]> = fc.array(
  fc.constantFrom<Between>("nothing", "nothing", "restore", "freeze"),
  { maxLength: 12 },
);

const options: fc.Arbitrary<HarnessOptions> = fc.record({ full: fc.boolean(), slice: fc.constantFrom(1, 3, 4096) });

const throwAt = ({ at }: Item, spot: Spot): void => {
  if (at === spot) throw new RangeError(`throws: ${spot}`);
};

/** The windows of a sum that cannot be fired: it throws, or is marked so that it can be left out. */
const isUnlucky = (sum: number): boolean => sum % 4 === 3;

const MARK = "is not fired";

/** Adds in place, and so has much to be taken back. */
function total(throws: boolean): AggregateFunction<Item, { n: number }, number | string> {
  return {
    create: () => ({ n: 0 }),
    add: (sum, value) => {
      throwAt(value, "before adding");
      sum.n += value.n;
      throwAt(value, "after adding");
      return sum;
    },
    merge: (sum, other) => ({ n: sum.n + other.n }),
    result: ({ n }) => {
      if (!isUnlucky(n)) return n;
      if (throws) throw new RangeError("throws: result");
      return MARK;
    },
  };
}

/** Keeps a count and a timer for each window, and fires at every third record and when its timer is due. */
function everyThird(throws: boolean): AnyTrigger {
  const trigger = {
    name: "every third",
    state: { initial: 0, merge: (one: number, other: number) => one + other },
    onRecord(value: Item, timestamp: number, context: Parameters<AnyTrigger["onRecord"]>[2]): TriggerResult {
      const count = (context.get() as number) + 1;
      context.set(count);
      context.setEventTimer(timestamp + 5);
      throwAt(value, "trigger");
      return count % 3 === 0 ? "fire" : "continue";
    },
    onEventTime(time: number, context: Parameters<AnyTrigger["onRecord"]>[2]): TriggerResult {
      if (time % 7 === 0) {
        if (!throws) return "continue";
        context.set(100);
        context.setEventTimer(time + 3);
        throw new RangeError("throws: trigger");
      }
      return time >= context.maxTimestamp ? "fire" : "continue";
    },
    onProcessingTime: (): TriggerResult => "continue",
    onMerge: (context: Parameters<AnyTrigger["onRecord"]>[2]) => context.setEventTimer(context.maxTimestamp),
  };
  return trigger as unknown as AnyTrigger;
}

/**
 * Keeps state for each window, unless they merge, and across windows, and throws for the windows of some sums after all of it
 * was changed.
 */
function telling(throws: boolean, merges: boolean): WindowProcess<readonly Item[], number, unknown, never, never> {
  const process: WindowProcess<
    readonly Item[],
    number,
    unknown,
    { fired: ReturnType<typeof valueState<number>> },
    { sums: ReturnType<typeof listState<number>> }
  > = {
    ...(merges ? {} : { windowState: { fired: valueState(0) } }),
    globalState: { sums: listState<number>() },
    onWindow(items, { key, windowState, globalState }) {
      const sum = items.reduce((so, { n }) => so + n, 0);
      if (isUnlucky(sum) && !throws) return [];
      if (!merges) windowState.fired.update(windowState.fired.get() + 1);
      globalState.sums.add(sum);
      if (isUnlucky(sum)) throw new RangeError("throws: onWindow");
      return [[key, merges || windowState.fired.get(), ...globalState.sums.get()]];
    },
  };
  return process as unknown as WindowProcess<readonly Item[], number, unknown, never, never>;
}

const keyOf = (value: unknown): number => {
  throwAt(value as Item, "key");
  return (value as Item).key;
};

interface Kind {
  readonly assigner: WindowAssigner<never>;
  readonly latenessMs?: number;
  readonly trigger?: boolean;
  readonly process?: boolean;
}

function operator({ assigner, latenessMs = 0, trigger, process }: Kind, throws: boolean): OperatorFactory {
  const spec: WindowSpec = {
    id: "w",
    keyOf,
    work: {
      name: process === true ? "process" : "aggregate",
      aggregate: process === true ? undefined : (total(throws) as never),
      process: process === true ? (telling(throws, assigner.kind === "session") as never) : undefined,
    },
    trigger: trigger === true ? everyThird(throws) : undefined,
    evictor: undefined,
    latenessMs,
    lateOutput: "late",
  };
  return assigner.plan(spec, generalPlan).create;
}

const kinds: Readonly<Record<string, Kind>> = {
  "a plain tumbling": { assigner: tumbling("10ms") },
  "a plain sliding": { assigner: sliding("20ms", "5ms") },
  "a tumbling that takes late records": { assigner: tumbling("10ms"), latenessMs: 15 },
  "a session": { assigner: session("8ms") },
  "a session that takes late records": { assigner: session("8ms"), latenessMs: 12 },
  "a sliding with a trigger": { assigner: sliding("20ms", "10ms"), trigger: true },
  "a session with a trigger": { assigner: session("8ms"), trigger: true },
  "a sliding with a process": { assigner: sliding("20ms", "10ms"), process: true },
  "a session with a process": { assigner: session("8ms"), process: true, latenessMs: 12 },
};

/** A process sees the records themselves: adding them calls nobody. */
function spotsOf({ process, trigger }: Kind): readonly Spot[] {
  const spots: Spot[] = ["key"];
  if (process !== true) spots.push("before adding", "after adding");
  if (trigger === true) spots.push("trigger");
  return spots;
}

const unmarked = (seen: Seen): Seen => ({
  ...seen,
  main: seen.main.filter(([value]) => (value as { readonly value?: unknown }).value !== MARK),
});

describe("A record or a window that cannot be handled, where dead letters are taken, leaves nothing", () => {
  for (const [name, kind] of Object.entries(kinds)) {
    it(`of ${name} window`, () => {
      const spots = spotsOf(kind);
      const isPoison = (value: unknown): boolean => spots.includes((value as Item).at);
      check(
        fc.property(calls, between, options, (all, at, harness) => {
          const found = runBetween(operator(kind, true), all, at, harness);
          const late = new Set((found.sides["late"] ?? []).map(([value]) => (value as Item).id));
          const aside = new Set(
            found.letters.flatMap(({ record }) => (record === undefined ? [] : [(record as Item).id])),
          );
          // What comes late calls no function but the selector. A record that makes a window fire may fail with that.
          for (const value of poisonOf(all, isPoison)) {
            const { id } = value as Item;
            assert.ok(aside.has(id) !== late.has(id), "a bad record is neither set aside nor late");
          }
          const good = without(all, (value) => aside.has((value as Item).id));
          assertAbsent(found, unmarked(runBetween(operator(kind, false), good, at, harness)));
        }),
        100,
      );
    });
  }
});
