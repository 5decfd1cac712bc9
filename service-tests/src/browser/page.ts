/** What runs in the page. Its functions are called from outside, by their names. */
import { leveldb } from "@tidemark/backend-leveldb";
import { type ObjectClient, run, standardEnv } from "@tidemark/core";
import { listCheckpoints } from "@tidemark/core/savepoints";
import { type StateBackendFixture, stateBackendSuite } from "@tidemark/core/testing";
import { objectSink } from "../isolates/object-sink.ts";
import { soakJob } from "../soak/job.ts";
import type { SoakRow } from "../soak/rows.ts";
import { soakSource } from "../soak/source.ts";
import { type Invocation, type InvocationAnswer, type LookAnswer, ROWS_URL, type SuiteAnswer } from "./page-calls.ts";

const BURST = 40;

/** How far any split has come, from where the first one was when it was taken over, and who waits for how much of it. */
let advanced = 0;
let waiting: { readonly numbers: number; readonly resolve: () => void }[] = [];

/** The functions of the page. */
const functions = { runSuite, runJob, begun, lockedOut, lookedInto, comeAfter };
Object.assign(globalThis, functions);

/** Every test of the suite, each over a database of its own. */
async function runSuite(): Promise<SuiteAnswer> {
  const cases: { readonly name: string; readonly run: () => Promise<void> }[] = [];
  let made = 0;
  stateBackendSuite({
    test: (name, each) => cases.push({ name, run: each }),
    create: async () => fixture(`suite-${made++}`),
  });
  const failed: string[] = [];
  for (const { name, run: each } of cases) {
    await each().catch((error: unknown) => failed.push(`${name}: ${error instanceof Error ? error.stack : "?"}`));
  }
  return { passed: cases.length - failed.length, failed };
}

function fixture(location: string): StateBackendFixture {
  return {
    backend: leveldb(location),
    reopen: async () => {
      await takeAway(location);
      return leveldb(location);
    },
    damage: async (kind) => {
      await takeAway(location);
      const letter = { state: "d", "state-missing": undefined, head: "h", manifest: "m" }[kind];
      return letter !== undefined && flipBit(location, letter);
    },
    dispose: () => takeAway(location),
  };
}

/** The lock is taken from whoever has the database open, as when its page is gone: it can do nothing there any more. */
async function takeAway(location: string): Promise<void> {
  await navigator.locks.request(`tidemark-leveldb/${location}`, { steal: true }, async () => undefined);
}

/** Changes the last byte of the first row whose key begins with a letter. */
async function flipBit(location: string, letter: string): Promise<boolean> {
  const database = await answered(indexedDB.open(`tidemark-leveldb/${location}`));
  const store = database.transaction(["rows"], "readwrite").objectStore("rows");
  const code = letter.charCodeAt(0);
  const range = IDBKeyRange.bound(Uint8Array.of(code), Uint8Array.of(code + 1), false, true);
  const cursor = await answered(store.openCursor(range));
  if (cursor !== null) {
    const value = cursor.value as Uint8Array;
    value[value.length - 1] = (value.at(-1) as number) ^ 0x01;
    await answered(cursor.update(value));
  }
  database.close();
  return cursor !== null;
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error as Error));
  });
}

/** One run of the job, from its database and back into it. */
async function runJob({
  place,
  until,
  end = Infinity,
  parallelism,
  limitBytes,
}: Invocation): Promise<InvocationAnswer> {
  let reached = 0;
  let from: number | undefined;
  const note = (n: number): void => {
    reached = Math.max(reached, n);
    from ??= n;
    advance(n - from);
  };
  const source = soakSource({ end, burst: BURST, reached: note });
  const { outcome, metrics } = await run(soakJob(source, objectSink<SoakRow>(rows, place)), {
    backend: leveldb(place),
    until,
    parallelism,
    restart: "none",
    checkpoint: { interval: "30ms" },
    ...(limitBytes === undefined ? {} : { state: { limitBytes } }),
    env: standardEnv({ log: () => undefined }),
  }).finished;
  return { outcome, restoredFrom: metrics.restoredFrom, records: metrics.recordsIn, reached };
}

function advance(numbers: number): void {
  advanced = Math.max(advanced, numbers);
  for (const each of waiting) if (each.numbers <= advanced) each.resolve();
  waiting = waiting.filter((each) => each.numbers > advanced);
}

/** Resolves once a job has read so many numbers further in this page. */
function begun(numbers = 1): Promise<void> {
  return new Promise((resolve) => {
    waiting.push({ numbers, resolve });
    advance(0);
  });
}

/** What a second owner of a database is told. */
async function lockedOut(place: string): Promise<string> {
  const refused = await runJob({ place, until: { records: 1 }, parallelism: 1 }).catch((error: unknown) => error);
  return String(Reflect.get(Object(refused), "code"));
}

/** What somebody is told who looks for checkpoints in a database, and the names of all databases after that. */
async function lookedInto(place: string): Promise<LookAnswer> {
  const told = await listCheckpoints(leveldb(place), { job: "soak" }).then(
    (found) => `${found.length > 0 ? "some" : "no"} checkpoints`,
    (error: unknown) => String(Reflect.get(Object(error), "code")),
  );
  const databases = (await indexedDB.databases()).map(({ name = "" }) => name);
  return { told, databases };
}

/**
 * Makes itself the owner of a database, as the next page does once the lock is free, while the one before may still have
 * something on its way there.
 *
 * @returns how many rows there are.
 */
async function comeAfter(place: string): Promise<number> {
  const database = await answered(indexedDB.open(`tidemark-leveldb/${place}`));
  const transaction = database.transaction(["rows", "owner"], "readwrite");
  const owners = transaction.objectStore("owner");
  await answered(owners.put((await answered(owners.get(0) as IDBRequest<number>)) + 1, 0));
  const count = await answered(transaction.objectStore("rows").count());
  database.close();
  return count;
}

/** Where rows go: a write of a name that is there already changes nothing, and says so. */
const rows: Pick<ObjectClient, "get" | "put"> = {
  get: async (key) => {
    const answer = await fetch(ROWS_URL + encodeURIComponent(key));
    return answer.ok ? { bytes: new Uint8Array(await answer.arrayBuffer()), etag: key } : undefined;
  },
  put: async (key, bytes) => {
    const body = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const answer = await fetch(ROWS_URL + encodeURIComponent(key), { method: "PUT", body });
    if (answer.status === 409) return undefined;
    if (!answer.ok) throw new Error(`Cannot write ${key}: status ${answer.status}`);
    return key;
  },
};
