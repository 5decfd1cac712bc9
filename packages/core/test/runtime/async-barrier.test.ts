/** Barriers that come behind more records than there is room for to call for: none of them waits for a call. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type Env, pipeline, run, unaligned } from "@tidemark/core";
import { asyncMap } from "@tidemark/core/async";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";

import { ledgerSink, type LedgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { type PacedOptions, pacedSource } from "./paced-source.ts";
import { until } from "./settle.ts";

const HOSTS = ["local", bytesHost] as const;
const CAPACITY = 5;
const NUMBERS: readonly number[] = Array.from({ length: 40 }, (_, index) => index);

/** Where the records come from: straight from the source, from one that multiplies them, or through channels. */
const SHAPES = ["source", "flatMap", "shuffle"] as const;

interface Life {
  readonly made: number[];
  /** Whether calls come to an end. */
  readonly ends: boolean;
}

function building(
  shape: (typeof SHAPES)[number],
  { sink }: LedgerSink<number>,
  life: Life,
  source: PacedOptions<number>,
) {
  const job = pipeline("crowded");
  const numbers = job.source("numbers", pacedSource([NUMBERS], source));
  const call = (n: number): Promise<number> => {
    life.made.push(n);
    return life.ends ? Promise.resolve(n) : new Promise(() => undefined);
  };
  const wait = asyncMap(call, { capacity: CAPACITY, timeout: "24h" });
  const doubled = numbers.flatMap((n) => (shape === "flatMap" ? [n, n + 0.5] : [n]));
  const waited = shape === "shuffle" ? doubled.keyBy(() => "all").pipe("wait", wait) : doubled.pipe("wait", wait);
  waited.sink("out", sink);
  return job;
}

/** A checkpoint that does not wait for anything outside: it comes to an end in turns. */
async function checkpointed(env: Env, handle: { checkpoint(): Promise<unknown> }): Promise<void> {
  let isComplete = false;
  const done = handle.checkpoint().then(() => {
    isComplete = true;
  });
  await until(env, () => isComplete, "a checkpoint, though no call ends");
  await done;
}

describe("asyncMap, when a barrier comes behind what there is no room for (COR-26)", () => {
  for (const shape of SHAPES) {
    for (const mode of ["aligned", unaligned] as const) {
      it(`takes what waits into its state: ${shape}, ${String(mode)}`, async () => {
        for (const host of HOSTS) {
          const { env } = frozenEnv();
          const [backend, ledger] = [memory(), ledgerSink<number>()];
          const source = { perPoll: NUMBERS.length, hold: () => undefined };
          const options = { backend, env, host, fuse: shape !== "shuffle", parallelism: 2 };
          const first: Life = { made: [], ends: false };
          const handle = run(building(shape, ledger, first, source), {
            ...options,
            checkpoint: { interval: "1h", mode },
          });
          await until(env, () => first.made.length === CAPACITY, "as many calls as there is room for");
          await checkpointed(env, handle);
          await checkpointed(env, handle);
          assert.equal(first.made.length, CAPACITY, "what was taken in is not called for");
          handle.cancel();
          await assert.rejects(handle.finished, { code: "ABORTED" });

          const second: Life = { made: [], ends: true };
          await run(building(shape, ledger, second, source), { ...options, restart: "none" }).finished;
          const expected = NUMBERS.flatMap((n) => (shape === "flatMap" ? [n, n + 0.5] : [n]));
          assert.deepEqual(second.made, expected, "all are called for, in their order");
          assert.deepEqual(ledger.rows, expected);
        }
      });
    }
  }

  it("takes checkpoints when its input has ended and calls are under way", async () => {
    for (const host of HOSTS) {
      const { env } = frozenEnv();
      const ledger = ledgerSink<number>();
      const life = { made: [] as number[], ends: false };
      const release: (() => void)[] = [];
      const job = pipeline("at-the-end");
      job
        .source("numbers", pacedSource([[1, 2, 3]]))
        .pipe(
          "wait",
          asyncMap((n) => {
            life.made.push(n);
            return new Promise<number>((resolve) => release.push(() => resolve(n)));
          }),
        )
        .sink("out", ledger.sink);
      const handle = run(job, { backend: memory(), env, host, checkpoint: { interval: "1h" } });
      await until(env, () => life.made.length === 3, "three calls");
      for (let turn = 0; turn < 50; turn++) await env.turn();
      await checkpointed(env, handle);
      for (const end of release) end();
      await handle.finished;
      assert.deepEqual(ledger.rows, [1, 2, 3]);
    }
  });

  it("takes no more than so many: beyond them a barrier waits for room", async () => {
    const { env } = frozenEnv();
    const life: Life = { made: [], ends: false };
    const many = Array.from({ length: 5_000 }, (_, index) => index);
    const job = pipeline("far-too-many");
    let emitted = 0;
    job
      .source("one", pacedSource([["go"]]))
      .flatMap(function* () {
        for (const n of many) {
          emitted++;
          yield n;
        }
      })
      .pipe(
        "wait",
        asyncMap(
          (n) => {
            life.made.push(n);
            return new Promise<number>(() => undefined);
          },
          { capacity: CAPACITY },
        ),
      )
      .sink("out", ledgerSink<number>().sink);
    const handle = run(job, { backend: memory(), env, checkpoint: { interval: "1h" } });
    await until(env, () => life.made.length === CAPACITY, "as many calls as there is room for");
    handle.checkpoint().catch(() => undefined);
    for (let turn = 0; turn < 200; turn++) await env.turn();
    assert.ok(emitted > 4_096 && emitted <= 4_096 + 2 * 1_024, `${emitted} were taken`);
    handle.cancel();
    await assert.rejects(handle.finished, { code: "ABORTED" });
  });
});
