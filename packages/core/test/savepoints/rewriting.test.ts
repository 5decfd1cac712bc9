/** How much a rewrite holds at a time, and what is there when it is interrupted. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  memorySavepointStore,
  openSavepoint,
  rewrite,
  type RewriteOptions,
  savepointIn,
  type SavepointStore,
} from "@tidemark/core/savepoints";

import { compareBytes } from "../../src/bytes/compare.ts";
import { ByteWriter } from "../../src/bytes/writer.ts";
import type { SnapshotImage } from "../../src/savepoints/image.ts";
import { readSegment, SEGMENT_BYTES, SEGMENT_ENTRIES_MAX } from "../../src/savepoints/segment.ts";
import { snapshotOf } from "../../src/savepoints/snapshot.ts";
import type { StateEntry } from "../../src/state/backend.ts";
import { encodeEntryAddress, encodeEntryValue, EVENT_TIMERS } from "../../src/state/entry-codec.ts";
import { keyGroupOf } from "../../src/state/key-groups.ts";
import { prefixRange } from "../../src/state/key-range.ts";
import { operatorPrefix } from "../../src/state/layout.ts";
import { goldenImage, longImage } from "./golden-image.ts";
import { all } from "./shop-job.ts";

const SLICE = 100;

/** Where the only timer of the golden image stands. */
const TIMERS = prefixRange(operatorPrefix(keyGroupOf("b", 16), "hourly", EVENT_TIMERS));

/** One segment and a half. */
const ENTRIES = Math.ceil((1.5 * SEGMENT_ENTRIES_MAX) / SLICE) * SLICE;

describe("rewrite, of more than it may hold (SPA-01)", () => {
  for (const [what, options, added] of [
    ["and renames and changes every value", { rename: { hourly: "daily" }, map: () => ({ value: 8 }) }, 0],
    [
      "and leaves some out and puts others in",
      {
        keep: ({ key }) => (key as number) % 10 !== 0,
        put: [0, 1, 5].map((key) => ({ operator: "hourly", state: "total", key, value: 9 })),
      },
      3,
    ],
  ] as const satisfies readonly (readonly [string, RewriteOptions, number])[]) {
    it(`has no more than a segment and a slice in memory, ${what}`, async () => {
      let [read, gone, written, most] = [0, 0, 0, 0];
      const inner = memorySavepointStore();
      const store: SavepointStore = {
        ...inner,
        put: (file, bytes, condition) => {
          if (file.startsWith("segment-")) written += readSegment(bytes).length;
          return inner.put(file, bytes, condition);
        },
      };
      const long = longImage(ENTRIES, 7, () => {
        read += SLICE;
        most = Math.max(most, read - gone - written);
      });
      // All of its entries are of the first key group.
      const scan: SnapshotImage["scan"] = async function* (range) {
        if (compareBytes(range.from, Uint8Array.of(0, 1)) < 0) yield* long.scan(range);
      };
      const keep: RewriteOptions["keep"] = (entry) => {
        const stays: boolean = "keep" in options ? options.keep(entry) : true;
        if (!stays) gone++;
        return stays;
      };
      await rewrite(snapshotOf({ ...long, scan }), savepointIn(store), { ...options, keep });
      assert.equal(read, ENTRIES);
      assert.equal(written, ENTRIES - gone + added);
      assert.ok(most <= SEGMENT_ENTRIES_MAX + 2 * SLICE, `${most} entries were read and not yet written`);
    });
  }
});

/** A snapshot whose few entries fill two segments. */
function largeImage(): SnapshotImage {
  const writer = new ByteWriter();
  const place = { keyGroup: 0, operatorId: "hourly", state: "total", namespace: null, subkey: undefined };
  const value = encodeEntryValue(writer, new Uint8Array(SEGMENT_BYTES / 4), 0);
  const entries = [0, 1, 2, 3, 4].map((key) => ({ key: encodeEntryAddress(writer, { ...place, key }), value }));
  return {
    ...goldenImage(),
    async *scan() {
      yield entries;
    },
  };
}

/** A store that is gone before or after its effect of this number. */
function dyingStore(
  inner: SavepointStore,
  at: number,
  after: boolean,
): { readonly store: SavepointStore; readonly seen: () => number } {
  let effects = 0;
  const effect = async <T>(act: () => Promise<T>): Promise<T> => {
    effects++;
    if (effects > at || (effects === at && !after)) throw new Error("the process has died");
    const answer = await act();
    if (effects === at) throw new Error("the process has died");
    return answer;
  };
  return {
    seen: () => effects,
    store: {
      ...inner,
      put: (...args) => effect(() => inner.put(...args)),
      delete: (files) => effect(() => inner.delete(files)),
    },
  };
}

