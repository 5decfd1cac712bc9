/** The bytes of a savepoint: the same on every runtime, and refused if any of them is wrong. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  memorySavepoint,
  memorySavepointStore,
  openSavepoint,
  savepointIn,
  type SavepointStore,
} from "@tidemark/core/savepoints";

import { sealBytes } from "../../src/bytes/sealed.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import { factsOf } from "../../src/savepoints/image.ts";
import { SEGMENT_BYTES } from "../../src/savepoints/segment.ts";
import type { StateEntry } from "../../src/state/backend.ts";
import { encodeEntryAddress, encodeEntryValue } from "../../src/state/entry-codec.ts";
import { encodeValue } from "../../src/state/value-codec.ts";
import { bytesOf, hexOf } from "../checkpoint/hex.ts";
import { STRIDE } from "../width.ts";
import { GOLDEN_FILES } from "./golden-files.ts";
import { GOLDEN_ENTRIES, GOLDEN_FACTS, goldenImage } from "./golden-image.ts";
import { all } from "./shop-job.ts";

async function filesOf(store: SavepointStore): Promise<Readonly<Record<string, string>>> {
  const files = (await store.list()).toSorted();
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, hexOf((await store.get(file)) as Uint8Array)] as const)),
  );
}

async function written(): Promise<SavepointStore> {
  const store = memorySavepointStore();
  await savepointIn(store).write(goldenImage());
  return store;
}

/** Everything that can be read from a savepoint. */
async function readAll(store: SavepointStore): Promise<void> {
  const snapshot = await openSavepoint(savepointIn(store));
  await all(snapshot.entries());
}

