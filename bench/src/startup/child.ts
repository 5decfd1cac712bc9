/**
 * One start, in a process of its own: imports the bundle that its argument names, runs a job, and leaves jobs waiting.
 *
 *     child.ts FILE IDLE_PIPELINES
 */
import { pathToFileURL } from "node:url";

import type * as Engine from "./engine.ts";
import { startedJob } from "./job.ts";

/** What one start came to. */
export interface Start {
  /** Reading, compiling and running the bundle. */
  readonly importMs: number;
  /** From the call of `run` to the first result in the sink, in a process that has run nothing. */
  readonly firstRecordMs: number;
  /** The same for a second job. */
  readonly secondJobMs: number;
  /** Bytes on the heap for each job that has had one record and waits. */
  readonly idleBytes: number;
}

const [bundle = "", idle = "1"] = process.argv.slice(2);

const beforeImport = performance.now();
const engine = (await import(pathToFileURL(bundle).href)) as typeof Engine;
const importMs = performance.now() - beforeImport;

const first = await startedJob(engine);
const second = await startedJob(engine);
const heapBefore = heapUsed();
const waiting = [];
for (let index = 0; index < Number(idle); index++) waiting.push(await startedJob(engine));
const idleBytes = (heapUsed() - heapBefore) / waiting.length;
const all = [first, second, ...waiting];
for (const { handle } of all) handle.stop();
await Promise.all(all.map(({ handle }) => handle.finished));
const start: Start = { importMs, firstRecordMs: first.firstRecordMs, secondJobMs: second.firstRecordMs, idleBytes };
console.log(JSON.stringify(start));

function heapUsed(): number {
  // The second collection takes what the first one has only found.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
