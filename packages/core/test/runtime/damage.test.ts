/** What is stored is damaged in every way there is: the job refuses, by name, and never goes on with something wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { isTidemarkError, mapState, pipeline, type Pipeline, run, valueState } from "@tidemark/core";
import { frozenEnv } from "@tidemark/core/testing";
import { tumbling } from "@tidemark/core/windows";

import { decodeHead } from "../../src/checkpoint/head.ts";
import { STRIDE } from "../width.ts";
import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { type Dump, openMemory, type OpenMemory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const FILLER = 0x2e;
const REFUSALS: ReadonlySet<string> = new Set([
  "CHECKPOINT_CORRUPT",
  "CHECKPOINT_MISSING",
  "STATE_CORRUPT",
  "STATE_FOREIGN_JOB",
]);

/** A job with a bit of everything in its checkpoints. */
function build(ledger: LedgerSink<string>): Pipeline {
  const job = pipeline("small");
  const source = job.source("numbers", pacedSource([numbers(20)]), { eventTime: (n) => n * 10, outOfOrder: "20ms" });
  source
    .keyBy((n) => n % 3)
    .process("each", {
      state: { seen: valueState(0), last: mapState<number, string>() },
      onRecord: (n: number, context) => {
        context.state.seen.update(context.state.seen.get() + 1);
        // Long enough for a segment: what is small lies in the manifest.
        context.state.last.set(n % 2, `${n}`.padEnd(200, String.fromCharCode(FILLER)));
        context.setEventTimer(500);
        context.setProcessingTimer(1_000_000 + n);
      },
      onTimer: () => undefined,
    })
    .map(String)
    .sink("each-out", ledger.sink);
  source
    .keyBy((n) => n % 2)
    .window("sums", tumbling("50ms"))
    .aggregate({ create: () => 0, add: (sum, n) => sum + n, result: (sum) => sum })
    .map(({ key, window, value }) => `${key} ${window.start}: ${value}`)
    .sink("out", ledger.sink);
  return job;
}

const EXPECTED = [0, 50, 100, 150].flatMap((start) =>
  [0, 1].map((key) => {
    const inside = numbers(20).filter((n) => n % 2 === key && n * 10 >= start && n * 10 < start + 50);
    return `${key} ${start}: ${inside.reduce((sum, n) => sum + n, 0)}`;
  }),
);

/** A backend with a checkpoint in the middle of the job, and what was committed by then. */
async function halfway(
  retained: number = 1,
): Promise<{ readonly store: OpenMemory; readonly before: readonly string[] }> {
  const store = openMemory();
  const ledger = ledgerSink<string>();
  await run(build(ledger), {
    backend: store.backend,
    env: frozenEnv().env,
    until: { records: 12 },
    checkpoint: { interval: "2ms", retained },
  }).finished;
  return { store, before: ledger.rows };
}

/** Goes on with a dump; answers what the job was refused with, or `undefined` if it ran to the right end. */
async function attempt(store: OpenMemory, dump: Dump, what: string): Promise<string | undefined> {
  const loaded = store.load(dump);
  const ledger = ledgerSink<string>();
  try {
    await run(build(ledger), { backend: loaded.backend, env: frozenEnv().env, restart: { delay: "1ms" } }).finished;
  } catch (error) {
    assert.ok(isTidemarkError(error), `${what}: ${String(error)}`);
    assert.ok(REFUSALS.has(error.code), `${what}: ${error.code}: ${error.message}`);
    assertUntouched(dump, loaded.dump(), what);
    return error.code;
  }
  return undefined;
}