describe("a savepoint", () => {
  it("has the golden bytes of version 0 (SAV-01, MET-01)", async () => {
    const golden = Object.entries(GOLDEN_FILES).map(([file, hex]) => [file, hexOf(bytesOf(hex))]);
    assert.deepEqual(await filesOf(await written()), Object.fromEntries(golden));
  });

  it("is read from the golden bytes, wherever they lie (MET-02)", async () => {
    const store = memorySavepointStore("another place");
    for (const [file, hex] of Object.entries(GOLDEN_FILES)) await store.put(file, bytesOf(hex), "always");
    const snapshot = await openSavepoint(savepointIn(store));
    const found = await all(snapshot.entries());
    const byPlace = ([state, key, namespace, subkey]: readonly unknown[]): string =>
      JSON.stringify([state, key, namespace, subkey]);
    const values = new Map(
      found.map(({ state, key, namespace, subkey, value }) => [byPlace([state, key, namespace, subkey]), value]),
    );
    const entries = GOLDEN_ENTRIES.filter(([state]) => !state.startsWith("$"));
    assert.equal(found.length, entries.length);
    for (const entry of entries) assert.deepEqual(values.get(byPlace(entry)), entry[4]);
    assert.deepEqual(
      (await all(snapshot.timers())).map(({ operator, key, time, clock }) => [operator, key, time, clock]),
      [["hourly", "b", 1_700_000_000_000, "event"]],
    );
    assert.deepEqual(snapshot.image.facts.sources, GOLDEN_FACTS.sources);
    assert.deepEqual(snapshot.sinks()[0]?.committables, [{ checkpointId: 63, subtask: 1, committable: ["staged-7"] }]);
    assert.deepEqual(
      snapshot.operators()[0]?.states.map(({ name, keys, entries: count }) => [name, keys, count]),
      [
        ["total", 3, 3],
        ["seen", 2, 3],
        ["$event-timers", undefined, 1],
      ],
    );
    assert.equal(snapshot.operators()[0]?.keys, 3);
    assert.match(snapshot.identity, /^64-[0-9a-f]{8}$/);
  });

  it("is refused for any wrong byte, missing part and missing file, by name (COR-15)", async () => {
    const store = await written();
    for (const file of await store.list()) {
      const bytes = (await store.get(file))!;
      for (let at = 0; at < bytes.length; at += STRIDE) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        await store.put(file, damaged, "always");
        await assert.rejects(readAll(store), { code: "CHECKPOINT_CORRUPT" }, `byte ${at} of ${file}`);
      }
      for (const length of [0, 1, bytes.length - 1]) {
        await store.put(file, bytes.slice(0, length), "always");
        await assert.rejects(readAll(store), { code: "CHECKPOINT_CORRUPT" }, `${length} bytes of ${file}`);
      }
      await store.delete([file]);
      await assert.rejects(readAll(store), {
        code: file === "savepoint" ? "CHECKPOINT_MISSING" : "CHECKPOINT_CORRUPT",
        message: /savepoint in memory/,
      });
      await store.put(file, bytes, "always");
    }
    await readAll(store);
  });

  it("is refused if a segment is that of another savepoint, or the index of a later version", async () => {
    const store = await written();
    const name = (await store.list()).find((file) => file.startsWith("segment"))!;
    const segment = (await store.get(name))!;
    const other = sealBytes(
      "TMSE",
      0,
      segment.slice(10, -4).map((byte, at) => (at === segment.length - 15 ? byte ^ 1 : byte)),
    );
    await store.put(name, other, "always");
    await assert.rejects(readAll(store), { message: /"segment-00000000-[0-9a-f]{8}" is that of another savepoint/ });
    await store.put("savepoint", sealBytes("TMSV", 1, encodeValue({})), "always");
    await assert.rejects(readAll(store), { message: /found version 1, and this Tidemark reads up to 0/ });
  });

  it("takes the place of what an interrupted attempt left, and leaves alone what is not its own", async () => {
    const store = memorySavepointStore();
    await store.put("segment-00000099-0123abcd", Uint8Array.of(1), "always");
    await store.put("notes.txt", Uint8Array.of(2), "always");
    await savepointIn(store).write(goldenImage());
    assert.deepEqual(
      (await store.list()).toSorted().map((file) => file.replace(/-[0-9a-f]{8}$/, "")),
      ["notes.txt", "savepoint", "segment-00000000"],
    );
    await savepointIn(store).delete();
    assert.deepEqual(await store.list(), ["notes.txt"]);
  });

  it("is not replaced by one that comes late, nor made of parts of two", async () => {
    const store = memorySavepointStore();
    const late: (() => Promise<unknown>)[] = [];
    // The first writer dies before its last write, which is still on its way.
    const dying: SavepointStore = {
      ...store,
      put: (file, bytes, condition) => {
        if (condition === "always") return store.put(file, bytes, condition);
        late.push(() => store.put(file, bytes, condition));
        return Promise.reject(new Error("gone"));
      },
    };
    const image = goldenImage();
    await assert.rejects(savepointIn(dying).write(image), /gone/);
    const other = { ...image, facts: { ...image.facts, checkpointId: 65 } };
    const { identity } = await savepointIn(store).write(other);
    for (const arrive of late) await arrive();
    assert.equal((await savepointIn(store).open()).identity, identity);
    await readAll(store);
    // And where it arrives first, the second one is refused, and the first one is whole.
    const place = memorySavepointStore();
    const racing: SavepointStore = {
      ...place,
      put: async (file, bytes, condition) => {
        if (condition === "absent") await savepointIn(place).write(image);
        return place.put(file, bytes, condition);
      },
    };
    await assert.rejects(savepointIn(racing).write(other), { code: "SAVEPOINT_EXISTS" });
    assert.equal((await savepointIn(place).open()).facts.checkpointId, 64);
    await readAll(place);
  });

  it("is refused of a checkpoint with records in flight: it has no place for them, and they would be lost", async () => {
    const image = goldenImage();
    const facts = { ...image.facts, hasRecordsInFlight: true };
    await assert.rejects(memorySavepoint().write({ ...image, facts }), {
      code: "STATE_INCOMPATIBLE",
      message: /golden image|records in flight/,
    });
    const manifest = { ...image.facts, operators: [], stores: [], inFlight: { operators: [], parts: [] } as never };
    assert.equal(factsOf(manifest, 0).hasRecordsInFlight, true);
    assert.equal(factsOf({ ...image.facts, operators: [], stores: [] }, 0).hasRecordsInFlight, false);
  });

  it("takes an answer that got lost for what it was", async () => {
    const store = memorySavepointStore();
    const deaf: SavepointStore = {
      ...store,
      put: async (file, bytes, condition) => {
        await store.put(file, bytes, condition);
        return store.put(file, bytes, condition);
      },
    };
    await savepointIn(deaf).write(goldenImage());
    await readAll(store);
  });

  it("is not there until all of it is", async () => {
    const store = memorySavepointStore();
    const image = goldenImage();
    const failing = {
      ...image,
      async *scan(): AsyncGenerator<readonly StateEntry[]> {
        yield* image.scan({ from: new Uint8Array(0), to: Uint8Array.of(0xff, 0xff) });
        throw new Error("the medium is gone");
      },
    };
    await assert.rejects(savepointIn(store).write(failing), /the medium is gone/);
    await assert.rejects(readAll(store), { code: "CHECKPOINT_MISSING" });
    await savepointIn(store).write(image);
    await readAll(store);
  });

  it("is cut into segments of bounded size, of which a reader holds two", async () => {
    const inner = memorySavepointStore();
    const sizes: number[] = [];
    const reads: string[] = [];
    const store: SavepointStore = {
      ...inner,
      put: (file, bytes, condition) => {
        sizes.push(bytes.length);
        return inner.put(file, bytes, condition);
      },
      get: async (file) => {
        reads.push(file);
        return inner.get(file);
      },
    };
    const writer = new ByteWriter();
    const place = { keyGroup: 0, operatorId: "hourly", state: "total", namespace: null, subkey: undefined };
    const value = encodeEntryValue(writer, new Uint8Array(64 * 1024), 0);
    const keys = Array.from({ length: 300 }, (_, key) => encodeEntryAddress(writer, { ...place, key }));
    const image = {
      ...goldenImage(),
      async *scan(): AsyncGenerator<readonly StateEntry[]> {
        for (const key of keys) yield [{ key, value }];
      },
    };
    const summary = await savepointIn(store).write({ ...image });
    assert.ok(summary.segments >= 5);
    assert.ok(sizes.every((size) => size < SEGMENT_BYTES + 70_000));
    const opened = await savepointIn(store).open();
    reads.length = 0;
    const found = await all(opened.scan({ from: keys[0]!, to: keys[3]! }));
    assert.equal(found.length, 3);
    assert.deepEqual(
      reads.map((file) => file.slice(0, 16)),
      ["segment-00000000"],
    );
    assert.equal((await all(opened.scan({ from: keys[0]!, to: Uint8Array.of(0xff, 0xff) }))).length, 300);
    assert.deepEqual(reads.length, summary.segments);
  });
});
