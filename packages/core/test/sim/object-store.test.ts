import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectClient } from "../../src/state/object-client.ts";
import { isTidemarkError } from "../../src/errors.ts";
import type { Fault } from "../../src/testing/sim/effect.ts";
import { simObjectStore, type SimObjectStore, type SimObjectStoreOptions } from "../../src/testing/sim/object-store.ts";
import type { SimProcess } from "../../src/testing/sim/process.ts";
import { simWorld, type SimWorld } from "../../src/testing/sim/world.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (object: { readonly bytes: Uint8Array } | undefined): string | undefined =>
  object === undefined ? undefined : new TextDecoder().decode(object.bytes);

interface Trial {
  readonly world: SimWorld;
  readonly store: SimObjectStore;
  readonly outcome: string;
  readonly error: unknown;
}

async function trial(
  program: (client: ObjectClient, world: SimWorld, process: SimProcess) => Promise<void>,
  fault?: Fault,
  options?: SimObjectStoreOptions,
): Promise<Trial> {
  const world = simWorld(1, { plan: fault === undefined ? [] : [fault] });
  const store = simObjectStore(world, options);
  const process = world.spawn();
  process.start(() => program(store.client(process), world, process));
  const outcome = await world.run(process);
  // Without a fault, what fails is an assertion of the program.
  if (outcome.kind === "failed" && fault === undefined) throw outcome.error;
  return { world, store, outcome: outcome.kind, error: outcome.kind === "failed" ? outcome.error : undefined };
}

test("simObjectStore keeps objects and gives them back by range", async () => {
  const { outcome } = await trial(async (client) => {
    const etag = await client.put("a/1", bytes("hello"), "always");
    assert.equal(text(await client.get("a/1")), "hello");
    assert.equal((await client.get("a/1"))!.etag, etag);
    assert.equal(text(await client.get("a/1", { offset: 1, length: 3 })), "ell");
    assert.equal(await client.get("a/2"), undefined);
    await client.delete(["a/1", "never"]);
    assert.equal(await client.get("a/1"), undefined);
  });
  assert.equal(outcome, "finished");
});

test("simObjectStore honours conditions", async () => {
  await trial(async (client) => {
    const first = await client.put("head", bytes("1"), "absent");
    assert.equal(await client.put("head", bytes("2"), "absent"), undefined);
    const second = await client.put("head", bytes("2"), { etag: first! });
    assert.equal(await client.put("head", bytes("3"), { etag: first! }), undefined);
    assert.notEqual(second, first);
    assert.equal(text(await client.get("head")), "2");
    await client.delete(["head"]);
    assert.equal(await client.put("head", bytes("4"), { etag: second! }), undefined);
  });
});

test("simObjectStore can be a clone that ignores conditions", async () => {
  await trial(
    async (client) => {
      await client.put("head", bytes("1"), "absent");
      assert.notEqual(await client.put("head", bytes("2"), "absent"), undefined);
      assert.equal(text(await client.get("head")), "2");
    },
    undefined,
    { ignoresConditions: true },
  );
});

test("simObjectStore lists by prefix in pages", async () => {
  await trial(
    async (client) => {
      for (const name of ["b/2", "a/3", "a/1", "a/2"]) await client.put(name, bytes(name), "always");
      assert.deepEqual(await client.list("a/"), ["a/1", "a/2"]);
      assert.deepEqual(await client.list("a/", "a/2"), ["a/3"]);
      assert.deepEqual(await client.list("a/", "a/3"), []);
    },
    undefined,
    { pageSize: 2 },
  );
});

