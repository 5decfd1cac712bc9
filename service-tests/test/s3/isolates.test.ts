/**
 * The job in workerd: each invocation restores it from the store, reads on, and is either waited for or hung up on at some
 * moment, after which nothing that was pending is delivered any more. 100 of them, or as many as INVOCATIONS says.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { RunUntil } from "@tidemark/core";
import { type Invocation, ROWS_PREFIX, STATE_PREFIX } from "../../src/isolates/invocation.ts";
import { invoke } from "../../src/isolates/invoke.ts";
import { type Isolates, serveIsolates } from "../../src/isolates/serve.ts";
import { drawn } from "../../src/proxy/faults.ts";
import { type Bucket, createBucket } from "../../src/s3/bucket.ts";
import { s3Place } from "../../src/s3/place.ts";
import { verdictOf } from "../../src/soak/oracle.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const INVOCATIONS = Number(process.env["INVOCATIONS"] ?? 100);
/** Two of three are cut off. */
const CUT_SHARE = 2 / 3;
/** They are cut off up to so many times later than the last that was waited for took: at the start, in the midst, and in commits. */
const CUT_LATEST = 1.2;
const FIRST_TOOK_MS = 250;
const RECORDS_MAX = 1_500;
const DEADLINE_MS_MAX = 120;
const LAST_STRETCH = 2_000;

let bucket: Bucket;
let isolates: Isolates;
before(async () => {
  bucket = await createBucket(s3Place());
  isolates = await serveIsolates(process.env["TEST_WORKERD"] ?? "workerd");
});
after(async () => {
  await isolates.stop();
  await bucket.remove();
});

const draw = (what: string): number => drawn(`${SEED} ${what}`);

function untilOf(at: number): RunUntil {
  if (draw(`until ${at}`) < 0.5) return { records: Math.ceil(draw(`records ${at}`) * RECORDS_MAX) };
  return { deadlineMs: Math.ceil(draw(`deadline ${at}`) * DEADLINE_MS_MAX) };
}

const ask = (invocation: Pick<Invocation, "until" | "end">, hangUpAfterMs?: number) =>
  invoke(isolates.endpoint, { place: bucket.place, bucket: bucket.name, ...invocation }, hangUpAfterMs);

async function* committed(): AsyncGenerator<string> {
  for (const key of await bucket.keys(`${ROWS_PREFIX}/`)) {
    const { text } = await bucket.ask({ method: "GET", key });
    yield* text.split("\n");
  }
}

/** What tells whether an invocation has done anything that lasts, whether it was heard of or not. */
async function headOf(): Promise<string> {
  const { headers } = await bucket.ask({ method: "HEAD", key: `${STATE_PREFIX}/head` });
  return headers.get("etag") ?? "none";
}

test(`workerd: ${INVOCATIONS} invocations, two of three cut off, leave every row once, seed ${SEED}`, async (context) => {
  const startedAt = performance.now();
  let [cut, lasting, restored, records] = [0, 0, 0, 0];
  let tookMs = FIRST_TOOK_MS;
  let head = await headOf();
  for (let at = 0; at < INVOCATIONS; at++) {
    const isCut = draw(`cut ${at}`) < CUT_SHARE;
    const beganAt = performance.now();
    const answer = await ask(
      { until: untilOf(at), end: undefined },
      isCut ? Math.ceil(draw(`after ${at}`) * CUT_LATEST * tookMs) : undefined,
    );
    assert.equal(answer?.error, undefined, answer?.error);
    if (!isCut) tookMs = performance.now() - beganAt;
    const before = head;
    head = await headOf();
    if (answer === undefined) cut++;
    if (answer === undefined && head !== before) lasting++;
    if (answer?.restoredFrom !== undefined) restored++;
    records += answer?.records ?? 0;
  }
  // The first of these says where the dead have come to; the last reads on from there to an end.
  const where = await ask({ until: { records: 1 }, end: undefined });
  assert.equal(where?.error, undefined, where?.error);
  const end = (where?.reached ?? 0) + LAST_STRETCH;
  const last = await ask({ until: "end", end });
  assert.deepEqual([last?.outcome, last?.error], ["finished", undefined]);
  const { rows, ...verdict } = await verdictOf(committed(), end);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  context.diagnostic(
    `${cut} cut off, of which ${lasting} had set the head, ${restored} restored and waited for, ${end} records, ${rows} rows, ${seconds} s`,
  );
  assert.deepEqual(verdict, { lost: 0, doubled: 0, wrong: 0, examples: [] });
  assert.ok(cut >= INVOCATIONS / 3, `${cut} were cut off`);
  assert.ok(lasting >= INVOCATIONS / 6, `${lasting} of these had set the head`);
  assert.ok(restored >= INVOCATIONS / 6, `${restored} were restored`);
  assert.ok(records > 0 && rows > 0);
});