/** A refused start may take the job over in the head, and changes nothing else. */
function assertUntouched(before: Dump, after: Dump, what: string): void {
  for (const [name, bytes] of before) {
    const now = after.get(name);
    assert.ok(now !== undefined, `${what}: ${name} is gone`);
    if (name !== "head" || isSame(now, bytes)) {
      assert.ok(isSame(now, bytes), `${what}: ${name} was changed`);
      continue;
    }
    const [old, fresh] = [decodeHead(bytes), decodeHead(now)];
    assert.deepEqual(fresh.retained, old.retained, `${what}: the head lists something else`);
    assert.equal(fresh.job, old.job);
    assert.ok(fresh.generation > old.generation && fresh.nextId > old.nextId);
  }
  assert.deepEqual([...after.keys()].toSorted(), [...before.keys()].toSorted(), `${what}: something was added`);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function withObject(dump: Dump, name: string, bytes: Uint8Array | undefined): Dump {
  const changed = new Map(dump);
  if (bytes === undefined) changed.delete(name);
  else changed.set(name, bytes);
  return changed;
}

test("run: an undamaged checkpoint is gone on with", async () => {
  const { store, before } = await halfway();
  const ledger = ledgerSink<string>();
  const { backend } = store.load(store.dump());
  await run(build(ledger), { backend, env: frozenEnv().env }).finished;
  assert.deepEqual([...new Set([...before, ...ledger.rows])].toSorted(), EXPECTED.toSorted());
});

test("run: a checkpoint with any one bit flipped is refused, and nothing is changed (COR-15)", async () => {
  const { store } = await halfway();
  const dump = store.dump();
  const kinds = new Set([...dump.keys()].map((name) => name.replace(/ .*/, "")));
  assert.deepEqual([...kinds].toSorted(), ["head", "manifest", "segment"]);
  for (const [name, bytes] of dump) {
    for (let index = 0; index < bytes.length; index += STRIDE) {
      // What only fills a value up is like its neighbours.
      if (bytes[index] === FILLER && index % 16 !== 0) continue;
      const flipped = bytes.slice();
      flipped[index] = (flipped[index] as number) ^ (1 << ((index / STRIDE) % 8));
      const what = `byte ${index} of ${bytes.length} of ${name}`;
      const code = await attempt(store, withObject(dump, name, flipped), what);
      assert.ok(code !== undefined, `${what}: the job took no notice`);
    }
  }
});

test("run: a checkpoint that is cut short anywhere is refused", async () => {
  const { store } = await halfway();
  const dump = store.dump();
  for (const [name, bytes] of dump) {
    for (let length = 0; length < bytes.length; length += STRIDE + (length >> 3)) {
      const what = `${length} of ${bytes.length} bytes of ${name}`;
      const code = await attempt(store, withObject(dump, name, bytes.slice(0, length)), what);
      assert.equal(code, name.startsWith("segment") ? "STATE_CORRUPT" : "CHECKPOINT_CORRUPT", what);
    }
  }
});

test("run: a missing manifest or segment of the newest checkpoint is refused by name, and no older one is taken (COR-15)", async () => {
  const { store } = await halfway(3);
  const dump = store.dump();
  const [head] = [decodeHead(dump.get("head") as Uint8Array)];
  assert.ok(head.retained.length > 1, "an older checkpoint could be taken");
  const newest = `manifest ${head.retained.at(-1)?.manifest}`;
  assert.equal(await attempt(store, withObject(dump, newest, undefined), newest), "CHECKPOINT_MISSING");
  const codes = new Set<string | undefined>();
  for (const name of dump.keys()) {
    if (name.startsWith("segment")) codes.add(await attempt(store, withObject(dump, name, undefined), name));
  }
  codes.delete(undefined); // Segments of older checkpoints.
  assert.deepEqual([...codes], ["STATE_CORRUPT"]);
});

test("run: what an older checkpoint needs is not cleared away when its manifest is gone: the job says so and ends (COR-15)", async () => {
  const { store } = await halfway(3);
  const dump = store.dump();
  const older = decodeHead(dump.get("head") as Uint8Array).retained.at(-2)?.manifest;
  assert.ok(older !== undefined);
  const loaded = store.load(withObject(dump, `manifest ${older}`, undefined));
  const checkpoint = { interval: "1h", retained: 3 } as const;
  const handle = run(build(ledgerSink<string>()), { backend: loaded.backend, env: frozenEnv().env, checkpoint });
  await handle.checkpoint();
  await assert.rejects(
    handle.finished,
    (error) => isTidemarkError(error) && error.code === "CHECKPOINT_MISSING" && error.message.includes(older),
  );
  assert.equal(handle.metrics().restarts, 0);
  const segments = [...dump.keys()].filter((name) => name.startsWith("segment"));
  assert.deepEqual(
    segments.filter((name) => !loaded.dump().has(name)),
    [],
  );
});

test("run: a manifest that is another checkpoint's is refused (COR-15)", async () => {
  const { store } = await halfway(3);
  const dump = store.dump();
  const { retained } = decodeHead(dump.get("head") as Uint8Array);
  const [newest, older] = [retained.at(-1), retained.at(-2)].map((checkpoint) => `manifest ${checkpoint?.manifest}`);
  assert.ok(newest !== undefined && older !== undefined);
  const code = await attempt(
    store,
    withObject(dump, newest, dump.get(older)),
    "an older manifest under the newest name",
  );
  assert.equal(code, "CHECKPOINT_CORRUPT");
});

test("run: what is damaged is named, with the way out", async () => {
  const { store } = await halfway();
  const dump = store.dump();
  for (const [name, bytes] of dump) {
    const flipped = bytes.slice();
    flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] as number) ^ 4;
    const { backend } = store.load(withObject(dump, name, flipped));
    const handle = run(build(ledgerSink<string>()), { backend, env: frozenEnv().env });
    const named = name === "head" ? "head record" : name.replace(/^\w+ /, "");
    await assert.rejects(
      handle.finished,
      (error: Error) => error.message.includes(named) && error.message.includes(" copy"),
    );
    assert.equal(handle.metrics().restarts, 0);
  }
});
