/** What a start looks for before its first record, counted: how often the database is asked for rows by range, and how many it gives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
// @boundaries-ignore a test of both packages together, and connectors do not need this one
import { fromIterable, toArray } from "@tidemark/connectors/iterable";
import { emits, pipeline, run, valueState } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { CountingLevel } from "./counting-level.ts";

/** A time that no run comes to. */
const FAR_AHEAD = 1_000_000_000;

/** What a start asks the database for before its first record. */
interface Asked {
  readonly iterators: number;
  readonly rows: number;
}

/** How each key is given a timer. */
type Timers = "none" | "event" | "both";

/** The same job again and again, over one database, with state that is larger than memory. */
class Job {
  readonly #database = new CountingLevel();
  readonly #out = toArray<number>();

  /** Goes on for so many records. */
  async start(records: number, timers: Timers): Promise<Asked> {
    const { env } = frozenEnv({ turnMs: 0.001 });
    const database = this.#database;
    const before = { iterators: database.iterators, rows: database.rows };
    let first: Asked | undefined;
    const job = pipeline("updates");
    job
      .source("keys", fromIterable<number>(scattered), { eventTime: (key: number) => key })
      .keyBy((key) => key)
      .process("keep", {
        state: { text: valueState("") },
        emits: emits<number>(),
        onRecord(key, context) {
          context.emit(context.state.text.get().length);
          first ??= { iterators: database.iterators - before.iterators, rows: database.rows - before.rows };
          context.state.text.update(`${key} `.repeat(60));
          if (timers !== "none") context.setEventTimer(FAR_AHEAD + key);
          if (timers === "both") context.setProcessingTimer(FAR_AHEAD + key);
        },
        onTimer: () => undefined,
      })
      .sink("out", this.#out.sink);
    await run(job, {
      backend: leveldb("starts", { database: () => this.#database }),
      env,
      parallelism: 1,
      until: { records },
      state: { limitBytes: 64 * 1024 },
      checkpoint: { interval: "none" },
    }).finished;
    assert.ok(first !== undefined, "no record came");
    return first;
  }
}

/** Keys without end, in no order. */
function* scattered(from: number): Generator<number, void, undefined> {
  for (let number = from; ; number++) yield Math.imul(number, 2_654_435_761) >>> 20;
}

for (const [timers, most] of [
  ["none", 10],
  ["event", 136],
] as const) {
  test(`leveldb: a start does not look for timers of a clock of which there are none (${timers} set)`, async (context) => {
    const job = new Job();
    await job.start(2_000, timers);
    const { iterators } = await job.start(10, timers);
    context.diagnostic(`${iterators} iterators`);
    // There are 128 key groups. It was each of them for each clock.
    assert.ok(iterators <= most, `${iterators} iterators`);
  });
}

test("leveldb: a start looks for the timers of both clocks where both were set", async (context) => {
  const job = new Job();
  await job.start(2_000, "both");
  const { iterators } = await job.start(10, "none");
  context.diagnostic(`${iterators} iterators`);
  assert.ok(iterators > 256, `${iterators} iterators`);
});

test("leveldb: a start reads no more timers of each key group than it takes", async (context) => {
  const job = new Job();
  await job.start(8_000, "event");
  const { rows } = await job.start(10, "event");
  context.diagnostic(`${rows} rows`);
  assert.ok(rows <= 1_300, `${rows} rows`);
});
