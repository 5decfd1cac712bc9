// runtimes: node24
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Count, expectedLines } from "./number-job.ts";
import { startS3 } from "./s3-server.ts";

interface Process {
  readonly child: ChildProcess;
  /** Resolves with the first line that begins so. */
  readonly said: (start: string) => Promise<string>;
}

function start(args: readonly string[]): Process {
  const script = fileURLToPath(new URL("./standby-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@tidemark/source", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let wake = (): void => undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  const said = async (begin: string): Promise<string> => {
    for (;;) {
      const found = lines.find((line) => line.startsWith(begin));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { child, said };
}

async function rowsIn(directory: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const file of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !file.name.endsWith(".ndjson")) continue;
    const text = await readFile(join(file.parentPath, file.name), "utf8");
    for (const line of text.split("\n").filter((each) => each !== "")) {
      const { key, count } = JSON.parse(line) as Count;
      lines.push(`${key}=${count}`);
    }
  }
  return lines.toSorted();
}

for (const [what, signal] of [
  ["is killed", "SIGKILL"],
  ["is only held up, and goes on when it was overtaken", "SIGSTOP"],
] as const) {
  test(`warm standby: the first process ${what}; the second takes over, and the output is exact`, async (context) => {
    const server = await startS3();
    const directory = await mkdtemp(join(tmpdir(), "tidemark-standby-"));
    const children: ChildProcess[] = [];
    context.after(async () => {
      for (const child of children) child.kill("SIGKILL");
      await server.close();
      await rm(directory, { recursive: true, force: true });
    });
    const first = start([server.endpoint, directory, "run", "1000"]);
    children.push(first.child);
    await first.said("checkpoint 3");
    const second = start([server.endpoint, directory, "watch"]);
    children.push(second.child);
    await second.said("watching");
    first.child.kill(signal);
    await second.said("finished");
    if (signal === "SIGSTOP") {
      first.child.kill("SIGCONT");
      assert.equal(await first.said("failed"), "failed CHECKPOINT_FENCED");
    }
    assert.deepEqual(await rowsIn(directory), expectedLines(3_000));
  });
}
