/** The process that is killed: one life of the job, from wherever its last checkpoint stands. */
import { mkdirSync } from "node:fs";
import { leveldb } from "@tidemark/backend-leveldb";
import { s3 } from "@tidemark/backend-s3";
import { ndjsonSink } from "@tidemark/connectors/file";
import { type BackendSession, type RetainedEpoch, run, type StateBackend, standardEnv } from "@tidemark/core";
import { soakJob } from "./job.ts";
import { soakSource } from "./source.ts";
import { Striker } from "./striker.ts";
import { type AuditReport, say, type SoakPlace, type SoakTask } from "./task.ts";

const BURST = 40;

const task = JSON.parse(process.argv[2] ?? "{}") as SoakTask;

function backendOf(place: SoakPlace): StateBackend {
  if (place.backend === "leveldb") return leveldb(place.directory);
  const { bucket, prefix, endpoint, region, accessKeyId, secretAccessKey } = place;
  const connection = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
  return s3({ bucket, prefix, connection, requestTimeout: "2s", cleanUpEvery: 2 });
}

/** The same backend, which also tells what the engine last said to be retained. */
function overheard(backend: StateBackend, heard: (retained: readonly RetainedEpoch[]) => void): StateBackend {
  const { name, capabilities } = backend;
  const open: StateBackend["open"] = async (job) => {
    const session = await backend.open(job);
    return new Proxy(session, {
      get: (inner, property) => {
        if (property === "release") {
          return async (retained: readonly RetainedEpoch[]) => {
            await inner.release(retained);
            heard(retained);
          };
        }
        const member: unknown = Reflect.get(inner, property);
        return typeof member === "function" ? (member.bind(inner) as unknown) : member;
      },
    }) as BackendSession;
  };
  return { name, capabilities, open };
}

async function audited(backend: StateBackend, retained: readonly RetainedEpoch[]): Promise<AuditReport> {
  const session = await backend.open({ name: "soak", env: standardEnv() });
  const { stored, referenced, pending, orphaned, missing } = await session.audit(retained);
  await session.close();
  // The session that audits has files of its own: tables that it has not looked through yet.
  const isOwn = (name: string): boolean => name.endsWith(".unchecked");
  const left = pending.filter((name) => !isOwn(name));
  return { stored: stored - (pending.length - left.length), referenced, pending: left, orphaned, missing };
}

async function main(): Promise<void> {
  if (task.place.backend === "leveldb") mkdirSync(task.place.directory, { recursive: true });
  const striker = new Striker(task.aim, task.place);
  const reached = (n: number): void => striker.reached(n);
  let retained: readonly RetainedEpoch[] = [];
  const backend = overheard(backendOf(task.place), (last) => (retained = last));
  const source = soakSource({ end: task.end ?? Infinity, burst: BURST, reached });
  await run(soakJob(source, ndjsonSink(task.output)), {
    backend,
    parallelism: task.aim?.parallelism ?? 2,
    // A session on S3 cleans up at its first checkpoint, and then only now and then: the life that is audited takes just one.
    checkpoint: { interval: task.audits ? "none" : "20ms", timeout: "30s", tolerableFailures: 5, retained: 2 },
    // Requests that stay unanswered for long are part of the soak with a proxy: the job then starts again by itself.
    restart: task.place.backend === "s3" ? { attempts: 20, delay: "50ms" } : "none",
    env: standardEnv({ point: (name, detail) => striker.point(name, detail), log: () => undefined }),
  }).finished;
  if (task.aim !== undefined) throw new Error("the job ended before it was killed");
  say({ type: "finished", audit: task.audits ? await audited(backendOf(task.place), retained) : undefined });
}

try {
  await main();
} catch (error) {
  say({ type: "failed", reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}
