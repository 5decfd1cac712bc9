import assert from "node:assert/strict";
import { test } from "node:test";

import { type Env, isolateEnv, type LogEntry, standardEnv } from "@tidemark/core";

const called = (env: Env, delayMs: number): Promise<void> => new Promise((resolve) => env.schedule(delayMs, resolve));

for (const [name, make] of [
  ["standardEnv", standardEnv],
  ["isolateEnv", isolateEnv],
] as const) {
  test(`${name}: its monotonic clock never goes back, and its wall clock is that of the runtime`, async () => {
    const env = make();
    let last = env.monotonic();
    for (let times = 0; times < 100; times++) {
      const now = env.monotonic();
      assert.ok(now >= last);
      last = now;
    }
    assert.ok(Math.abs(env.now() - Date.now()) < 10_000);
    const random = env.random();
    assert.ok(random >= 0 && random < 1);
    await env.turn();
    assert.ok(env.monotonic() >= last);
  });

  test(`${name}: calls back once, and not after it was cancelled`, async () => {
    const env = make();
    let calls = 0;
    env.schedule(1, () => calls++);
    env.schedule(1, () => calls++)();
    await called(env, 5);
    assert.equal(calls, 1);
  });

  test(`${name}: a delay longer than any timer takes is not cut short`, async () => {
    const env = make();
    let calls = 0;
    const cancel = env.schedule(3_000_000_000, () => calls++);
    await called(env, 2);
    assert.equal(calls, 0);
    cancel();
  });

  test(`${name}: a turn lets timers and other tasks go on`, async () => {
    const env = make();
    let calls = 0;
    env.schedule(0, () => calls++);
    for (let turns = 0; calls === 0; turns++) {
      assert.ok(turns < 100_000, "the timer was never called");
      await env.turn();
    }
  });

  test(`${name}: hands log and points to whom it is told`, () => {
    const logged: LogEntry[] = [];
    const points: string[] = [];
    const env = make({ log: (entry) => logged.push(entry), point: (point) => points.push(point) });
    env.log({ level: "warn", message: "careful", fields: { what: 1 } });
    env.point("head.written");
    assert.deepEqual(logged, [{ level: "warn", message: "careful", fields: { what: 1 } }]);
    assert.deepEqual(points, ["head.written"]);
  });
}
