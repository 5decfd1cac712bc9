import assert from "node:assert/strict";
import { test } from "node:test";
import { isTidemarkError, type JobHandle, run, standardEnv } from "@tidemark/core";
import { backendOn } from "./fixtures.ts";
import { countJob, expectedLines, type Ledger, linesOf } from "./number-job.ts";
import { type S3Server, type SeenRequest, startS3 } from "./s3-server.ts";

const UNTIL = 3_000;

interface Life {
  readonly handle: JobHandle;
  /** Resolves with the requests made by then, when this many checkpoints are complete. */
  readonly completed: (count: number) => Promise<number>;
  /** Resolves with the next checkpoint, if fewer than this many are complete. */
  readonly unless: (count: number) => Promise<void> | undefined;
}

interface LifeOptions {
  readonly ledger: Ledger;
  readonly until?: number;
  readonly hold?: (position: number) => Promise<void> | undefined;
}

/** Runs the job as a new process would: nothing but the server and the ledger is left of the one before. */
function start(server: S3Server, { ledger, until = UNTIL, hold = () => undefined }: LifeOptions): Life {
  const marks: number[] = [];
  let waiting: (() => void)[] = [];
  const next = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const handle = run(countJob(until, ledger, hold), {
    backend: backendOn(server),
    checkpoint: { interval: "1ms" },
    restart: "none",
    env: standardEnv({ log: () => undefined }),
    trace: (event) => {
      if (event.kind !== "checkpoint-completed") return;
      marks.push(server.requests.length);
      for (const wake of waiting) wake();
      waiting = [];
    },
  });
  handle.finished.catch(() => undefined);
  const completed = async (count: number): Promise<number> => {
    const ended = handle.finished.then(() => {
      throw new Error(`the job ended after ${marks.length} checkpoints`);
    });
    while (marks.length < count) {
      await Promise.race([ended, next()]);
    }
    ended.catch(() => undefined);
    return marks[count - 1] as number;
  };
  return { handle, completed, unless: (count) => (marks.length < count ? next() : undefined) };
}

const code = (job: JobHandle): Promise<unknown> =>
  job.finished.then(
    () => "finished",
    (error: unknown) => (error as { readonly code?: unknown }).code,
  );

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

test("run: a job that is cancelled again and again goes on from the store, with the exact output", async () => {
  const server = await startS3();
  const ledger: Ledger = { rows: [], ids: new Set() };
  for (const stop of [1_000, 2_000]) {
    const held = gate();
    const life = start(server, { ledger, hold: (position) => (position >= stop ? held.opened : undefined) });
    await life.completed(3);
    life.handle.cancel();
    await code(life.handle);
  }
  assert.ok(ledger.rows.length < UNTIL);
  await start(server, { ledger }).handle.finished;
  assert.deepEqual(linesOf(ledger), expectedLines(UNTIL));
  // One checkpoint is retained: its segments, its manifest, the head and the probe are all that is left.
  const manifests = [...server.objects.keys()].filter((key) => key.startsWith("job/manifests/"));
  assert.equal(manifests.length, 1);
  await server.close();
});

test("run: requests that fail in every way lose nothing and double nothing", async () => {
  const server = await startS3();
  const ledger: Ledger = { rows: [], ids: new Set() };
  const faults = [
    "unanswered",
    "throttle",
    undefined,
    "cut",
    undefined,
    "conflict",
    "late",
    undefined,
    "error",
  ] as const;
  let requests = 0;
  server.fault = ({ verb }) => {
    requests++;
    if (requests % 5 === 0) server.settle();
    const fault = requests % 2 === 0 ? faults[(requests / 2) % faults.length] : undefined;
    // A conflict is an answer to conditional writes alone.
    return fault === "conflict" && verb !== "put" ? undefined : fault;
  };
  const held = gate();
  const first = start(server, { ledger, until: 600, hold: (at) => (at >= 300 ? held.opened : undefined) });
  await first.completed(3);
  first.handle.cancel();
  await code(first.handle);
  await start(server, { ledger, until: 600 }).handle.finished;
  assert.deepEqual(linesOf(ledger), expectedLines(600));
  await server.close();
});

test("run: of two processes on one job the older one is fenced, and the output is exact", async () => {
  const server = await startS3();
  const ledger: Ledger = { rows: [], ids: new Set() };
  const taken = gate();
  const older = start(server, { ledger, hold: (position) => (position >= 1_000 ? taken.opened : undefined) });
  await older.completed(2);
  const newer = start(server, { ledger });
  await newer.completed(1);
  taken.open();
  assert.equal(await code(older.handle), "CHECKPOINT_FENCED");
  await newer.handle.finished;
  assert.deepEqual(linesOf(ledger), expectedLines(UNTIL));
  await server.close();
});

test("run: a checkpoint costs one put for each store with changes, two more puts, one get and two deletes", async () => {
  const server = await startS3();
  const ledger: Ledger = { rows: [], ids: new Set() };
  // Never more than 200 records ahead of the checkpoints, so that there are enough of these.
  const life: Life = start(server, { ledger, hold: (position) => life.unless(Math.floor(position / 200)) });
  const from = await life.completed(3);
  const spent = server.requests.slice(from, await life.completed(13));
  const count = (verb: SeenRequest["verb"], prefix: string): number =>
    spent.filter((request) => request.verb === verb && request.key.startsWith(prefix)).length;
  assert.equal(count("list", ""), 0);
  assert.equal(count("put", "job/head"), 10);
  assert.equal(count("put", "job/manifests/"), 10);
  assert.ok(count("put", "job/segments/") <= 10);
  assert.equal(count("get", "job/head"), 10);
  // Every eighth layer is folded with the others into one, which are read back for it.
  assert.ok(count("get", "job/segments/") <= 2 * 8, String(count("get", "job/segments/")));
  assert.ok(count("delete", "") <= 20);
  await life.handle.finished;
  assert.deepEqual(linesOf(ledger), expectedLines(UNTIL));
  await server.close();
});

test("run: a bucket that is not there ends the job at once, and is asked for once", async (context) => {
  const server = await startS3();
  context.after(() => server.close());
  const { finished } = run(
    countJob(UNTIL, { rows: [], ids: new Set() }, () => undefined),
    {
      backend: backendOn(server, { bucket: "other" }),
      restart: { attempts: 3, delay: "1ms" },
      env: standardEnv({ log: () => undefined }),
    },
  );
  await assert.rejects(finished, (error: unknown) => {
    assert.ok(isTidemarkError(error));
    assert.equal(error.code, "OPTION_INVALID");
    assert.match(error.message, /NoSuchBucket, 404\)\. Create the bucket, or correct its name/);
    return true;
  });
  assert.equal(server.requests.length, 1);
});
