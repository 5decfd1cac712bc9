import assert from "node:assert/strict";
import { test } from "node:test";
import { leveldb } from "@tidemark/backend-leveldb";
import type { BackendSession, StateBackend, StateStore } from "@tidemark/core";
import { compareBytes } from "@tidemark/core/internal";
import { MemoryLevel } from "memory-level";
import { type BatchFault, FaultyDatabase } from "./faulty-database.ts";
import { keyOf, linesOf, suiteEnv } from "./one-job.ts";

const KEY_GROUPS = { first: 0, last: 15 };
const KEYS = 800;
/** Other runtimes than the development runtime take every fourth: `docs/runtimes.md`. */
const STRIDE = Math.round(1 / Number(process.env["WIDTH"] ?? 1));

for (const fault of ["lost", "unacknowledged"] as const) {
  test(`leveldb: a batch that is ${fault}, whichever it is, leaves every retained epoch restorable`, async () => {
    let failAt = 1;
    for (; await survives(failAt, fault); failAt += STRIDE);
    assert.ok(failAt > 30, `the scenario has ${failAt} batches`);
  });
}

test("leveldb: after a failed batch the session reads and writes no more, and a new one goes on", async () => {
  const database = new MemoryLevel();
  const faulty = new FaultyDatabase(database, 3, "lost");
  const handles = [faulty, database];
  const backend = leveldb("suite", { database: () => handles.shift() ?? database });
  const job = await Job.open(backend);
  await assert.rejects(job.write(1), { code: "STATE_IO", retryable: false });
  await assert.rejects(job.session.head.read(), { code: "STATE_IO", retryable: false });
  await assert.rejects(job.session.head.compareAndSet("1", Uint8Array.of(1)), { code: "STATE_IO", retryable: false });
  const again = await Job.open(backend);
  assert.deepEqual(await linesOf(again.store), []);
  await again.write(5);
  await again.checkpoint(5, []);
  const last = await Job.open(backend);
  assert.equal((await linesOf(last.store)).length > 100, true);
});

/** Runs the scenario with one failing batch, recovers, and compares; `false` if the scenario has fewer batches. */
async function survives(failAt: number, fault: BatchFault): Promise<boolean> {
  const database = new MemoryLevel();
  const faulty = new FaultyDatabase(database, failAt, fault);
  try {
    await scenario(faulty);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "STATE_IO");
  }
  const recovered = await Job.open(leveldb("suite", { database: () => database }));
  const what = `batch ${failAt}, head at ${recovered.epochs.join()}`;
  assert.deepEqual(await linesOf(recovered.store), model(recovered.epochs.at(-1) ?? 0), what);
  for (const older of recovered.epochs.toReversed()) {
    const job = await Job.open(leveldb("suite", { database: () => database }), older);
    assert.deepEqual(await linesOf(job.store), model(older), `${what}, rolled back to ${older}`);
  }
  return faulty.hasFailed;
}

/** Overwrites in place, a checkpoint that is aborted, a restart in the middle of an epoch, and releases. */
async function scenario(database: FaultyDatabase): Promise<void> {
  const first = await Job.open(leveldb("suite", { database: () => database }));
  await first.write(1);
  await first.checkpoint(1, []);
  await first.write(2);
  await first.checkpoint(2, [1]);
  await first.write(3);
  await first.store.seal(3);
  await first.write(4);
  const second = await Job.open(leveldb("suite", { database: () => database }));
  await second.write(5);
  await second.checkpoint(5, [2]);
  await second.write(6);
  await second.checkpoint(6, []);
}

class Job {
  readonly session: BackendSession;
  readonly store: StateStore;
  readonly #sealed: Sealed[];
  #tag: string | undefined;

  private constructor(session: BackendSession, store: StateStore, head: { sealed: Sealed[]; tag: string | undefined }) {
    this.session = session;
    this.store = store;
    this.#sealed = head.sealed;
    this.#tag = head.tag;
  }

  get epochs(): readonly number[] {
    return this.#sealed.map(({ epoch }) => epoch);
  }

  static async open(backend: StateBackend, epoch?: number): Promise<Job> {
    const session = await backend.open({ name: "suite", env: suiteEnv });
    const found = await session.head.read();
    const listed: Sealed[] = found === undefined ? [] : JSON.parse(new TextDecoder().decode(found.bytes));
    const sealed = listed.filter((each) => each.epoch <= (epoch ?? each.epoch));
    const tag = await session.head.compareAndSet(found?.tag, encode(sealed));
    const newest = sealed.at(-1);
    await session.rollback(newest?.epoch ?? 0);
    const parts = newest === undefined ? [] : [{ keyGroups: KEY_GROUPS, handle: Uint8Array.from(newest.handle) }];
    const store = await session.openStore({ owner: "0-0", generation: 1, keyGroups: KEY_GROUPS, parts });
    return new Job(session, store, { sealed, tag });
  }

  async write(epoch: number): Promise<void> {
    const changes = changesOf(epoch);
    const puts = changes.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }]));
    const deletes = changes.flatMap(({ key, value }) => (value === undefined ? [key] : []));
    await this.store.write(epoch, { puts, deletes, rangeDeletes: [] });
    await this.store.write(epoch, { puts: puts.slice(0, 100), deletes: [], rangeDeletes: [] });
  }

  /** Seals an epoch, names it in the head next to those in `kept`, and releases the others. */
  async checkpoint(epoch: number, kept: readonly number[]): Promise<void> {
    const handle = [...(await this.store.seal(epoch))];
    await this.session.flush(epoch);
    const sealed = [...this.#sealed.filter((each) => kept.includes(each.epoch)), { epoch, handle }];
    this.#sealed.splice(0, this.#sealed.length, ...sealed);
    this.#tag = await this.session.head.compareAndSet(this.#tag, encode(sealed));
    await this.session.release(this.epochs.map((each) => ({ epoch: each, manifest: "", handles: [] })));
  }
}

/** A checkpoint in the head. */
interface Sealed {
  readonly epoch: number;
  readonly handle: readonly number[];
}

function encode(sealed: readonly Sealed[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(sealed));
}

function changesOf(epoch: number): { key: Uint8Array; value: Uint8Array | undefined }[] {
  const changes = [];
  for (let index = epoch % 2; index < KEYS * 2; index += epoch % 2 === 0 ? 2 : 3) {
    changes.push({ key: keyOf(index), value: index % 5 === epoch % 5 ? undefined : Uint8Array.of(epoch, index) });
  }
  return changes;
}

/** What the entries are at an epoch that the scenario completes. */
function model(epoch: number): readonly string[] {
  const entries = new Map<string, { key: Uint8Array; line: string }>();
  for (const each of [1, 2, 5, 6].filter((completed) => completed <= epoch)) {
    for (const { key, value } of changesOf(each)) {
      if (value === undefined) entries.delete(key.join("."));
      else entries.set(key.join("."), { key, line: `${key.join(".")}=${value.join(".")}` });
    }
  }
  return [...entries.values()].toSorted((a, b) => compareBytes(a.key, b.key)).map(({ line }) => line);
}
