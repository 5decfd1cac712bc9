/** The two processes of `docs/warm-standby.md`, as the page has them, against a real S3 server. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

import { type Bucket, createBucket } from "../../src/s3/bucket.ts";
import { s3Place } from "../../src/s3/place.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const RECORDS = 3_000;

/** A page's program in a folder of its own. What it says of bucket and time is replaced, nothing else. */
async function programOf(context: TestContext, bucket: Bucket): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidemark-standby-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const page = await readFile(join(ROOT, "docs/warm-standby.md"), "utf8");
  for (const name of ["job.ts", "standby.ts"]) {
    const [, text] = new RegExp(`\`${name}\`:\n\n\`\`\`ts\n([^]*?)\`\`\`\n`).exec(page) ?? [];
    assert.ok(text !== undefined, `the page has no ${name}`);
    const changed = text.replace('"checkpoints"', JSON.stringify(bucket.name)).replace('every: "5s"', 'every: "500ms"');
    await writeFile(join(folder, name), changed);
  }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

interface Program {
  readonly child: ChildProcess;
  /** Resolves with the exit code, and what it wrote to stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>;
}

function start(context: TestContext, folder: string, bucket: Bucket, mode: string): Program {
  const { endpoint, accessKeyId, secretAccessKey } = bucket.place;
  const env = { S3_ENDPOINT: endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  const child = spawn(process.execPath, ["standby.ts", mode, "rows"], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  context.after(() => void child.kill("SIGKILL"));
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, said }));
  return { child, ended };
}

/** Resolves when the job has taken so many checkpoints more. */
async function checkpoints(bucket: Bucket, count: number): Promise<void> {
  const seen = new Set<string>();
  while (seen.size <= count) {
    const { status, headers } = await bucket.ask({ method: "HEAD", key: "jobs/counts/head" });
    if (status === 200) seen.add(headers.get("etag") ?? "");
  }
}

/** What is committed. One that was overtaken leaves files that it had staged, in a folder beside. */
async function rowsIn(directory: string): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const name of (await readdir(directory)).filter((each) => each.endsWith(".ndjson"))) {
    const text = await readFile(join(directory, name), "utf8");
    rows.push(...text.split("\n").filter((line) => line !== ""));
  }
  return rows.toSorted();
}

/** What a plain loop makes of it. */
function expectedRows(): readonly string[] {
  const counted = new Map<string, number>();
  return Array.from({ length: RECORDS }, (_, id) => {
    const page = `/${id % 7}`;
    const visits = (counted.get(page) ?? 0) + 1;
    counted.set(page, visits);
    return JSON.stringify({ page, visits });
  }).toSorted();
}

for (const [what, signal] of [
  ["is killed", "SIGKILL"],
  ["is held up, and goes on when it was overtaken", "SIGSTOP"],
] as const) {
  test(`docs/warm-standby.md: the first process ${what}; the second takes over, and the rows are exact`, async (context) => {
    const bucket = await createBucket(s3Place());
    context.after(() => bucket.remove());
    const folder = await programOf(context, bucket);
    const first = start(context, folder, bucket, "run");
    await checkpoints(bucket, 2);
    const second = start(context, folder, bucket, "watch");
    await checkpoints(bucket, 1);
    first.child.kill(signal);
    const { code, said } = await second.ended;
    assert.equal(code, 0, said);
    first.child.kill("SIGCONT");
    const ended = await first.ended;
    if (signal === "SIGSTOP") assert.match(ended.said, /CHECKPOINT_FENCED/);
    assert.deepEqual(await rowsIn(join(folder, "rows")), expectedRows());
  });
}
