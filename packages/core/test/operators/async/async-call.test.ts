import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { manualEnv } from "@tidemark/core/testing";

import { AsyncCall } from "../../../src/operators/async/async-call.ts";
import { type AsyncContext, type AsyncSettings, retrySettings } from "../../../src/operators/async/async-settings.ts";

const SETTINGS: AsyncSettings = {
  call: () => Promise.resolve(),
  isOrdered: true,
  capacity: 1,
  timeoutMs: 1_000,
  onTimeout: undefined,
  retry: undefined,
};

/** A call whose tries end when the test says so. */
function called(settings: Partial<AsyncSettings> = {}, seed: number = 1) {
  const manual = manualEnv({ seed });
  const tries: { readonly context: AsyncContext; resolve(value: unknown): void; reject(error: unknown): void }[] = [];
  const call = (_value: unknown, context: AsyncContext): Promise<unknown> =>
    new Promise((resolve, reject) => tries.push({ context, resolve, reject }));
  const asyncCall = new AsyncCall({
    env: manual.env,
    operatorId: "look-up",
    settings: { ...SETTINGS, call, ...settings },
    input: () => "record",
    timestamp: 7,
  });
  const outcome = asyncCall.result.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: error as Error & { code: string } }),
  );
  /** Lets promises that have ended be heard of. */
  const heard = () => manual.env.turn();
  return { ...manual, call: asyncCall, tries, outcome, heard };
}

