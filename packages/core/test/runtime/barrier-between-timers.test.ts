/** A barrier need not wait for all timers of a watermark, and what is restored goes on where it was. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  emits,
  type KeyedStream,
  pipeline,
  run,
  type RunOptions,
  type Stream,
  unaligned,
  valueState,
} from "@tidemark/core";
import { count } from "@tidemark/core/aggregates";
import { statePaging } from "@tidemark/core/state";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { session, sliding, tumbling } from "@tidemark/core/windows";

import { ledgerSink, type LedgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";
import { until } from "./settle.ts";

const HOSTS = ["local", bytesHost] as const;
const KEYS = 120;

interface Event {
  readonly key: number;
  readonly at: number;
}

/** Each key once, with the last of them a watermark that is past all they lead to; and then each key once more. */
const FIRST: readonly Event[] = [
  ...Array.from({ length: KEYS }, (_, key) => ({ key, at: key % 7 })),
  { key: KEYS, at: 5_000 },
];
const SECOND: readonly Event[] = Array.from({ length: KEYS }, (_, key) => ({ key, at: 6_000 + (key % 7) }));

/** How far a life has come. */
interface Life {
  /** Timers or windows of the watermark that have fired. */
  fired: number;
  /** Whether the second records do not come. */
  readonly isHeld: boolean;
}

type Options = Omit<RunOptions, "backend">;
type Events = KeyedStream<number, Event, "exactly-once">;
type Rows = Stream<string, "exactly-once">;

/** Says of each record whether the timer of the one before it has fired. */
function timed(
  events: Events,
  name: string,
  after: number,
  life: Life,
): Stream<Event & { said: string }, "exactly-once"> {
  return events.process(name, {
    state: { fired: valueState("not yet") },
    onRecord({ key, at }, { state, emit, setEventTimer }) {
      emit({ key, at, said: `${name} ${key} at ${at}: ${state.fired.get()}` });
      setEventTimer(at < 5_000 ? after : 9_000);
    },
    onTimer(time, { key, state, emit }) {
      if (time === after) life.fired++;
      state.fired.update(`fired at ${time}`);
      emit({ key, at: time, said: `${name} ${key} fires at ${time}` });
    },
  });
}

const counted =
  (life: Life) =>
  ({ key, window, value }: { key: number; window: { start: number; end: number }; value: number }): string => {
    if (window.start < 5_000) life.fired++;
    return `${key} from ${window.start} to ${window.end}: ${value}`;
  };

const SHAPES: Readonly<Record<string, (events: Events, life: Life) => Rows>> = {
  "one process": (events, life) => timed(events, "one", 1_000, life).map(({ said }) => said),
  "two processes": (events, life) => {
    const first = timed(events, "first", 1_000, life).keyBy(({ key }) => key);
    return timed(first, "second", 2_000, life).map(({ said }) => said);
  },
  tumbling: (events, life) => events.window("counts", tumbling("100ms")).aggregate(count()).map(counted(life)),
  sliding: (events, life) => events.window("counts", sliding("100ms", "50ms")).aggregate(count()).map(counted(life)),
  session: (events, life) => events.window("counts", session("100ms")).aggregate(count()).map(counted(life)),
};

/** Twice as many where each key has two timers, or lies in two windows. */
function totalOf(shape: string): number {
  return shape === "two processes" || shape === "sliding" ? 2 * KEYS : KEYS;
}

function building(shape: string, { sink }: LedgerSink<string>, life: Life) {
  const job = pipeline("due-at-once");
  const source = pacedSource([[...FIRST, ...SECOND]], {
    perPoll: FIRST.length,
    ...(life.isHeld ? { hold: (_, at) => (at < FIRST.length ? undefined : new Promise(() => undefined)) } : {}),
  });
  const events = job.source("events", source, { eventTime: ({ at }: Event) => at }).keyBy(({ key }) => key);
  (SHAPES[shape] as (events: Events, life: Life) => Rows)(events, life).sink("out", sink);
  return job;
}

/** What a run without a failure gives. */
async function expectedOf(shape: string): Promise<readonly string[]> {
  const ledger = ledgerSink<string>();
  await run(building(shape, ledger, { fired: 0, isHeld: false }), { backend: memory() }).finished;
  return ledger.rows.toSorted();
}