test("simObjectStore's list can lag behind puts and deletes", async () => {
  const wait = (world: SimWorld, client: ObjectClient): Promise<boolean> => {
    const before = world.now();
    const poll = async (): Promise<boolean> => {
      await client.get("clock");
      return world.now() - before > 1000 || poll();
    };
    return poll();
  };
  await trial(
    async (client, world) => {
      await client.put("old", bytes("old"), "always");
      await wait(world, client);
      await client.delete(["old"]);
      await client.put("new", bytes("new"), "always");
      await client.delete(["new"]);
      await client.put("new", bytes("new"), "always");
      assert.deepEqual(await client.list(""), ["old"]);
      await wait(world, client);
      assert.deepEqual(await client.list(""), ["new"]);
    },
    undefined,
    { listLagMs: 1000 },
  );
});

test("simObjectStore's put is whole or absent after a kill", async () => {
  const put = async (client: ObjectClient): Promise<void> => void (await client.put("a", bytes("whole"), "always"));
  const before = await trial(put, { at: 0, form: "before" });
  assert.deepEqual([before.outcome, before.store.keys()], ["killed", []]);
  const after = await trial(put, { at: 0, form: "after" });
  assert.deepEqual([after.outcome, text(after.store.peek("a"))], ["killed", "whole"]);
});

test("simObjectStore's answer can get lost, whether the put took place or not", async () => {
  const put = async (client: ObjectClient): Promise<void> => void (await client.put("a", bytes("whole"), "always"));
  const refused = await trial(put, { at: 0, form: "refused" });
  assert.deepEqual([refused.outcome, refused.store.keys()], ["failed", []]);
  assert.ok(isTidemarkError(refused.error) && refused.error.code === "STATE_IO" && refused.error.retryable);
  const unanswered = await trial(put, { at: 0, form: "unanswered" });
  assert.deepEqual([unanswered.outcome, unanswered.store.keys()], ["failed", ["a"]]);
});

test("simObjectStore applies a put late, after its process has died", async () => {
  const two = async (client: ObjectClient): Promise<void> => {
    await Promise.all([client.put("a", bytes("a"), "always"), client.put("b", bytes("b"), "always")]);
  };
  const { world, store } = await trial(two, { at: 0, form: "before", inFlight: "late" });
  assert.deepEqual(store.keys(), []);
  await world.runUntil(() => false);
  assert.equal(store.keys().length, 1);
});

test("simObjectStore refuses to finish an upload one of whose parts came again, as S3 does, and it can be written anew", async () => {
  await trial(async (client) => {
    const { create, uploadPart, complete } = client.multipart!;
    const upload = await create("a");
    const part = { number: 1, bytes: bytes("part") };
    const first = await uploadPart(upload, part);
    await uploadPart(upload, part);
    const finished = complete(upload, { etags: [first], condition: "absent" });
    await assert.rejects(finished, (error) => isTidemarkError(error) && error.code === "STATE_IO" && error.retryable);
    const anew = await create("a");
    const etags = [await uploadPart(anew, part)];
    assert.notEqual(await complete(anew, { etags, condition: "absent" }), undefined);
  });
});

test("simObjectStore: a put that is asked for again is one object under way", async () => {
  await trial(async (client, _world, process) => {
    const puts = ["a", "a", "b"].map((key) => client.put(key, bytes(key), "always"));
    assert.equal(process.underWay("object.put"), 2);
    await Promise.all(puts);
    assert.equal(process.underWay("object.put"), 0);
  });
});

test("simObjectStore knows which uploads nobody has given up who had to: a later process, if one ran to its end", async () => {
  const world = simWorld(1);
  const store = simObjectStore(world);
  const [older, uploader, later] = [world.spawn(), world.spawn(), world.spawn()];
  uploader.start(async () => {
    await store.client(uploader).multipart?.create("a", undefined as never);
    await new Promise(() => undefined);
  });
  await world.runUntil(() => store.uploads().length === 1);
  assert.deepEqual(store.forgottenUploads(), [], "it is at it");
  world.kill(uploader);
  for (const [process, expected] of [
    [older, []],
    [later, ["a"]],
  ] as const) {
    process.start(async () => void (await store.client(process).get("other")));
    await world.run(process);
    assert.deepEqual(store.forgottenUploads(), expected);
  }
});
