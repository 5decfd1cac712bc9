/** Asynchronous steps in whole jobs: room, time, order, ends of all kinds. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { pipeline, run, sideOutput, type StepDeadLetter, type Stream, unaligned } from "@tidemark/core";
import { asyncMap, type AsyncMapOptions } from "@tidemark/core/async";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";
import { explain } from "@tidemark/core/explain";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { latch, until } from "./settle.ts";

const HOSTS = ["local", bytesHost] as const;
const ORDERS = ["ordered", "unordered"] as const;

describe("asyncMap", () => {
  it("keeps the order of its input through a crash with a hundred calls under way (COR-26)", async () => {
    for (const host of HOSTS) {
      const { env } = frozenEnv();
      const numbers = Array.from({ length: 250 }, (_, index) => index);
      const [goOn, crash] = [latch(), latch()];
      const ledger = ledgerSink<number>();
      const made: number[] = [];
      const wait = async (n: number): Promise<number> => {
        made.push(n);
        if (made.length <= 100) {
          await crash.opened;
          throw new Error("the first life ends");
        }
        await new Promise<void>((resolve) => env.schedule(100 - (n % 100), resolve));
        return n;
      };
      const job = pipeline("in-order");
      job
        .source(
          "numbers",
          pacedSource([numbers], { hold: (_, position) => (position === 100 ? goOn.hold : undefined) }),
        )
        .pipe("wait", asyncMap(wait, { capacity: 100 }))
        .sink("out", ledger.sink);
      const handle = run(job, {
        backend: memory(),
        env,
        host,
        checkpoint: { interval: "1h" },
        restart: { attempts: 1, delay: "1ms" },
      });
      await until(env, () => made.length === 100, "a hundred calls");
      await handle.checkpoint();
      crash.open();
      goOn.open();
      await handle.finished;
      assert.deepEqual(made.slice(100, 200), numbers.slice(0, 100), "they are called again in their order");
      assert.deepEqual(ledger.rows, numbers);
    }
  });

  it("waits for no more calls than there is room for, and reads no further (ASY-01)", async () => {
    for (const order of ORDERS) {
      const { env } = frozenEnv();
      const calls = { running: 0, most: 0 };
      const release = latch();
      let read = 0;
      const ledger = ledgerSink<number>();
      const job = pipeline("capacity");
      job
        .source("numbers", pacedSource([Array.from({ length: 400 }, (_, index) => index)]))
        .map((n) => {
          read++;
          return n;
        })
        .pipe(
          "wait",
          asyncMap(
            async (n) => {
              calls.running++;
              calls.most = Math.max(calls.most, calls.running);
              await release.opened;
              calls.running--;
              return n;
            },
            { capacity: 5, order },
          ),
        )
        .sink("out", ledger.sink);
      const handle = run(job, { backend: memory(), env, checkpoint: { interval: "1h" } });
      await until(env, () => calls.running === 5, "five calls");
      for (let turn = 0; turn < 100; turn++) await env.turn();
      assert.ok(read < 20, `${read} records were read for 5 calls`);
      release.open();
      await handle.finished;
      assert.equal(calls.most, 5);
      assert.equal(ledger.rows.length, 400);
    }
  });

  it("takes a checkpoint while calls are under way, and waits for none of them", async () => {
    for (const mode of ["aligned", unaligned] as const) {
      const { env } = frozenEnv();
      const never = new Promise<never>(() => undefined);
      let made = 0;
      const hold = (): Promise<void> | undefined => (made >= 3 ? never : undefined);
      const job = pipeline("stuck");
      const call = (): Promise<number> => {
        made++;
        return never;
      };
      job
        .source("numbers", pacedSource([[1, 2, 3, 4]], { hold, perPoll: 1 }))
        .pipe("wait", asyncMap(call, { timeout: "24h" }))
        .sink("out", ledgerSink<number>().sink);
      const handle = run(job, { backend: memory(), env, checkpoint: { interval: "1h", mode } });
      await until(env, () => made === 3, "three calls");
      assert.ok((await handle.checkpoint()).checkpointId > 0);
      handle.cancel();
      await assert.rejects(handle.finished, { code: "ABORTED" });
    }
  });

  it("aborts the signals of its calls when the job is cancelled, or fails", async () => {
    const signals: AbortSignal[] = [];
    const build = (fails: boolean) => {
      const job = pipeline("aborted");
      job
        .source("numbers", pacedSource([[1, 2, 3]]))
        .pipe(
          "wait",
          asyncMap((n, { signal }) => {
            signals.push(signal);
            return fails && n === 3 ? Promise.reject(new Error("no")) : new Promise<number>(() => undefined);
          }),
        )
        .sink("out", ledgerSink<number>().sink);
      return job;
    };
    const { env } = frozenEnv();
    const options = { backend: memory(), env, restart: "none" } as const;
    const handle = run(build(false), options);
    await until(env, () => signals.length === 3, "three calls");
    handle.cancel();
    await assert.rejects(handle.finished, { code: "ABORTED" });
    await assert.rejects(run(build(true), options).finished, {
      code: "USER_CODE",
      message: /asyncMap of "wait" threw: no/,
    });
    assert.equal(signals.length, 6);
    for (const signal of signals.slice(0, 5)) assert.equal(signal.aborted, true);
  });

  it("fails with TIMEOUT, or goes on with what the handler gives (ASY-01)", async () => {
    const timedOut = async (options: AsyncMapOptions<number, string>): Promise<readonly string[]> => {
      const { env } = frozenEnv();
      const ledger = ledgerSink<string>();
      const job = pipeline("slow");
      const call = (n: number): Promise<string> =>
        n === 2 ? new Promise(() => undefined) : Promise.resolve(`${n} in time`);
      job
        .source("numbers", pacedSource([[1, 2, 3]]))
        .pipe("part", (stream) => stream.pipe("wait", asyncMap(call, { timeout: "5s", ...options })))
        .sink("out", ledger.sink);
      await run(job, { backend: memory(), env, restart: "none" }).finished;
      return ledger.rows;
    };
    await assert.rejects(timedOut({}), { code: "TIMEOUT", message: /"part\/wait" did not end within .* 5000 ms/ });
    assert.deepEqual(await timedOut({ onTimeout: (n) => `${n} too late` }), ["1 in time", "2 too late", "3 in time"]);
  });

  it("gives each try the record as it came, whatever the function does to it, also after a restore", async () => {
    const { env } = frozenEnv({ development: false });
    const ledger = ledgerSink<number>();
    const seen: number[] = [];
    const crash = latch();
    const job = pipeline("mutated");
    job
      .source("numbers", pacedSource([[1, 2]]))
      .map((n) => ({ n }))
      .pipe(
        "spoil",
        asyncMap(
          async (record, { attempt }) => {
            seen.push(record.n);
            record.n += 100;
            if (seen.length <= 2) await crash.opened;
            else if (attempt === 1) throw new Error("once more");
            return record.n;
          },
          { retry: { attempts: 1, when: () => seen.length > 2 } },
        ),
      )
      .sink("out", ledger.sink);
    const backend = memory();
    const handle = run(job, { backend, env, checkpoint: { interval: "1h" } });
    await until(env, () => seen.length === 2, "two calls");
    await handle.checkpoint();
    handle.cancel();
    await assert.rejects(handle.finished, { code: "ABORTED" });
    await run(job, { backend, env, restart: "none" }).finished;
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      [1, 1, 1, 2, 2, 2],
    );
    assert.deepEqual(ledger.rows, [101, 102]);
  });

  it("refuses a record that could be part of no checkpoint (VALUE_UNSUPPORTED)", async () => {
    const job = pipeline("functions");
    job
      .source("numbers", pacedSource([[1]]))
      .map((n) => ({ n, later: () => n }))
      .pipe(
        "call",
        asyncMap(async ({ later }) => later()),
      )
      .sink("out", ledgerSink<number>().sink);
    await assert.rejects(run(job, { backend: memory(), restart: "none" }).finished, {
      code: "VALUE_UNSUPPORTED",
      message: /a record of "call" part of a checkpoint.*later/,
    });
  });

  it("lets an input become idle only when all that it led to is there", async () => {
    // The slow source falls silent with a call under way; the other one goes far ahead meanwhile.
    const { env } = frozenEnv();
    const silence = new Promise<void>(() => undefined);
    const ledger = ledgerSink<string>();
    const job = pipeline("idle");
    const time = { eventTime: (n: number) => n, idleAfter: "20ms" } as const;
    const slow = job
      .source(
        "slow",
        pacedSource([[10]], { hold: (_, position) => (position > 0 ? silence : undefined), bounded: false }),
        time,
      )
      .pipe(
        "wait",
        asyncMap(async (n) => {
          await new Promise<void>((resolve) => env.schedule(500, resolve));
          return n;
        }),
      );
    let last = -1;
    const hold = (_split: number, position: number): Promise<void> | undefined => {
      if (position === 40) return silence;
      if (position === last) return undefined;
      last = position;
      return new Promise((resolve) => env.schedule(10, resolve));
    };
    const fast = job.source(
      "fast",
      pacedSource([Array.from({ length: 41 }, (_, index) => index * 100)], { hold, bounded: false, perPoll: 1 }),
      { eventTime: (n) => n },
    );
    slow
      .union(fast)
      .keyBy(() => "all")
      .window("sums", tumbling("100ms"))
      .aggregate({ create: () => 0, add: (count) => count + 1, result: (count) => count })
      .map(({ window, value }) => `${window.start}: ${value}`)
      .sink("out", ledger.sink, { parallelism: 1 });
    const { metrics } = await run(job, { backend: memory(), env, parallelism: 1, fuse: false, until: "idle" }).finished;
    assert.equal(metrics.lateDropped, 0);
    assert.equal(ledger.rows[0], "0: 2", JSON.stringify(ledger.rows));
  });

  it('is waited for by a run that goes on until it is "idle", or has read so many records', async () => {
    for (const runUntil of ["idle", { records: 10 }] as const) {
      const { env } = frozenEnv();
      const ledger = ledgerSink<number>();
      const job = pipeline("waited-for");
      const silence = new Promise<void>(() => undefined);
      const hold = (_split: number, position: number): Promise<void> | undefined =>
        position < 10 ? undefined : silence;
      job
        .source("numbers", pacedSource([Array.from({ length: 11 }, (_, index) => index)], { hold, bounded: false }))
        .pipe(
          "wait",
          asyncMap(async (n) => {
            await new Promise<void>((resolve) => env.schedule(1_000, resolve));
            return n;
          }),
        )
        .sink("out", ledger.sink);
      await run(job, { backend: memory(), env, until: runUntil, checkpoint: { interval: "1h" } }).finished;
      assert.equal(ledger.rows.length, 10, JSON.stringify(runUntil));
    }
  });

  it("wants an id from a pipe, and options that make sense (ID_MISSING, OPTION_INVALID)", () => {
    const numbers: Stream<number> = pipeline("refused").source("numbers", pacedSource([[1]]));
    const same = async (n: number): Promise<number> => n;
    assert.throws(() => asyncMap(same)(numbers), { code: "ID_MISSING", message: /asyncMap.*pipe\(id, \.\.\.\)/ });
    for (const options of [
      { order: "sorted" as never },
      { capacity: 0 },
      { capacity: 1.5 },
      { capacity: 1e9 },
      { timeout: "0s" },
      { timeout: "soon" as never },
      { onTimeout: 7 as never },
    ] satisfies AsyncMapOptions<number, number>[]) {
      assert.throws(() => asyncMap(same, options), { code: "OPTION_INVALID" }, JSON.stringify(options));
    }
    assert.throws(() => asyncMap(undefined as never), { code: "OPTION_INVALID" });
  });

  it("is told in a plan: how many at once, and what may depend on timing", () => {
    const job = pipeline("plan");
    const same = async (n: number): Promise<number> => n;
    const numbers = job.source("numbers", pacedSource([[1]]));
    numbers.pipe("one", asyncMap(same, { capacity: 3 })).sink("one-out", ledgerSink<number>().sink);
    const options = { order: "unordered", onTimeout: () => 0 } as const;
    numbers
      .keyBy((n) => n)
      .pipe("two", asyncMap(same, options))
      .sink("two-out", ledgerSink<number>().sink);
    const lines = explain(job).split("\n");
    assert.ok(lines.includes("  one: asyncMap ordered, up to 3 at once, state inputs (map)"));
    assert.ok(lines.includes("  two: asyncMap unordered, up to 100 at once, keyed state inputs (map)"));
    assert.deepEqual(lines.slice(-2), ["may depend on timing", "  two: results as they come, timeouts with a handler"]);
  });

  it("sets aside what it gets no result for, and goes on with the others in their order", async () => {
    for (const host of HOSTS) {
      const { env } = frozenEnv();
      const [rows, letters] = [ledgerSink<number>(), ledgerSink<string>()];
      const dead = sideOutput<StepDeadLetter<number>>("dead");
      const job = pipeline("set-aside");
      const looked = job
        .source("numbers", pacedSource([[1, 2, 3, 4, 5]]), { eventTime: (n) => n * 10 })
        .keyBy((n) => (n === 4 ? (undefined as never) : "all"))
        .pipe(
          "look-up",
          asyncMap(
            (n) => {
              if (n === 2) return Promise.reject(new RangeError("no such number"));
              return n === 3 ? new Promise<never>(() => undefined) : Promise.resolve(n * 100);
            },
            { deadLetters: dead, retry: { attempts: 2 } },
          ),
        );
      looked.sink("out", rows.sink);
      looked
        .sideOutput(dead)
        .map(
          ({ call, record, timestamp, error }) => `${call} of ${record} at ${timestamp}: ${error.code} ${error.name}`,
        )
        .sink("letters", letters.sink);
      await run(job, { backend: memory(), env, host, restart: "none" }).finished;
      assert.deepEqual(rows.rows, [100, 500]);
      assert.deepEqual(letters.rows.toSorted(), [
        "asyncMap of 2 at 20: USER_CODE RangeError",
        "asyncMap of 3 at 30: TIMEOUT TidemarkError",
        "the key selector of 4 at 40: KEY_UNSUPPORTED SerializationError",
      ]);
    }
  });
});
