import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { leveldb } from "@tidemark/backend-leveldb";
import { temporaryDirectory } from "./fixtures.ts";
import { runtimeArguments } from "./kill-child-arguments.ts";
import { modelAfter } from "./kill-model.ts";
import { linesOf, openOne } from "./one-job.ts";

const ROUNDS = 4;
const EPOCHS_PER_ROUND = 6;

test("leveldb: after kill -9 in the middle of an epoch the last sealed one is found, round after round", async () => {
  const { path, remove } = await temporaryDirectory();
  let sealed = { epoch: 0, handle: "" };
  for (let round = 1; round <= ROUNDS; round++) {
    sealed = await runAndKill(path, sealed, sealed.epoch + EPOCHS_PER_ROUND);
    const handle = Uint8Array.from(Buffer.from(sealed.handle, "hex"));
    const { session, store } = await openOne(leveldb(path), sealed.epoch, handle);
    assert.deepEqual(await linesOf(store), modelAfter(sealed.epoch), `round ${round}, epoch ${sealed.epoch}`);
    await session.close();
  }
  await remove();
});

/** Lets a child write epoch after epoch and kills it while it writes on; returns the last epoch it said it had sealed. */
async function runAndKill(
  path: string,
  from: { readonly epoch: number; readonly handle: string },
  until: number,
): Promise<{ epoch: number; handle: string }> {
  // The sources on most runtimes, compiled files on Node 20.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const script = fileURLToPath(new URL(`./kill-child.${extension}`, import.meta.url));
  const child = spawn(process.execPath, [...runtimeArguments(), script, path, String(from.epoch), from.handle], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  let sealed = { ...from };
  for await (const line of createInterface({ input: child.stdout })) {
    const [epoch = "", handle = ""] = line.split(" ");
    sealed = { epoch: Number(epoch), handle };
    if (sealed.epoch >= until) child.kill("SIGKILL");
  }
  assert.equal(await exited, "SIGKILL");
  assert.ok(sealed.epoch >= until);
  return sealed;
}
