/** A split is idle when it was asked and had nothing, and not while nobody asks it. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type AnySource, type Env, pipeline, run, type Sink } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const HOSTS = ["local", bytesHost] as const;

/** Takes a few rows and is full for many turns then, each a millisecond long. */
function slowSink(env: Env, turns: number, rows: number[] = []): Sink<number, never, "at-least-once"> {
  let full = false;
  return {
    name: "slow",
    delivery: "at-least-once",
    createWriter: () => ({
      get full() {
        return full;
      },
      write: (values) => {
        rows.push(...values);
        full = true;
      },
      drained: async () => {
        for (let turn = 0; turn < turns; turn++) await env.turn();
        full = false;
      },
      prepareCommit: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }),
  };
}

/** Reads numbers as event times, counts windows of them, and says how many came late. */
async function lateOf(
  source: AnySource<number>,
  { host, fuse, turns, env }: { host: "local" | typeof bytesHost; fuse: boolean; turns: number; env: Env },
): Promise<number> {
  const job = pipeline("idle", { guarantee: "at-least-once" });
  const numbers = job.source("numbers", source, { eventTime: (n) => n, idleAfter: "20ms" });
  numbers.sink("slow", slowSink(env, turns));
  numbers
    .keyBy(() => "all")
    .window("windows", tumbling("1ms"))
    .aggregate({ create: () => 0, add: (count) => count + 1, result: (count) => count })
    .map(({ value }) => value)
    .sink("counts", slowSink(env, 0));
  const { metrics } = await run(job, { backend: memory(), env, host, fuse, channelRecords: 2 }).finished;
  assert.equal(metrics.recordsIn, 40);
  return metrics.lateDropped;
}

const slow = Array.from({ length: 20 }, (_, n) => n);
const fast = Array.from({ length: 20 }, (_, n) => n * 1_000);

for (const host of HOSTS) {
  for (const fuse of [true, false]) {
    const how = `host ${String(host)}, ${fuse ? "fused" : "not fused"}`;
    test(`run: a split that is not asked because there is no room does not fall idle, ${how} (WM-02)`, async () => {
      const { env } = frozenEnv();
      const source = pacedSource([slow, fast], { perPoll: 1 });
      assert.equal(await lateOf(source, { host, fuse, turns: 100, env }), 0);
    });
  }
}

for (const host of HOSTS) {
  test(`run: a split whose records have to be fetched first keeps the time it had when there is room again, host ${String(host)} (WM-02)`, async () => {
    const { env } = frozenEnv();
    // Each split has its next record a while after it was asked for it.
    const ready = new Map<string, Promise<void> | "there">();
    const source = pacedSource([slow, fast], {
      perPoll: 1,
      hold: (split, position) => {
        const name = `${split} ${position}`;
        const found = ready.get(name);
        if (found === "there") return undefined;
        if (found !== undefined) return found;
        const fetched = new Promise<void>((resolve) => env.schedule(6, resolve)).then(() => {
          ready.set(name, "there");
        });
        ready.set(name, fetched);
        return fetched;
      },
    });
    assert.equal(await lateOf(source, { host, fuse: false, turns: 100, env }), 0);
  });
}

test("run: a split that is silent falls idle, also while others always have more and there is hardly ever room (WM-02)", async () => {
  const { env } = frozenEnv();
  const fired: number[] = [];
  let release = (): void => undefined;
  let silence: Promise<void> | undefined = new Promise((resolve) => {
    release = () => {
      silence = undefined;
      resolve();
    };
  });
  env.schedule(2_000, release);
  const source = pacedSource([fast, [0]], { perPoll: 1, hold: (split) => (split === 1 ? silence : undefined) });
  const job = pipeline("silent", { guarantee: "at-least-once" });
  const numbers = job.source("numbers", source, { eventTime: (n) => n, idleAfter: "3ms" });
  numbers.sink("slow", slowSink(env, 5));
  numbers
    .keyBy(() => "all")
    .window("windows", tumbling("1ms"))
    .aggregate({ create: () => 0, add: (_, n) => n, result: (n) => n })
    .map(({ value }) => {
      fired.push(value);
      if (fired.length === 5) release();
      return value;
    })
    .sink("last", slowSink(env, 0));
  await run(job, { backend: memory(), env, fuse: false, channelRecords: 2 }).finished;
  assert.ok(fired.length >= 5, "windows fire though a split is silent");
  assert.deepEqual(fired.slice(0, 5), fast.slice(0, 5));
});