describe("rewrite, of values (SPA-01)", () => {
  it("does not ask for the values of timers", async () => {
    const place = savepointIn(memorySavepointStore());
    await rewrite(snapshotOf(goldenImage()), place, { map: () => ({ value: "new" }) });
    const copy = await openSavepoint(place);
    assert.ok((await all(copy.entries())).every(({ value }) => value === "new"));
    const timers = (image: SnapshotImage): Promise<readonly StateEntry[]> => all(image.scan(TIMERS));
    const found = await timers(copy.image);
    assert.equal(found.length, 1);
    assert.deepEqual(found, await timers(goldenImage()));
  });

  it("counts which versions stand before them: a restore has to read each", async () => {
    const place = savepointIn(memorySavepointStore());
    const entry = { operator: "hourly", state: "total", value: 1 };
    await rewrite(snapshotOf(goldenImage()), place, {
      put: [
        { ...entry, key: "five", version: 5 },
        { ...entry, key: "two", version: 2 },
      ],
    });
    const [{ states } = { states: [] }] = (await openSavepoint(place)).operators();
    const versions = states.map((state) => [state.name, state.versions]);
    assert.deepEqual(versions, [
      ["total", [0, 2, 5]],
      ["seen", [0]],
      [EVENT_TIMERS, [0]],
    ]);
  });
});

describe("rewrite, interrupted (SPA-01, COR-15)", () => {
  it("leaves a whole savepoint or none, wherever it dies, and the next one is as good as the first", async () => {
    const values = async (store: SavepointStore): Promise<readonly unknown[]> =>
      (await all((await openSavepoint(savepointIn(store))).entries())).map(({ key, value }) => [
        key,
        (value as Uint8Array)[0],
      ]);
    // Several segments, over what an earlier attempt at another change has left.
    const long = largeImage();
    const write = (store: SavepointStore, change: number): Promise<unknown> =>
      rewrite(snapshotOf(long), savepointIn(store), {
        map: ({ key, value }) =>
          key === 0 ? { value: (value as Uint8Array).map((byte) => byte + change) } : undefined,
      });
    const whole = memorySavepointStore();
    await write(whole, 8);
    const expected = await values(whole);
    let [dead, opened] = [0, 0];
    for (let at = 1; ; at++) {
      let reached = false;
      for (const after of [false, true]) {
        const inner = memorySavepointStore();
        await write(dyingStore(inner, 2, true).store, 3).catch(() => undefined);
        const { store, seen } = dyingStore(inner, at, after);
        const died = await write(store, 8).then(
          () => false,
          () => true,
        );
        reached ||= seen() >= at;
        assert.equal(died, seen() >= at);
        if (!died) continue;
        dead++;
        if ((await inner.get("savepoint")) === undefined) {
          await assert.rejects(openSavepoint(savepointIn(inner)), { code: "CHECKPOINT_MISSING" });
          await write(inner, 8);
        } else {
          opened++;
          await assert.rejects(write(inner, 8), { code: "SAVEPOINT_EXISTS" });
        }
        assert.deepEqual(await values(inner), expected);
      }
      if (!reached) break;
    }
    assert.ok(dead >= 6 && opened >= 2, `it died ${dead} times, ${opened} of them behind the index`);
  });

  it("writes no index behind a function of the caller's that throws", async () => {
    const inner = memorySavepointStore();
    const throws = (): never => {
      throw new RangeError("not this one");
    };
    for (const options of [{ keep: throws }, { map: throws }] as const) {
      await assert.rejects(rewrite(snapshotOf(goldenImage()), savepointIn(inner), options), RangeError);
      await assert.rejects(openSavepoint(savepointIn(inner)), { code: "CHECKPOINT_MISSING" });
    }
  });

  it("names the entry whose new value cannot be stored (VALUE_UNSUPPORTED)", async () => {
    const message = /state "total" of operator "hourly", key "a": .*\$\.by/;
    const bad = { value: { by: () => 0 } };
    const place = savepointIn(memorySavepointStore());
    const map: RewriteOptions["map"] = ({ state, key }) => (state === "total" && key === "a" ? bad : undefined);
    await assert.rejects(rewrite(snapshotOf(goldenImage()), place, { map }), { code: "VALUE_UNSUPPORTED", message });
    const put = [{ operator: "hourly", state: "total", key: "a", ...bad }];
    await assert.rejects(rewrite(snapshotOf(goldenImage()), place, { put }), { code: "VALUE_UNSUPPORTED", message });
    await assert.rejects(openSavepoint(place), { code: "CHECKPOINT_MISSING" });
  });
});
