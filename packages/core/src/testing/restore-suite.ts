import { run } from "../api/run.ts";
import { standardEnv } from "../env/standard-env.ts";
import type { Env } from "../env/env.ts";
import type { StateBackend } from "../state/backend.ts";
import { everyStateJob } from "./restore/every-state-job.ts";
import { everyStateRows } from "./restore/every-state-rows.ts";
import { type RowsSink, rowsSink } from "./restore/rows-sink.ts";
import { expect, expectLines } from "./state-backend/expect.ts";
import type { StateBackendFixture } from "./state-backend/suite-types.ts";
import { unaligned } from "../runtime/unaligned.ts";

/** What {@link restoreSuite} needs. */
export interface RestoreSuiteOptions {
  /** Takes one test; `test` of node:test fits, and so does `Deno.test`. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** What the backend is called in the names of the tests. */
  readonly name: string;
  /** Makes a fresh, empty backend for each test. */
  readonly create: () => Promise<Pick<StateBackendFixture, "backend" | "reopen" | "dispose">>;
}

/** Each of 1, 2, 3 and 5 follows each of them once: a de Bruijn sequence of order 2. */
const PARALLELISMS = [1, 1, 2, 1, 3, 1, 5, 2, 2, 3, 2, 5, 3, 3, 5, 5, 1] as const;
/** In each of the four splits: enough that no life but the last one comes to the end. */
const ORDERS = 60;
/** A life asks for a checkpoint after so many records, and after so many more each time; meanwhile nothing more is read. */
const [FIRST_RECORDS, MORE_RECORDS] = [6, 4];
/** A life that never finds records in flight dies after so many checkpoints all the same. */
const CHECKPOINTS_MAX = 3;
/** Few, since each is looked for on its own when state is restored. */
const KEY_GROUPS = 16;
const DEATH = "the process is gone";

/**
 * The tests of whole jobs that every backend must pass: one with every kind of state, timers, windows, records in flight and
 * pending commits dies at each parallelism of 1, 2, 3 and 5 and goes on at each other one, and its rows are those of plain
 * loops. They know no test runner: each is handed to `test` by its name.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { memory } from "@tidemark/backend-memory";
 * import { restoreSuite } from "@tidemark/core/testing";
 *
 * const create = async () => {
 *   const backend = memory();
 *   return { backend, reopen: async () => backend, dispose: async () => undefined };
 * };
 * restoreSuite({ test, name: "memory", create });
 * ```
 */
export function restoreSuite({ test, name, create }: RestoreSuiteOptions): void {
  test(`${name}: a job with every kind of state goes on at 1, 2, 3 and 5 subtasks from each of them (RSC-04, RSC-05, RSC-06, RSC-07, RSC-08, SNK-04, COR-24)`, async () => {
    const fixture = await create();
    try {
      await dieAndGoOn(fixture);
    } finally {
      await fixture.dispose();
    }
  });
}

async function dieAndGoOn(fixture: Pick<StateBackendFixture, "backend" | "reopen">): Promise<void> {
  const rows = rowsSink();
  let backend = fixture.backend;
  let [pending, inFlight] = [0, 0];
  for (const parallelism of PARALLELISMS.slice(0, -1)) {
    const life = await dieAtCommit(backend, rows, parallelism);
    if (life.isDead) pending++;
    if (life.inFlight > 0) inFlight++;
    backend = await fixture.reopen();
  }
  const parallelism = PARALLELISMS.at(-1) as number;
  await run(everyStateJob(rows, { count: ORDERS }), {
    backend,
    parallelism,
    keyGroups: KEY_GROUPS,
    // What the last life left in flight is taken up by a run that may leave some itself.
    checkpoint: { mode: unaligned },
    restart: "none",
  }).finished;
  expectLines(rows.rows(), everyStateRows(ORDERS), "the rows");
  expect(pending === PARALLELISMS.length - 1, `${pending} lives left something to commit`);
  expect(inFlight >= PARALLELISMS.length / 2, `only ${inFlight} lives left records in flight`);
}

/** How a life ended. */
interface Life {
  readonly isDead: boolean;
  /** The bytes of records in flight in its last checkpoint. */
  readonly inFlight: number;
}

/**
 * Runs the job until the head lists a checkpoint that holds rows to be committed and records in flight, and lets it die
 * before the commit.
 */
async function dieAtCommit(backend: StateBackend, rows: RowsSink, parallelism: number): Promise<Life> {
  const pace = { read: 0, allowed: FIRST_RECORDS, isAsked: false, complete: 0 };
  const held = new Map<number, number>();
  let isRestored = false;
  let inFlight = 0;
  const ambient = standardEnv({ log: () => undefined });
  const env: Env = {
    ...ambient,
    point: (name, detail) => {
      if (name === "restore.done") isRestored = true;
      if (name !== "commit.starting" || !isRestored) return;
      inFlight = held.get(Number(detail?.["checkpointId"])) ?? 0;
      if (inFlight > 0 || pace.complete >= CHECKPOINTS_MAX) throw new Error(DEATH);
    },
  };
  const handle = run(everyStateJob(rows, { count: ORDERS, isHeld: () => pace.read >= pace.allowed }), {
    backend,
    env,
    parallelism,
    keyGroups: KEY_GROUPS,
    channelRecords: 6,
    checkpoint: { interval: "none", mode: unaligned },
    restart: "none",
    trace: (event) => {
      if (event.kind === "snapshot-written") {
        held.set(event.checkpointId, (held.get(event.checkpointId) ?? 0) + event.inFlightBytes);
      }
      if (event.kind === "checkpoint-completed") {
        pace.complete++;
        pace.allowed += MORE_RECORDS;
        pace.isAsked = false;
      }
      if (event.kind !== "batch" || event.channel !== undefined) return;
      pace.read += event.values.length;
      if (pace.read < pace.allowed || pace.isAsked) return;
      pace.isAsked = true;
      handle.checkpoint().catch(() => undefined);
    },
  });
  const isDead = await handle.finished.then(
    () => false,
    (error: unknown) => {
      if (error instanceof Error && error.message.includes(DEATH)) return true;
      throw error;
    },
  );
  return { isDead, inFlight };
}
