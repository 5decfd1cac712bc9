/** What a start asks for before its first record, counted: requests, and rounds of those that go on beside one another. */
import assert from "node:assert/strict";
import { test } from "node:test";
// @boundaries-ignore a test of both packages together, and connectors do not need this one
import { fromIterable, toArray } from "@tidemark/connectors/iterable";
import { emits, type Env, type ObjectClient, pipeline, run, valueState } from "@tidemark/core";
import { countingObjectClient, frozenEnv } from "@tidemark/core/testing";
import { S3Backend } from "../src/s3-backend.ts";
import { mapStore } from "./map-client.ts";

/** How long each answer takes. Nothing else takes time worth speaking of: so the clock counts rounds. */
const ANSWER_MS = 1_000;

/** Records of each run. They become fewer, so that no run's layer is folded with those before it. */
const RUNS: readonly number[] = [2_400, 900, 400, 180, 80, 36, 16, 7, 3];

/** When timers are due that no run comes to. */
const FAR_AHEAD = 1_000_000;
const FAR_AHEAD_MS: number = 1_000_000 * ANSWER_MS;

/** What a start takes until its first record. */
interface Start {
  readonly rounds: number;
  readonly gets: number;
}

/** A store that answers each request a while after it was made. */
function slow(client: ObjectClient, env: Env): ObjectClient {
  const answered = <T>(answer: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => env.schedule(ANSWER_MS, () => void answer.then(resolve, reject)));
  return {
    get: (key, range, request) => answered(client.get(key, range, request)),
    put: (key, bytes, condition, request) => answered(client.put(key, bytes, condition, request)),
    list: (prefix, after, request) => answered(client.list(prefix, after, request)),
    delete: (keys, request) => answered(client.delete(keys, request)),
  };
}

/** What a job is to keep by key. */
interface Kind {
  /** Whether each key gets a timer of either clock, far ahead. */
  readonly timers: boolean;
  readonly limitBytes: number;
}

const PLAIN: Kind = { timers: false, limitBytes: 64 * 1024 };

/** The same job of some kind, run after run, in blocks so small that there are many. */
class Job {
  readonly #store = mapStore();
  readonly #out = toArray<number>();
  readonly #kind: Kind;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** Goes on for so many records. */
  async start(records: number, kind: Kind = this.#kind): Promise<Start> {
    const { env } = frozenEnv({ turnMs: 0.001 });
    const { client, counts } = countingObjectClient(slow(this.#store.client, env));
    let first: Start | undefined;
    const job = pipeline("updates");
    job
      .source("keys", fromIterable<number>(scattered), { eventTime: (key: number) => key })
      .keyBy((key) => key)
      .process("keep", {
        state: { text: valueState("") },
        emits: emits<number>(),
        onRecord(key, context) {
          context.emit(context.state.text.get().length);
          first ??= { rounds: Math.floor(env.now() / ANSWER_MS), gets: counts.gets };
          context.state.text.update(`${key} `.repeat(60));
          if (kind.timers) {
            context.setEventTimer(FAR_AHEAD + key);
            context.setProcessingTimer(FAR_AHEAD_MS + key);
          }
        },
        onTimer: () => undefined,
      })
      .sink("out", this.#out.sink);
    const tuning = { blockBytes: 2_048, segmentBytes: 128 * 1024, inlineBytes: 0, cacheBytes: 256 * 1024 };
    const options = { bucket: "bucket", prefix: "job", client, isUnchecked: false, timeoutMs: 30_000, tuning };
    await run(job, {
      backend: new S3Backend(options),
      env,
      parallelism: 1,
      until: { records },
      state: { limitBytes: kind.limitBytes },
      checkpoint: { interval: "none" },
    }).finished;
    assert.ok(first !== undefined, "no record came");
    return first;
  }

  /** Makes a chain of several layers. @returns what the last start took. */
  async layers(): Promise<Start> {
    const starts: Start[] = [];
    for (const records of RUNS) starts.push(await this.start(records));
    return starts.at(-1) as Start;
  }
}

/** Keys without end, in no order, of which few come again soon. */
function* scattered(from: number): Generator<number, void, undefined> {
  for (let number = from; ; number++) yield Math.imul(number, 2_654_435_761) >>> 20;
}

test("s3: a start without timers reads no more of each layer than its index and what it is asked for", async (context) => {
  const { rounds, gets } = await new Job(PLAIN).layers();
  context.diagnostic(`${gets} requests in ${rounds} rounds`);
  // Fifteen segments in nine layers. When nothing told of which states they have entries these were 560 in 116.
  assert.ok(gets <= 29, `${gets} requests`);
  assert.ok(rounds <= 17, `${rounds} rounds`);
});

test("s3: a start asks for the timers of many key groups at once", async (context) => {
  const { rounds, gets } = await new Job({ timers: true, limitBytes: 512 * 1024 }).layers();
  context.diagnostic(`${gets} requests in ${rounds} rounds`);
  // With four key groups at once, of one clock after the other, these were 838 in 196.
  assert.ok(gets <= 171, `${gets} requests`);
  assert.ok(rounds <= 40, `${rounds} rounds`);
});

test("s3: a start that takes all of its state into memory reads many key groups at once", async (context) => {
  const job = new Job(PLAIN);
  await job.layers();
  const { rounds, gets } = await job.start(1, { ...PLAIN, limitBytes: 64 * 1024 * 1024 });
  context.diagnostic(`${gets} requests in ${rounds} rounds`);
  // One after the other these were 401 in 389. It is 1.3 MB, in blocks of 2 kB.
  assert.ok(gets <= 440, `${gets} requests`);
  assert.ok(rounds <= 43, `${rounds} rounds`);
});
