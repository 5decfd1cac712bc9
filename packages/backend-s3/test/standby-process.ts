/**
 * One of two processes of a job, on any machine, as `docs/warm-standby.md` has them, over any server.
 *
 *     standby-process.ts ENDPOINT DIRECTORY run | watch [HOLD]
 */
import { run } from "@tidemark/core";
import { headStandsStill, s3 } from "@tidemark/backend-s3";
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
  await headStandsStill(backend, { job: job.name, every: "100ms", times: 15 });
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
