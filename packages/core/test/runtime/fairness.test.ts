/** Nobody is starved, though the clock stands still while code runs: shares of work are counted, not timed. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Env, type Pipeline, pipeline, run, type Source, type SourceSplit } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { WIDTH } from "../width.ts";
import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { until } from "./settle.ts";

/** The engine's own shares: steps between two turns, and pieces of work in a step. */
const STEPS_PER_TURN = 32;
const SLICE_RECORDS = 4096;

/** Time passes in few turns, so that not millions of records go by until something is due. */
const TURN_MS = 10;

const HOSTS = WIDTH < 1 ? (["local"] as const) : (["local", bytesHost] as const);

/** How much is due at once; over bytes, where each batch of the endless source beside it is encoded, half of it. */
const DUE = { local: 30_000, bytes: 15_000 };

/** Counts turns, and the most calls of user code between two of them. */
function watched(env: Env) {
  const counts = { turns: 0, calls: 0, most: 0 };
  const turn = async (): Promise<void> => {
    counts.turns++;
    await env.turn();
    counts.most = Math.max(counts.most, counts.calls);
    counts.calls = 0;
  };
  return { env: { ...env, turn }, counts };
}

/** A source without end that always has something. */
function endless(): Source<number, SourceSplit & { readonly next: number }, number, true> {
  return {
    name: "endless",
    replayable: true,
    bounded: false,
    createEnumerator: (context, left = 1) => {
      let remaining = left;
      return {
        start: async () => {
          if (remaining > 0) context.assign(0, { id: "only", next: 0 });
          remaining = 0;
        },
        handleSplitRequest: () => undefined,
        snapshot: () => remaining,
        close: async () => undefined,
      };
    },
    createReader: () => {
      let next: number | undefined;
      return {
        addSplits: ([split]) => {
          next = split?.next;
        },
        poll: (limit) => {
          if (next === undefined) return "nothing";
          const values: number[] = [];
          for (const end = next + limit; next < end; next++) values.push(next);
          return { splitId: "only", values };
        },
        available: () => new Promise(() => undefined),
        snapshot: () => (next === undefined ? [] : [{ id: "only", next }]),
        close: async () => undefined,
      };
    },
  };
}

