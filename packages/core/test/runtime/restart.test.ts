import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckpointError, ConfigurationError, ConnectorError, StateError, UserCodeError } from "@tidemark/core";

import { exponentialDelay, failureRate } from "../../src/runtime/restart-policies.ts";
import { type RestartOptions, RestartStrategy } from "../../src/runtime/restart.ts";

const failure = new UserCodeError("Cannot go on");
const HOUR_MS = 3_600_000;

/** What a strategy answers to failures at these moments. */
function answers(options: RestartOptions | undefined, moments: readonly number[]): readonly (number | undefined)[] {
  const strategy = new RestartStrategy(options);
  return moments.map((at) => strategy.failed(failure, at));
}

test("RestartStrategy: restarts so often, after a fixed pause, and then no more (RST-01, RST-02)", () => {
  assert.deepEqual(answers(undefined, [0, 1, 2, 3, 4]), [1_000, 1_000, 1_000, undefined, undefined]);
  assert.deepEqual(answers({ attempts: 1, delay: "250ms" }, [0, 1]), [250, undefined]);
  assert.deepEqual(answers({ attempts: 0 }, [0]), [undefined]);
  assert.deepEqual(answers("none", [0]), [undefined]);
});

test("RestartStrategy: forgets failures after a quiet time", () => {
  const options = { attempts: 1, delay: "1s", resetAfter: "10s" } as const;
  assert.deepEqual(answers(options, [0, 10_000, 20_000]), [1_000, 1_000, 1_000]);
  assert.deepEqual(answers(options, [0, 9_999]), [1_000, undefined]);
  // Each failure begins the quiet time anew.
  assert.deepEqual(answers(options, [0, 9_999, 19_998]), [1_000, undefined, undefined]);
  assert.deepEqual(answers(undefined, [0, 1, 2, HOUR_MS + 2]), [1_000, 1_000, 1_000, 1_000]);
});

test("RestartStrategy: fails at once where the next attempt would meet the same", () => {
  const final = [
    new ConfigurationError("OPTION_INVALID", ""),
    new ConfigurationError("LOCK_INVALID", ""),
    new StateError("STATE_LOCKED", ""),
    new StateError("STATE_UNMAPPED", ""),
    new StateError("STATE_CORRUPT", ""),
    new CheckpointError("CHECKPOINT_CORRUPT", ""),
    new CheckpointError("CHECKPOINT_MISSING", ""),
    new CheckpointError("CHECKPOINT_FENCED", ""),
    new ConnectorError("RECORD_INVALID", ""),
    new ConnectorError("COMMIT_FAILED", ""),
  ];
  for (const error of final) assert.equal(new RestartStrategy().failed(error, 0), undefined, error.code);
  const passing = [
    new StateError("STATE_IO", "", { retryable: true }),
    new CheckpointError("CHECKPOINT_ABORTED", ""),
    new CheckpointError("CHECKPOINT_TOLERANCE", ""),
    new ConnectorError("SOURCE_IO", ""),
    new ConnectorError("SINK_IO", ""),
    failure,
    new Error("anything"),
    "not even an error",
  ];
  for (const error of passing) assert.equal(new RestartStrategy().failed(error, 0), 1_000);
});

test("RestartStrategy: gives a record up that makes the same call throw ten times, whatever comes between", () => {
  const strategy = new RestartStrategy(exponentialDelay());
  const poison = (record: string): UserCodeError =>
    new UserCodeError("Cannot go on", { details: { operator: "p", call: "onRecord", record, timestamp: 3 } });
  for (let time = 1; time < 10; time++) {
    assert.notEqual(strategy.failed(poison("a"), time), undefined, `a, time ${time}`);
    assert.notEqual(strategy.failed(poison("b"), time), undefined, `b, time ${time}`);
    assert.notEqual(strategy.failed(failure, time), undefined);
  }
  assert.equal(strategy.failed(poison("a"), 10), undefined);
  assert.equal(strategy.failed(poison("b"), 10), undefined);
});

