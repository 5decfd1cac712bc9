import assert from "node:assert/strict";
import { test } from "node:test";
import { type StateChanges, StateError, type StateStore } from "@tidemark/core";
import { LocalStore } from "../src/local/local-store.ts";

const CHANGES: StateChanges = {
  puts: [{ key: new Uint8Array(6), value: new Uint8Array(1) }],
  deletes: [],
  rangeDeletes: [],
};

/** A store of which only `write` is called. */
function storeThat(write: StateStore["write"]): StateStore {
  const uncalled = (): never => assert.fail("nothing but writes was expected");
  return { read: uncalled, scan: uncalled, write, seal: uncalled, export: uncalled, close: uncalled };
}

test("LocalStore.write: what the object store refuses for now is told when the local one has ended with it", async () => {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const told: string[] = [];
  const local = storeThat(() => ended.then(() => void told.push("local")));
  const remote = storeThat(async () => {
    throw new StateError("STATE_IO", "Cannot get: the network is gone", { retryable: true });
  });
  const store = new LocalStore({ local, remote, sealed: () => undefined, failed: () => undefined });
  const written = store.write(1, CHANGES).catch((error: StateError) => void told.push(error.code));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  end();
  await written;
  assert.deepEqual(told, ["local", "STATE_IO"]);
});

test("LocalStore.write: what the local store refuses comes before what the object store does", async () => {
  const refusing = (code: "STATE_IO" | "STATE_CORRUPT"): StateStore =>
    storeThat(async () => {
      throw new StateError(code, "Cannot write");
    });
  const [local, remote] = [refusing("STATE_CORRUPT"), refusing("STATE_IO")];
  const store = new LocalStore({ local, remote, sealed: () => undefined, failed: () => undefined });
  await assert.rejects(store.write(1, CHANGES), { code: "STATE_CORRUPT" });
});
