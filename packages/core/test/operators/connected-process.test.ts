import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ConnectedProcess, connectedProcessPlan } from "../../src/operators/connected-process.ts";
import type { AnyConnectedProcess } from "../../src/operators/connected-process.ts";
import type { OperatorFactory } from "../../src/operators/operator.ts";
import { sideOutput } from "../../src/operators/side-output.ts";
import type { StateDescriptors } from "../../src/state/descriptors.ts";
import { mapState } from "../../src/state/kinds/map.ts";
import { valueState } from "../../src/state/kinds/value.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { check } from "../bytes/property.ts";
import { type Call, Harness, inBatches, type Timed, verifyOperator } from "./harness.ts";

/** Left records are texts that begin with their key, right ones numbers whose last digit is it. */
function of<S extends StateDescriptors, O>(process: ConnectedProcess<string, number, string, S, O>): OperatorFactory {
  const keys = [
    (value: unknown) => String(value)[0] as string,
    (value: unknown) => String(Number(value) % 10),
  ] as const;
  return connectedProcessPlan("c", keys, process as unknown as AnyConnectedProcess).create;
}

const left = (...records: readonly Timed[]): Call => ({ kind: "batch", records, input: 0 });
const right = (...records: readonly Timed[]): Call => ({ kind: "batch", records, input: 1 });
const watermark = (time: number): Call => ({ kind: "watermark", time });

describe("connectedProcessPlan (PF-01)", () => {
  const side = sideOutput<string>("orphans");
  /** Names wait for numbers of their key until 10 after their time. */
  const naming = of({
    state: { names: mapState<string, number>(), met: valueState(0) },
    onLeft(name: string, context) {
      context.state.names.set(name, context.timestamp + 10);
      context.setEventTimer(context.timestamp + 10);
    },
    onRight(number: number, context) {
      context.state.met.update(context.state.met.get() + 1);
      for (const [name] of context.state.names.entries()) context.emit(`${name} ${number} ${context.state.met.get()}`);
    },
    onTimer(time, context) {
      for (const [name, until] of context.state.names.entries()) {
        if (until > time) continue;
        context.state.names.delete(name);
        context.output(side, `${name} until ${time} of ${context.key}`);
      }
    },
  });

  it("shares state and timers of a key between both inputs, through restores at each step", () => {
    const { main, sides } = verifyOperator(naming, [
      left(["1a", 0], ["2b", 1]),
      right([11, 2], [12, 2], [13, 2]),
      left(["1c", 3]),
      right([21, 4]),
      watermark(10),
      right([31, 11], [22, 11]),
      watermark(11),
      right([41, 12], [32, 12]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(main, [
      ["1a 11 1", 2],
      ["2b 12 1", 2],
      ["1a 21 2", 4],
      ["1c 21 2", 4],
      ["1c 31 3", 11],
      ["2b 22 2", 11],
      ["1c 41 4", 12],
    ]);
    assert.deepEqual(sides["orphans"], [
      ["1a until 10 of 1", 10],
      ["2b until 11 of 2", 11],
      ["1c until 13 of 1", 13],
    ]);
  });

  it("keeps nothing that was cleared", () => {
    const harness = new Harness(naming);
    harness.call(left(["1a", 0], ["2b", 1]));
    assert.equal(harness.save().entries.size, 4, "two names, two timers");
    harness.watermark(20);
    assert.equal(harness.save().entries.size, 0);
  });

  it("says which of its functions threw", () => {
    const failing = of({
      onLeft: () => undefined,
      onRight: () => {
        throw new Error("no room");
      },
    });
    const harness = new Harness(failing);
    harness.call(left(["1a", 0]));
    assert.throws(() => harness.call(right([11, 0])), { code: "USER_CODE", message: /onRight of "c" threw: no room/ });
  });

  it("gives each input's records in their order, in batches of any size", () => {
    const listing = of<Record<never, never>, string>({
      onLeft: (value, context) => context.emit(`l${value}`),
      onRight: (value, context) => context.emit(`r${value}`),
    });
    const step = fc.record({ input: fc.nat(1), size: fc.integer({ min: 1, max: 7 }) });
    check(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), (steps, size) => {
        let next = 10;
        const expected: string[] = [];
        const calls = steps.flatMap(({ input, size: count }) => {
          const records = Array.from({ length: count }, (): Timed => [input === 0 ? String(next++) : next++, 0]);
          for (const [value] of records) expected.push(`${input === 0 ? "l" : "r"}${String(value)}`);
          return inBatches(records, size, input);
        });
        const { main } = verifyOperator(listing, calls);
        assert.deepEqual(
          main.map(([value]) => value),
          expected,
        );
      }),
      40,
    );
  });
});