/** Takes a checkpoint amid the timers, dies, and goes on. @returns all rows, and how many had fired at the barrier. */
async function interrupted(shape: string, isHeld: boolean, options: Options, again: Options) {
  const { env: frozen } = frozenEnv();
  // One timer at a time, so that a barrier may come behind any of them.
  const env = { ...frozen, shareRecords: 1 };
  const [backend, ledger] = [memory(), ledgerSink<string>()];
  const life: Life = { fired: 0, isHeld };
  const firedAt: number[] = [];
  const handle = run(building(shape, ledger, life), {
    backend,
    env,
    trace: (event) => {
      if (event.kind === "snapshot-frozen") firedAt.push(life.fired);
    },
    ...options,
  });
  await until(env, () => life.fired >= 20, "some timers");
  await handle.checkpoint();
  handle.cancel();
  await assert.rejects(handle.finished, { code: "ABORTED" });
  await run(building(shape, ledger, { fired: 0, isHeld: false }), {
    backend,
    env,
    restart: "none",
    ...options,
    ...again,
  }).finished;
  return { rows: ledger.rows.toSorted(), fired: Math.max(...firedAt) };
}

describe("a barrier that comes while timers are due (TMR-05)", () => {
  for (const shape of Object.keys(SHAPES)) {
    for (const host of HOSTS) {
      it(`passes between two of them, and each fires once, before the next record: ${shape}, host ${String(host)}`, async () => {
        const expected = await expectedOf(shape);
        for (const [fuse, parallelism, mode, again, limitBytes = Infinity] of [
          [true, 1, "aligned", 1],
          [false, 1, "aligned", 1],
          [false, 2, "aligned", 2],
          [false, 2, "aligned", 3],
          [false, 1, unaligned, 1],
          [true, 1, "aligned", 1, 10_000],
          [false, 2, "aligned", 3, 10_000],
        ] as const) {
          // Of two subtasks one may go on while the other one fires: then a step behind both of them waits for no timer.
          if (shape === "two processes" && parallelism > 1) continue;
          const what = `${typeof mode === "string" ? mode : "unaligned"}, ${parallelism} and then ${again} subtasks, ${limitBytes} bytes`;
          // Below what a user may say, with entries that leave though there is room.
          const state = limitBytes < Infinity ? { state: { limitBytes, evict: () => true, paging: statePaging } } : {};
          const options: Options = { host, fuse, parallelism, checkpoint: { interval: "1h", mode }, ...state };
          const found = await interrupted(shape, mode === "aligned", options, { parallelism: again });
          assert.deepEqual(found.rows, expected, what);
          assert.ok(found.fired >= 20 && found.fired < totalOf(shape), `${what}: ${found.fired} had fired`);
        }
      });
    }
  }
});

/** Counts what is written while the writer has still to make room. */
function guarded(sink: LedgerSink<string>["sink"], breaches: { count: number }): LedgerSink<string>["sink"] {
  return {
    ...sink,
    createWriter: (context) => {
      const writer = sink.createWriter(context);
      let isDraining = false;
      return {
        get full() {
          return writer.full;
        },
        write: (values, timestamps) => {
          if (isDraining) breaches.count++;
          writer.write(values, timestamps);
        },
        drained: async () => {
          isDraining = true;
          await writer.drained();
          isDraining = false;
        },
        prepareCommit: (checkpointId) => writer.prepareCommit(checkpointId),
        close: () => writer.close(),
      };
    },
  };
}

describe("a barrier that waits while a sink makes room", () => {
  for (const host of HOSTS) {
    it(`brings it no rows that an operator before it has left: host ${String(host)}`, async () => {
      const { env: frozen } = frozenEnv();
      const env = { ...frozen, shareRecords: 1 };
      const breaches = { count: 0 };
      const life: Life = { fired: 0, isHeld: false };
      const drain = async (): Promise<void> => {
        for (let turn = 0; turn < 5; turn++) await env.turn();
      };
      const ledger = ledgerSink<string>({ fullAt: 1, drain });
      const job = pipeline("due-at-once");
      const events = job.source("events", pacedSource([FIRST]), { eventTime: ({ at }: Event) => at });
      const parts = timed(
        events.keyBy(({ key }) => key),
        "one",
        1_000,
        life,
      ).flatMap(({ key, said }) => [1, 2, 3, 4, 5].map((part) => ({ key, said: `${said}, part ${part}` })));
      // It has a share of one record, and keeps the others until the sink has room.
      parts
        .keyBy(({ key }) => key)
        .process("again", { emits: emits<string>(), onRecord: ({ said }, { emit }) => emit(said) })
        .sink("out", guarded(ledger.sink, breaches));
      await run(job, { backend: memory(), env, host, checkpoint: { interval: "1ms" } }).finished;
      assert.equal(ledger.rows.length, new Set(ledger.rows).size);
      assert.ok(life.fired >= KEYS);
      assert.equal(breaches.count, 0);
    });
  }
});
