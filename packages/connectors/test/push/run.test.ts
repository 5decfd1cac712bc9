/** Push clients under the engine. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { memory } from "@tidemark/backend-memory";
import { pipeline, run, type TraceEvent } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { toArray } from "../../src/iterable/mod.ts";
import { type PushChannel, pushSource, replayablePushSource } from "../../src/push/mod.ts";
import { throttle } from "../../src/throttle/mod.ts";
import { logClient } from "./log-client.ts";

const numbers = Array.from({ length: 400 }, (_, index) => index);

for (const host of ["local", bytesHost] as const) {
  test(`replayablePushSource: what fails begins anew after the last checkpoint, and nothing is lost or doubled, host ${String(host)} (NOT-02)`, async () => {
    const out = toArray<number>();
    const opened: (number | undefined)[] = [];
    const told: number[] = [];
    let completed = 0;
    const due = [0, 2, 4];
    const job = pipeline("again", { guarantee: "exactly-once" });
    const open = logClient(numbers);
    const source = replayablePushSource<number, number>({
      recordsMax: 3,
      bounded: true,
      open: (channel, from) => {
        assert.ok(
          from === undefined || from >= (told.at(-1) ?? 0),
          `asked for ${from} after acknowledging ${told.at(-1)}`,
        );
        opened.push(from);
        return {
          ...open(channel, from),
          checkpointed: (position) => {
            assert.ok(
              out.values.length >= position,
              `${position} was acknowledged and ${out.values.length} are committed`,
            );
            assert.ok(position >= (told.at(-1) ?? 0), "acknowledgements never go back");
            told.push(position);
          },
        };
      },
    });
    job
      .source("numbers", source)
      .map((value) => {
        if (due[0] === undefined || completed < due[0] || value < 20) return value;
        due.shift();
        throw new Error("now and then");
      })
      .sink("out", out.sink);
    const { metrics } = await run(job, {
      backend: memory(),
      env: frozenEnv().env,
      host,
      channelRecords: 4,
      checkpoint: { interval: "1ms" },
      restart: { delay: "1ms" },
      trace: ({ kind }) => {
        if (kind === "checkpoint-completed") completed++;
      },
    }).finished;
    assert.deepEqual(out.values, numbers);
    assert.equal(metrics.restarts, 3);
    assert.equal(opened.length, 4);
    assert.equal(opened[0], undefined);
    assert.ok(Number(opened.at(-1)) > 0);
    assert.equal(told.at(-1), numbers.length, "all is acknowledged at the end");
    assert.ok(told.length > 4);
  });

  test(`pushSource: a barrier waits for no push, and a job is idle while nothing comes, host ${String(host)} (SRC-02, NOT-02)`, async () => {
    const out = toArray<string>();
    let channel: PushChannel<string, string> | undefined;
    const told: string[] = [];
    let opened = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => (opened = resolve));
    const job = pipeline("silent", { guarantee: "at-least-once" });
    const source = pushSource<string, string>({
      open: (given) => {
        channel = given;
        opened();
        return { checkpointed: (tag) => void told.push(tag), close: () => undefined };
      },
    });
    job.source("messages", source).sink("out", out.sink);
    const { env } = frozenEnv();
    const handle = run(job, { backend: memory(), env, host, checkpoint: { interval: "1h" } });
    try {
      await isOpen;
      await handle.checkpoint();
      assert.deepEqual([out.values, told], [[], []]);
      await channel!.push("first", "tag 1");
      while (handle.metrics().recordsIn === 0) await env.turn();
      await handle.checkpoint();
      while (told.length === 0) await env.turn();
      assert.deepEqual([out.values, told], [["first"], ["tag 1"]]);
      await handle.checkpoint();
      handle.stop();
      await handle.finished;
      assert.deepEqual(told, ["tag 1"], "nothing is acknowledged twice");
      assert.ok(channel!.signal.aborted);
    } finally {
      handle.cancel();
    }
  });
}

test("pushSource: a sink that is slow slows who pushes, and no more is under way than has room (SRC-02)", async () => {
  const recordsMax = 5;
  const channelRecords = 4;
  const held = { in: 0, out: 0, most: 0 };
  const job = pipeline("slow", { guarantee: "at-least-once" });
  const source = pushSource<number>({
    recordsMax,
    bounded: true,
    open: (channel) => {
      const feed = async (): Promise<void> => {
        for (const value of numbers) {
          await channel.push(value);
          held.in++;
          held.most = Math.max(held.most, held.in - held.out);
        }
        channel.end();
      };
      feed().catch((error: unknown) => channel.fail(error));
      return { close: () => undefined };
    },
  });
  const { env } = frozenEnv();
  let full = false;
  job.source("numbers", throttle(source, { recordsPerSecond: 10_000 })).sink("slow", {
    name: "slow",
    delivery: "at-least-once",
    createWriter: () => ({
      get full() {
        return full;
      },
      write: (values) => {
        held.out += values.length;
        full = true;
      },
      drained: async () => {
        for (let turns = 0; turns < 5; turns++) await env.turn();
        full = false;
      },
      prepareCommit: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }),
  });
  await run(job, { backend: memory(), env, channelRecords, fuse: false }).finished;
  assert.equal(held.out, numbers.length);
  assert.ok(held.most > recordsMax, "there is something to hold back");
  assert.ok(held.most <= recordsMax + 64, `${held.most} were under way`);
});

test("replayablePushSource: an acknowledgement that fails fails the attempt, and the next one tells of it again (NOT-02)", async () => {
  const out = toArray<number>();
  const told: number[] = [];
  const failures: string[] = [];
  const open = logClient(numbers);
  const source = replayablePushSource<number, number>({
    recordsMax: 2,
    bounded: true,
    open: (channel, from) => ({
      ...open(channel, from),
      checkpointed: async (position) => {
        told.push(position);
        if (told.length === 2) throw new Error("connection reset");
      },
    }),
  });
  const job = pipeline("unacknowledged");
  job.source("numbers", source).sink("out", out.sink);
  const { metrics } = await run(job, {
    backend: memory(),
    env: frozenEnv().env,
    checkpoint: { interval: "1ms" },
    restart: { delay: "1ms" },
    trace: (event: TraceEvent) => {
      if (event.kind === "attempt-failed") failures.push(event.message);
    },
  }).finished;
  assert.equal(metrics.restarts, 1);
  assert.match(failures.join(), /Cannot acknowledge to push client: connection reset/);
  assert.ok(told[2]! >= told[1]!, "what was not acknowledged is, by and by");
  assert.deepEqual(out.values, numbers);
});
