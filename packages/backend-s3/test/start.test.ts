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

/** Goes on with a job whose state is larger than its memory, and in small blocks, for so many records. */
async function start(client: ObjectClient, records: number, out: ReturnType<typeof toArray<number>>): Promise<Start> {
  const { env } = frozenEnv({ turnMs: 0.001 });
  const { client: counted, counts } = countingObjectClient(slow(client, env));
  let first: Start | undefined;
  const job = pipeline("updates");
  job
    .source("keys", fromIterable<number>(scattered))
    .keyBy((key) => key)
    .process("keep", {
      state: { text: valueState("") },
      emits: emits<number>(),
      onRecord(key, { state, emit }) {
        emit(state.text.get().length);
        first ??= { rounds: Math.floor(env.now() / ANSWER_MS), gets: counts.gets };
        state.text.update(`${key} `.repeat(60));
      },
    })
    .sink("out", out.sink);
  const tuning = { blockBytes: 2_048, segmentBytes: 128 * 1024, inlineBytes: 0, cacheBytes: 256 * 1024 };
  const options = { bucket: "bucket", prefix: "job", client: counted, isUnchecked: false, timeoutMs: 30_000, tuning };
  await run(job, {
    backend: new S3Backend(options),
    env,
    parallelism: 1,
    until: { records },
    state: { limitBytes: 64 * 1024 },
    checkpoint: { interval: "none" },
  }).finished;
  assert.ok(first !== undefined, "no record came");
  return first;
}

/** Keys without end, in no order, of which few come again soon. */
function* scattered(from: number): Generator<number, void, undefined> {
  for (let number = from; ; number++) yield Math.imul(number, 2_654_435_761) >>> 20;
}

test("s3: a start without timers reads no more of each layer than its index and what it is asked for", async (context) => {
  const { client } = mapStore();
  const out = toArray<number>();
  const starts: Start[] = [];
  for (const records of RUNS) starts.push(await start(client, records, out));
  context.diagnostic(starts.map(({ rounds, gets }) => `${gets} requests in ${rounds} rounds`).join(", "));
  const { rounds, gets } = starts.at(-1) as Start;
  // Fifteen segments in nine layers. When nothing told of which states they have entries these were 560 in 116.
  assert.ok(gets <= 27, `${gets} requests`);
  assert.ok(rounds <= 18, `${rounds} rounds`);
});
