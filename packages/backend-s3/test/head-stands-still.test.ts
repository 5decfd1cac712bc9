import assert from "node:assert/strict";
import { test } from "node:test";

import { headStandsStill } from "@tidemark/backend-s3";
import type { Env, StateBackend } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";

/** A place whose head is another one at each look, as listed, and the last one ever after. */
function place(tags: readonly (string | Error | undefined)[], sharedAccess = true) {
  const found = { looks: 0, open: 0, waitedMs: 0 };
  const { env: frozen } = frozenEnv();
  const env: Env = Object.assign(Object.create(frozen) as Env, {
    schedule: (delayMs: number, callback: () => void) => {
      found.waitedMs += delayMs;
      callback();
      return () => undefined;
    },
  });
  const read = async (): Promise<unknown> => {
    const tag = tags[Math.min(found.looks++, tags.length - 1)];
    if (tag instanceof Error) throw tag;
    return tag === undefined ? undefined : { tag, bytes: new Uint8Array() };
  };
  const backend = {
    name: "somewhere",
    capabilities: { durable: true, syncReads: false, sharedAccess },
    open: async () => {
      found.open++;
      return { head: { read }, close: async () => void found.open-- };
    },
  } as unknown as StateBackend;
  return { backend, env, found };
}

test("headStandsStill: resolves after so many looks in a row that found the same", async () => {
  const { backend, env, found } = place(["1", "1", "2", "2", "3", "3", "3", "3", "3"]);
  await headStandsStill(backend, { job: "job", every: "2s", times: 3, env });
  assert.deepEqual(found, { looks: 8, open: 0, waitedMs: 14_000 });
});

test("headStandsStill: a head that never was counts as one that stands still", async () => {
  const { backend, env, found } = place([undefined]);
  await headStandsStill(backend, { job: "job", env });
  assert.deepEqual(found, { looks: 7, open: 0, waitedMs: 30_000 });
});

test("headStandsStill: a look that fails is told, and leaves nothing open", async () => {
  const { backend, env, found } = place(["1", new Error("no network")]);
  await assert.rejects(headStandsStill(backend, { job: "job", env }), /no network/);
  assert.equal(found.open, 0);
});

test("headStandsStill: refuses what could not work", async () => {
  const { backend, env } = place(["1"]);
  for (const options of [{ times: 0 }, { times: NaN }, { every: "0s" }, { every: 5 as never }] as const) {
    await assert.rejects(headStandsStill(backend, { job: "job", env, ...options }), { code: "OPTION_INVALID" });
  }
  const alone = place(["1"], false);
  await assert.rejects(headStandsStill(alone.backend, { job: "job", env }), { message: /one process at a time/ });
});