test("RestartStrategy: forgets a call that has not thrown for a day, and one before many others", () => {
  const poison = (record: number): UserCodeError =>
    new UserCodeError("Cannot go on", { details: { operator: "p", call: "onRecord", record } });
  const rare = new RestartStrategy(exponentialDelay());
  for (let day = 0; day < 20; day++) assert.notEqual(rare.failed(poison(1), day * 25 * HOUR_MS), undefined);
  const many = new RestartStrategy(exponentialDelay());
  for (let at = 0; at < 400; at++) assert.notEqual(many.failed(poison(at % 17), at), undefined);
});

test("RestartStrategy: refuses numbers and durations that make no sense", () => {
  for (const options of [
    { attempts: -1 },
    { attempts: 1.5 },
    { attempts: NaN },
    { delay: "soon" },
    { resetAfter: "-1s" },
  ]) {
    assert.throws(() => new RestartStrategy(options as RestartOptions), { code: "OPTION_INVALID" });
  }
});

test("RestartStrategy: with a failure rate, refuses one more failure within the interval than allowed (RST-03)", () => {
  const options = failureRate({ failures: 2, interval: "10s", delay: "3ms" });
  const error = new Error("again");
  const tooOften = new RestartStrategy(options);
  assert.equal(tooOften.failed(error, 0), 3);
  assert.equal(tooOften.failed(error, 5_000), 3);
  assert.equal(tooOften.failed(error, 9_999), undefined);
  const justNot = new RestartStrategy(options);
  justNot.failed(error, 0);
  justNot.failed(error, 5_000);
  assert.equal(justNot.failed(error, 10_000), 3);
  assert.equal(justNot.failed(error, 15_000), 3);
  assert.equal(justNot.failed(error, 19_999), undefined);
});

test("RestartStrategy: with growing pauses, grows to the longest and begins anew after a quiet while (RST-04)", () => {
  const strategy = new RestartStrategy(exponentialDelay({ jitter: 0, multiplier: 2, maxDelay: "5s" }));
  const error = new Error("again");
  const pauses = [0, 1, 2, 3, 4].map((at) => strategy.failed(error, at));
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 5_000, 5_000]);
  assert.equal(strategy.failed(error, 3_599_999 + 4), 5_000);
  assert.equal(strategy.failed(error, 2 * 3_600_000 + 3), 1_000);
});

test("RestartStrategy: jitter stays within its share and within the bounds (RST-04)", () => {
  const error = new Error("again");
  for (const random of [0, 0.25, 0.5, 0.999]) {
    const strategy = new RestartStrategy(exponentialDelay({ jitter: 0.2, multiplier: 2 }), () => random);
    assert.ok((strategy.failed(error, 0) as number) >= 1_000, "never below the first pause");
    const second = strategy.failed(error, 1) as number;
    assert.ok(Math.abs(second - 2_000 * (0.8 + 0.4 * random)) < 1e-6);
    for (let at = 2; at < 40; at++) assert.ok((strategy.failed(error, at) as number) <= 60_000);
  }
});

test("RestartStrategy: has no limit with growing pauses but the one it is given, and refuses what makes no sense", () => {
  const error = new Error("again");
  const endless = new RestartStrategy(exponentialDelay());
  for (let at = 0; at < 1_000; at++) assert.ok(endless.failed(error, at) !== undefined);
  const limited = new RestartStrategy(exponentialDelay({ attempts: 1 }));
  assert.ok(limited.failed(error, 0) !== undefined);
  assert.equal(limited.failed(error, 1), undefined);
  for (const made of [
    () => failureRate({ failures: 0 }),
    () => exponentialDelay({ multiplier: 0.5 }),
    () => exponentialDelay({ jitter: 2 }),
    () => exponentialDelay({ initialDelay: "2m" }),
  ]) {
    assert.throws(made, { code: "OPTION_INVALID" });
  }
});

test("RestartStrategy: says how to write a strategy that was given by its name", () => {
  for (const strategy of ["failure-rate", "sometimes"]) {
    const wanted = /failureRate\({...}\) or exponentialDelay\({...}\) of "@tidemark\/core"/;
    assert.throws(() => new RestartStrategy({ strategy } as RestartOptions), {
      code: "OPTION_INVALID",
      message: wanted,
    });
  }
});
