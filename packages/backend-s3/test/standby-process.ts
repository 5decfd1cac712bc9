/**
 * One of two processes of a job, on any machine: the example of `docs/warm-standby.md`.
 *
 *     standby-process.ts ENDPOINT DIRECTORY run | watch [HOLD]
 */
import { run, standardEnv, type StateBackend } from "@tidemark/core";
import { s3 } from "@tidemark/backend-s3";
// @boundaries-ignore the example writes its rows as a job would
import { ndjsonSink } from "@tidemark/connectors/file";
import { countInto } from "./number-job.ts";

const [endpoint = "", directory = "", mode = "run", hold = "Infinity"] = process.argv.slice(2);
const say = (line: string): unknown => process.stdout.write(`${line}\n`);
const never = new Promise<void>(() => undefined);

const backend = s3({
  bucket: "bucket",
  prefix: "jobs/counts",
  connection: { endpoint, credentials: { accessKeyId: "id", secretAccessKey: "secret" } },
});
const job = countInto(ndjsonSink(directory), 3_000, (position) => (position >= Number(hold) ? never : undefined));

if (mode === "watch") {
  say("watching");
  await headStandsStill(backend, { everyMs: 100, times: 15 });
}
const handle = run(job, {
  backend,
  checkpoint: { interval: "50ms" },
  restart: "none",
  trace: (event) => {
    if (event.kind === "checkpoint-completed") say(`checkpoint ${event.checkpointId}`);
  },
});
try {
  await handle.finished;
  say("finished");
} catch (error) {
  say(`failed ${(error as { code?: string }).code}`);
}
process.exit(0);

/** Resolves when nobody has set the head of the job for some looks in a row. A wrong guess fences a process, and loses nothing. */
async function headStandsStill(
  store: StateBackend,
  { everyMs, times }: { readonly everyMs: number; readonly times: number },
): Promise<void> {
  const env = standardEnv();
  const session = await store.open({ name: job.name, env });
  let last: string | undefined;
  for (let same = 0; same < times;) {
    const tag = (await session.head.read())?.tag;
    same = tag === last ? same + 1 : 0;
    last = tag;
    await new Promise<void>((resolve) => void env.schedule(everyMs, resolve));
  }
  await session.close();
}
