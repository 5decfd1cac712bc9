/** A job with its state in LevelDB and its rows in a directory, stopped by force and disturbed. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { leveldb } from "@tidemark/backend-leveldb";
import type { JobHandle, TraceEvent } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

import { withDirectory } from "../temp-directory.ts";
import { committedRows, expectedRows, runDurable, stateOf, writeInput } from "./durable-job.ts";

type Kind = TraceEvent["kind"];

/** A start of the job in a process of its own. */
interface Child {
  readonly process: ChildProcess;
  /** Resolves when it has said that step so often, from now on. */
  until(kind: Kind, times: number): Promise<void>;
  kill(): Promise<void>;
}

function startChild(path: string): Child {
  // The sources on most runtimes, compiled files on Node 20.
  const isSource = import.meta.url.endsWith(".ts");
  const script = fileURLToPath(new URL(`./durable-child.${isSource ? "ts" : "js"}`, import.meta.url));
  const conditions = isSource ? ["--conditions=@tidemark/source"] : [];
  const runtimeArguments = "Deno" in globalThis ? ["run", "-A", ...conditions] : conditions;
  const child = spawn(process.execPath, [...runtimeArguments, script, path], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    until: async (kind, times) => {
      for (let seen = 0; seen < times;) {
        const { value, done } = await lines.next();
        assert.notEqual(done, true, `the job ended before its "${kind}" number ${seen + 1}`);
        if (value === kind) seen++;
      }
    },
    kill: async () => {
      child.kill("SIGKILL");
      assert.deepEqual(await exited, [null, "SIGKILL"]);
    },
  };
}

async function assertRefused(handle: JobHandle, code: string, named: string): Promise<void> {
  await assert.rejects(handle.finished, (error: Error & { code: string }) => {
    assert.equal(error.code, code, error.message);
    return error.message.includes(named);
  });
}

async function headOf(path: string, name: string): Promise<unknown> {
  const session = await leveldb(stateOf(path)).open({ name, env: frozenEnv().env });
  const head = await session.head.read();
  await session.close();
  return head;
}

test("run: killed with kill -9 around every step of a checkpoint, each row is in the directory once", async () => {
  await withDirectory(async (path) => {
    await writeInput(path);
    for (const kind of [
      "manifest-written",
      "head-written",
      "committed",
      "checkpoint-completed",
      "snapshot-frozen",
    ] as const) {
      const child = startChild(path);
      await child.until("checkpoint-completed", 2);
      await child.until(kind, 1);
      await child.kill();
    }
    const { outcome, metrics } = await runDurable(path).finished;
    assert.equal(outcome, "finished");
    assert.ok((metrics.restoredFrom ?? 0) > 0);
    assert.ok(metrics.recordsIn < expectedRows().length);
    assert.deepEqual(await committedRows(path), expectedRows());
  });
});

test("run: a second process on the same state is refused with STATE_LOCKED, and the first one goes on", async () => {
  await withDirectory(async (path) => {
    await writeInput(path);
    const child = startChild(path);
    await child.until("checkpoint-completed", 2);
    await assertRefused(runDurable(path), "STATE_LOCKED", stateOf(path));
    await child.until("checkpoint-completed", 2);
    await child.kill();
    await runDurable(path).finished;
    assert.deepEqual(await committedRows(path), expectedRows());
  });
});

test("run: the state of another job is refused with STATE_FOREIGN_JOB, and left as it is", async () => {
  await withDirectory(async (path) => {
    await writeInput(path);
    await runDurable(path, { until: { records: 4_000 } }).finished;
    const [head, rows] = [await headOf(path, "sums"), await committedRows(path)];
    assert.equal(rows.length, 4_000);
    await assertRefused(runDurable(path, { name: "others" }), "STATE_FOREIGN_JOB", '"others": it holds job "sums"');
    assert.deepEqual(await headOf(path, "sums"), head);
    assert.deepEqual(await committedRows(path), rows);
    await runDurable(path).finished;
    assert.deepEqual(await committedRows(path), expectedRows());
  });
});

test("run: a log that was damaged after kill -9 is refused with STATE_CORRUPT, and nothing is written (COR-15)", async () => {
  await withDirectory(async (path) => {
    await writeInput(path);
    const child = startChild(path);
    await child.until("checkpoint-completed", 4);
    await child.kill();
    const rows = await committedRows(path);
    for (const name of (await readdir(stateOf(path))).filter((file) => file.endsWith(".log"))) {
      const log = join(stateOf(path), name);
      const sound = await readFile(log);
      // Without looking, LevelDB would begin with nothing, and so would the job.
      await writeFile(
        log,
        sound.map((byte, at) => (at === 10 ? byte ^ 1 : byte)),
      );
      await assertRefused(runDurable(path), "STATE_CORRUPT", stateOf(path));
      assert.deepEqual(await committedRows(path), rows);
      await writeFile(log, sound);
    }
    await runDurable(path).finished;
    assert.deepEqual(await committedRows(path), expectedRows());
  });
});