describe("AsyncCall", () => {
  it("gives what the promise resolves to, and leaves nothing waiting", async () => {
    const { tries, outcome, waiting } = called();
    tries[0]?.resolve(7);
    assert.deepEqual(await outcome, { value: 7 });
    assert.equal(waiting(), 0);
    assert.equal(tries[0]?.context.signal.aborted, false);
  });

  it("fails with USER_CODE and the cause when the promise is rejected, or the function throws", async () => {
    const cause = new RangeError("no such code");
    const rejected = called();
    rejected.tries[0]?.reject(cause);
    const thrown = called({
      call: () => {
        throw cause;
      },
    });
    for (const { outcome, waiting } of [rejected, thrown]) {
      const { error } = (await outcome) as { error: Error & { code: string } };
      assert.equal(error.code, "USER_CODE");
      assert.match(error.message, /asyncMap of "look-up" threw: no such code/);
      assert.equal(error.cause, cause);
      assert.equal(waiting(), 0);
    }
  });

  it("fails with TIMEOUT after its time, and aborts the signal (ASY-01)", async () => {
    const { tries, outcome, pass } = called();
    pass(999);
    assert.equal(tries[0]?.context.signal.aborted, false);
    pass(1);
    assert.equal(tries[0]?.context.signal.aborted, true);
    const { error } = (await outcome) as { error: Error & { code: string } };
    assert.equal(error.code, "TIMEOUT");
    assert.match(error.message, /"look-up" did not end within its timeout of 1000 ms \(try 1\)/);
    assert.equal(tries[0]?.context.signal.reason, error);
  });

  it("does not time out when it has ended, and does not end when it has timed out (ASY-01, COR-26)", async () => {
    const ended = called({ onTimeout: () => "late" });
    ended.tries[0]?.resolve("here");
    await ended.heard();
    ended.pass(5_000);
    assert.deepEqual(await ended.outcome, { value: "here" });
    const late = called({ onTimeout: (value) => `no answer for ${String(value)}` });
    late.pass(1_000);
    late.tries[0]?.resolve("here");
    assert.deepEqual(await late.outcome, { value: "no answer for record" });
  });

  it("fails when the handler of timeouts throws", async () => {
    const { outcome, pass } = called({
      onTimeout: () => {
        throw new RangeError("give up");
      },
    });
    pass(1_000);
    const { error } = (await outcome) as { error: Error & { code: string } };
    assert.equal(error.code, "USER_CODE");
    assert.match(error.message, /onTimeout of "look-up" threw: give up/);
  });

  it("tries again after pauses that grow up to a limit, and counts the tries", async () => {
    const retry = retrySettings({ attempts: 4, initialDelay: "10ms", multiplier: 3, maxDelay: "50ms", jitter: 0 });
    const { tries, outcome, pass, heard, waiting } = called({ retry });
    for (const pauseMs of [10, 30, 50, 50]) {
      tries.at(-1)?.reject(new Error("busy"));
      await heard();
      const before = tries.length;
      pass(pauseMs - 1);
      assert.equal(tries.length, before);
      pass(1);
      assert.equal(tries.length, before + 1);
    }
    assert.deepEqual(
      tries.map(({ context }) => context.attempt),
      [1, 2, 3, 4, 5],
    );
    tries.at(-1)?.reject(new Error("still busy"));
    const { error } = (await outcome) as { error: Error & { code: string } };
    assert.match(error.message, /still busy/);
    assert.equal(waiting(), 0);
  });

  it("spreads its pauses by chance, the same for the same seed", async () => {
    const retry = retrySettings({ initialDelay: "1s", jitter: 0.5 });
    const pauseOf = async (seed: number): Promise<number> => {
      const { tries, pass, heard, env } = called({ retry, timeoutMs: 60_000 }, seed);
      tries[0]?.reject(new Error("busy"));
      await heard();
      while (tries.length === 1) pass(1);
      return env.now();
    };
    const pauses = [await pauseOf(1), await pauseOf(1), await pauseOf(2), await pauseOf(3)];
    assert.equal(pauses[0], pauses[1]);
    assert.ok(new Set(pauses).size > 1);
    for (const pause of pauses) assert.ok(pause >= 500 && pause <= 1_500, String(pause));
  });

  it("does not try again what is not worth it", async () => {
    const retry = retrySettings({ when: (error) => (error as Error).message === "busy" });
    const { tries, outcome, heard, pass } = called({ retry });
    tries[0]?.reject(new Error("busy"));
    await heard();
    pass(200);
    tries[1]?.reject(new Error("gone"));
    assert.match(((await outcome) as { error: Error }).error.message, /gone/);
    const failing = called({
      retry: retrySettings({
        when: () => {
          throw new RangeError("what now");
        },
      }),
    });
    failing.tries[0]?.reject(new Error("busy"));
    assert.match(
      ((await failing.outcome) as { error: Error }).error.message,
      /retry.when of "look-up" threw: what now/,
    );
  });

  it("ends within its timeout however many tries there are (ASY-01)", async () => {
    const retry = retrySettings({ attempts: 1_000, initialDelay: "400ms", multiplier: 1, jitter: 0 });
    const { tries, outcome, heard, pass, waiting } = called({ retry });
    for (const ms of [400, 400]) {
      tries.at(-1)?.reject(new Error("busy"));
      await heard();
      pass(ms);
    }
    tries.at(-1)?.reject(new Error("busy"));
    await heard();
    pass(200);
    const { error } = (await outcome) as { error: Error & { code: string } };
    assert.equal(error.code, "TIMEOUT");
    assert.match(error.message, /\(try 3\)/);
    assert.equal(waiting(), 0);
  });

  it("is forgotten when it is cancelled: its signal is aborted, and nothing waits any more", async () => {
    const { call, tries, waiting, heard } = called();
    let settled = false;
    void call.result.finally(() => {
      settled = true;
    });
    call.cancel();
    assert.equal(tries[0]?.context.signal.aborted, true);
    assert.equal(waiting(), 0);
    tries[0]?.resolve(1);
    await heard();
    assert.equal(settled, false);
  });
});

describe("retrySettings", () => {
  it("refuses what makes no sense (OPTION_INVALID)", () => {
    for (const retry of [
      { attempts: -1 },
      { attempts: 0.5 },
      { multiplier: 0.5 },
      { multiplier: Infinity },
      { jitter: 1 },
      { jitter: Number.NaN },
      { when: 7 as never },
      { initialDelay: "soon" as never },
      { maxDelay: "-1s" as never },
    ]) {
      assert.throws(() => retrySettings(retry), { code: "OPTION_INVALID" });
    }
  });
});