for (const host of HOSTS) {
  test(`run: two pipelines in one job take turns, host ${String(host)}`, async () => {
    const { env } = frozenEnv({ turnMs: TURN_MS });
    const order: string[] = [];
    const job = pipeline("two");
    for (const name of ["a", "b"]) {
      job
        .source(name, endless())
        .map((n) => {
          if (n % 1024 === 0) order.push(name);
          return n;
        })
        .filter((n) => n % 5_000 === 0)
        .sink(`${name}-out`, ledgerSink<number>().sink);
    }
    const handle = run(job, { backend: memory(), env, host, checkpoint: { interval: "10ms" } });
    await until(env, () => order.length > 100 && handle.metrics().checkpoints.completed > 2, "both get on");
    handle.stop();
    await handle.finished;
    const share = order.filter((name) => name === "a").length / order.length;
    assert.ok(share > 0.4 && share < 0.6, `one had ${share}`);
    const longest =
      order
        .join("")
        .match(/a+|b+/g)
        ?.reduce((most, each) => Math.max(most, each.length), 0) ?? 0;
    assert.ok(longest <= 16, `one had ${longest} batches in a row`);
  });

  test(`run: two jobs in one thread take turns, host ${String(host)}`, async () => {
    const { env } = frozenEnv({ turnMs: TURN_MS });
    const order: string[] = [];
    const handles = ["a", "b"].map((name) => {
      const job = pipeline(name);
      job
        .source("numbers", endless())
        .filter((n) => {
          if (n % 1024 === 0) order.push(name);
          return n % 5_000 === 0;
        })
        .sink("out", ledgerSink<number>().sink);
      return run(job, { backend: memory(), env, host, checkpoint: { interval: "10ms" } });
    });
    await until(env, () => handles.every((handle) => handle.metrics().checkpoints.completed > 2), "both get on");
    for (const handle of handles) handle.stop();
    await Promise.all(handles.map(({ finished }) => finished));
    const share = order.filter((name) => name === "a").length / order.length;
    assert.ok(share > 0.3 && share < 0.7, `one had ${share}`);
  });

  /** Runs a pipeline beside one that always has something to do, until the first has done `size` pieces of work. */
  async function beside(size: number, write: (job: Pipeline, work: () => void) => void): Promise<void> {
    const { env, counts } = watched(frozenEnv({ turnMs: TURN_MS }).env);
    const job = pipeline("beside");
    const seen = { done: 0, whileAtWork: 0 };
    write(job, () => {
      counts.calls++;
      seen.done++;
    });
    job
      .source("endless", endless())
      .filter((n) => {
        if (n % 1024 === 0 && seen.done > 0 && seen.done < size) seen.whileAtWork++;
        return false;
      })
      .sink("none", ledgerSink<number>().sink);
    const handle = run(job, { backend: memory(), env, host, checkpoint: { interval: "1h" } });
    await until(env, () => seen.done >= size, "all of it is done");
    handle.stop();
    await handle.finished;
    assert.equal(seen.done, size);
    assert.ok(counts.most <= STEPS_PER_TURN * SLICE_RECORDS, `${counts.most} calls of user code between two turns`);
    assert.ok(
      seen.whileAtWork >= Math.floor(size / SLICE_RECORDS / 2),
      `the other had ${seen.whileAtWork} shares meanwhile`,
    );
  }

  test(`run: a huge iterable of a flatMap starves nobody, host ${String(host)}`, async () => {
    await beside(400_000, (job, work) =>
      job
        .source("one", pacedSource([[400_000]]))
        .flatMap(function* (size) {
          for (let index = 0; index < size; index++) {
            work();
            yield index;
          }
        })
        .filter((n) => n % 100_000 === 0)
        .sink("many", ledgerSink<number>().sink),
    );
  });

  test(`run: timers that are all due at once starve nobody, host ${String(host)}`, async () => {
    const size = host === "local" ? DUE.local : DUE.bytes;
    await beside(size, (job, work) =>
      job
        .source("keys", pacedSource([Array.from({ length: size }, (_, index) => index)], { perPoll: 1024 }), {
          eventTime: (n) => n / size,
        })
        .keyBy((n) => n)
        .process<number>("timers", { onRecord: (_n, context) => context.setEventTimer(500), onTimer: work })
        .sink("fired", ledgerSink<number>().sink),
    );
  });

  test(`run: processing timers that are all due at once starve nobody, host ${String(host)}`, async () => {
    const size = host === "local" ? DUE.local : DUE.bytes;
    await beside(size, (job, work) =>
      job
        .source(
          "keys",
          pacedSource([Array.from({ length: size }, (_, index) => index)], { perPoll: 1024, bounded: false }),
        )
        .keyBy((n) => n)
        .process<number>("timers", { onRecord: (_n, context) => context.setProcessingTimer(60), onTimer: work })
        .sink("fired", ledgerSink<number>().sink),
    );
  });

  test(`run: many windows that are all due at once starve nobody, host ${String(host)}`, async () => {
    const size = host === "local" ? DUE.local : DUE.bytes;
    await beside(size, (job, work) =>
      job
        .source("times", pacedSource([Array.from({ length: size }, (_, index) => index)], { perPoll: 1024 }), {
          eventTime: (n) => n * 10,
          outOfOrder: "1d",
        })
        .keyBy(() => "all")
        .window("windows", tumbling("10ms"))
        .aggregate({ create: () => 0, add: (count) => count + 1, result: work })
        .filter(() => false)
        .sink("fired", ledgerSink<unknown>().sink),
    );
  });

  test(`run: one window of many keys starves nobody, host ${String(host)}`, async () => {
    const size = host === "local" ? DUE.local : DUE.bytes;
    await beside(size, (job, work) =>
      job
        .source("keys", pacedSource([Array.from({ length: size }, (_, index) => index)], { perPoll: 1024 }), {
          eventTime: () => 5,
        })
        .keyBy((n) => n)
        .window("windows", tumbling("10ms"))
        .aggregate({ create: () => 0, add: (count) => count + 1, result: work })
        .filter(() => false)
        .sink("fired", ledgerSink<unknown>().sink),
    );
  });

  test(`run: a source that has something as soon as it is asked starves no timer, host ${String(host)}`, async () => {
    const { env, counts } = watched(frozenEnv().env);
    const size = 20_000;
    // One record a poll, and then nothing for the length of a microtask.
    const source: Source<number, SourceSplit & { readonly next: number }, number, true> = {
      ...endless(),
      bounded: true,
      createReader: () => {
        let next = -1;
        let resting = false;
        return {
          addSplits: ([split]) => {
            next = split?.next ?? -1;
          },
          poll: () => {
            resting = !resting;
            if (next < 0 || resting) return "nothing";
            counts.calls++;
            if (next < size) return { splitId: "only", values: [next++] };
            return "nothing";
          },
          available: () => (next < size ? Promise.resolve() : new Promise(() => undefined)),
          snapshot: () => (next < 0 ? [] : [{ id: "only", next }]),
          close: async () => undefined,
        };
      },
    };
    const job = pipeline("eager");
    job
      .source("eager", source)
      .filter((n) => n % 1_000 === 0)
      .sink("out", ledgerSink<number>().sink);
    const handle = run(job, {
      backend: memory(),
      env,
      host,
      checkpoint: { interval: "5ms" },
      until: { records: size },
    });
    await handle.finished;
    assert.ok(counts.most <= 1_000, `${counts.most} records between two turns`);
    assert.ok(handle.metrics().checkpoints.completed > 3, "checkpoints were taken meanwhile");
  });
}
