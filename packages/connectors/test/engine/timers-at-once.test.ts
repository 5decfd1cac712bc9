// runtimes: node24
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import { fromIterable, toArray } from "@tidemark/connectors/iterable";
import { emits, pipeline, run } from "@tidemark/core";

const TIMERS = 30_000;

/** Under this limit 16,384 timers may wait in memory: the others are in LevelDB when they are due, and come back by thousands. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** Three slices of work. The event loop has a turn after two, which may be a timer longer than a slice. */
const FIRED_MAX: number = 3 * 4_096;

test("many timers at one instant fire slice by slice, also those that come back from the disk (TMR-02)", async () => {
  const directory = await mkdtemp(join(tmpdir(), "timers-at-once-"));
  const fired = { sinceTurn: 0, most: 0 };
  const out = toArray<string>();
  let isOver = false;
  const turn = (): void => {
    fired.most = Math.max(fired.most, fired.sinceTurn);
    fired.sinceTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  const job = pipeline("timers-at-once");
  const numbers = fromIterable<number>(function* (from: number) {
    for (let number = from; number < TIMERS; number++) yield number;
  });
  job
    .source("numbers", numbers, { eventTime: (number: number) => number })
    .keyBy((number) => `key-${number}`)
    .process("alarms", {
      emits: emits<string>(),
      onRecord(_number, context) {
        context.setEventTimer(TIMERS);
      },
      onTimer(_time, context) {
        fired.sinceTurn++;
        context.emit(context.key);
      },
    })
    .sink("out", out.sink);
  turn();
  try {
    await run(job, {
      backend: leveldb(directory),
      until: "end",
      state: { limitBytes: LIMIT_BYTES },
      checkpoint: { interval: "1s" },
    }).finished;
  } finally {
    isOver = true;
    await rm(directory, { recursive: true });
  }
  assert.deepEqual([out.values.length, new Set(out.values).size], [TIMERS, TIMERS]);
  assert.ok(fired.most <= FIRED_MAX, `${fired.most} fired between two turns of the event loop`);
});
