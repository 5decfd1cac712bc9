/**
 * A savepoint of a job with every kind of state, written by one runtime, and the same job gone on with by another: what each
 * finds in it, and what comes out at the end, has to be the same bytes everywhere.
 *
 * @module
 */
import { memory } from "@tidemark/backend-memory";
import { type Env, run, type StateBackend, standardEnv } from "@tidemark/core";
import {
  claim,
  memorySavepointStore,
  openCheckpoint,
  rewrite,
  savepointIn,
  type SavepointStore,
} from "@tidemark/core/savepoints";
import { everyStateJob, everyStateRows, rowsSink, type RowsCommittable } from "@tidemark/core/testing";

/** Files by name, each byte as two hexadecimal digits. */
type Files = Readonly<Record<string, string>>;

/** A savepoint and what was committed before it, fit for JSON. */
export interface Saved {
  /** What every runtime writes in its own way: ids, positions, operator state. */
  readonly index: Files;
  readonly committed: readonly RowsCommittable[];
  /** The entries. */
  readonly segments: Files;
  readonly rows: readonly string[];
}

/** What a runtime made of a savepoint. */
export interface GoneOn {
  /** The entries after it has read all orders, as the segments of another savepoint. */
  readonly segments: Files;
  /** All rows of the job, those before the savepoint included. */
  readonly rows: readonly string[];
}

/** In each split before the savepoint, and in all. */
const [BEFORE, ALL] = [17, 30];
const JOB = "every state";
const KEY_GROUPS = 16;

/** Wall-clock time is part of state with a time to live: it stands still, so that it is the same everywhere. */
function stoppedClock(): Env {
  return { ...standardEnv({ log: () => undefined }), now: () => 1_700_000_000_000 };
}

/** Reads a part of the orders, and saves. */
export async function save(): Promise<Saved> {
  const backend = memory();
  const rows = rowsSink();
  const job = everyStateJob(rows, { count: BEFORE, bounded: false });
  await run(job, { backend, env: stoppedClock(), parallelism: 2, keyGroups: KEY_GROUPS, until: "idle" }).finished;
  return { ...(await savepointOf(backend)), committed: rows.committed(), rows: rows.rows() };
}

/** Restores at another parallelism, reads the rest, saves, and goes on to the end at yet another. */
export async function goOn(saved: Saved): Promise<GoneOn> {
  const backend = memory();
  const rows = rowsSink(saved.committed);
  const from = claim(savepointIn(await storeOf({ ...saved.segments, ...saved.index })));
  const options = { backend, from, env: stoppedClock() } as const;
  const rest = everyStateJob(rows, { count: ALL, bounded: false });
  await run(rest, { ...options, parallelism: 3, until: "idle" }).finished;
  const { segments } = await savepointOf(backend);
  await run(everyStateJob(rows, { count: ALL }), { ...options, parallelism: 1 }).finished;
  const isRight = rows.rows().join("\n") === everyStateRows(ALL).join("\n");
  if (!isRight) throw new Error("The rows are not those of plain loops");
  return { segments, rows: rows.rows() };
}

async function savepointOf(backend: StateBackend): Promise<Pick<Saved, "index" | "segments">> {
  const store = memorySavepointStore();
  const checkpoint = await openCheckpoint(backend, { job: JOB, env: stoppedClock() });
  await rewrite(checkpoint, savepointIn(store));
  await checkpoint.close();
  const index: Record<string, string> = {};
  const segments: Record<string, string> = {};
  for (const name of (await store.list()).toSorted()) {
    const files = name.startsWith("segment") ? segments : index;
    files[name] = hexOf((await store.get(name)) as Uint8Array);
  }
  return { index, segments };
}

async function storeOf(files: Files): Promise<SavepointStore> {
  const store = memorySavepointStore();
  for (const [name, hex] of Object.entries(files)) await store.put(name, bytesOf(hex), "always");
  return store;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16),
  );
}
