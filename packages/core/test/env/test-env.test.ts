import assert from "node:assert/strict";
import { test } from "node:test";

import { frozenEnv, manualEnv } from "@tidemark/core/testing";

test("frozenEnv: the clock stands still while code runs, and moves with each turn", async () => {
  const { env } = frozenEnv({ now: 1_000, turnMs: 5 });
  assert.equal(env.monotonic(), 1_000);
  for (let spun = 0; spun < 100_000; spun++) assert.equal(env.monotonic(), 1_000);
  await Promise.resolve();
  assert.equal(env.now(), 1_000);
  await env.turn();
  assert.equal(env.now(), 1_005);
  await Promise.all([env.turn(), env.turn()]);
  assert.equal(env.now(), 1_010);
});

test("frozenEnv: skips to the next call when nobody takes a turn, in the order of time", async () => {
  const { env, waiting } = frozenEnv();
  const order: string[] = [];
  const call = (name: string, delayMs: number): (() => void) =>
    env.schedule(delayMs, () => order.push(`${name} at ${env.now()}`));
  call("day", 86_400_000);
  call("second", 1_000);
  const cancel = call("never", 500);
  call("also", 1_000);
  call("now", 0);
  cancel();
  assert.equal(waiting(), 4);
  await new Promise<void>((resolve) => env.schedule(86_400_001, resolve));
  assert.deepEqual(order, ["now at 0", "second at 1000", "also at 1000", "day at 86400000"]);
  assert.equal(waiting(), 0);
});

test("frozenEnv: a turn does not skip what is due later", async () => {
  const { env } = frozenEnv();
  let called = 0;
  env.schedule(3, () => called++);
  await env.turn();
  await env.turn();
  assert.equal(called, 0);
  await env.turn();
  assert.equal(called, 1);
});

test("manualEnv: the clock moves when the test says so", async () => {
  const { env, pass, waiting } = manualEnv({ now: 10 });
  const order: number[] = [];
  env.schedule(5, () => {
    order.push(env.now());
    env.schedule(5, () => order.push(env.now()));
  });
  await env.turn();
  assert.equal(env.monotonic(), 10);
  pass(4);
  assert.deepEqual([order, env.now(), waiting()], [[], 14, 1]);
  pass(100);
  assert.deepEqual([order, env.now(), waiting()], [[15, 20], 114, 0]);
});

test("manualEnv and frozenEnv: chance follows from the seed, and logs and points are kept", () => {
  for (const make of [manualEnv, frozenEnv]) {
    const [one, same, other] = [make({ seed: 7 }), make({ seed: 7 }), make({ seed: 8 })];
    assert.equal(one.env.random(), same.env.random());
    assert.notEqual(one.env.random(), other.env.random());
    one.env.log({ level: "info", message: "hello" });
    one.env.point("head.written");
    assert.deepEqual(one.logged, [{ level: "info", message: "hello" }]);
    assert.deepEqual(one.points, ["head.written"]);
  }
});
