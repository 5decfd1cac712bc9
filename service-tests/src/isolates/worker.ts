/** The worker: each request is one run of the job, from the store and back into it. */
import { s3 } from "@tidemark/backend-s3";
import { isolateEnv, run } from "@tidemark/core";
import { soakJob } from "../soak/job.ts";
import type { SoakRow } from "../soak/rows.ts";
import { soakSource } from "../soak/source.ts";
import { type Invocation, type InvocationAnswer, ROWS_PREFIX, STATE_PREFIX } from "./invocation.ts";
import { objectSink } from "./object-sink.ts";
import { sinkClient } from "./sink-client.ts";

const BURST = 40;

async function invoked({ place, bucket, until, end = Infinity }: Invocation): Promise<InvocationAnswer> {
  const { endpoint, region, accessKeyId, secretAccessKey } = place;
  let reached = 0;
  const note = (n: number): void => void (reached = Math.max(reached, n));
  const source = soakSource({ end, burst: BURST, reached: note });
  const { outcome, metrics } = await run(soakJob(source, objectSink<SoakRow>(sinkClient(place, bucket), ROWS_PREFIX)), {
    backend: s3({
      bucket,
      prefix: STATE_PREFIX,
      connection: { endpoint, region, credentials: { accessKeyId, secretAccessKey } },
    }),
    until,
    parallelism: 2,
    restart: "none",
    checkpoint: { interval: "30ms" },
    env: isolateEnv({ log: () => undefined }),
  }).finished;
  return { outcome, restoredFrom: metrics.restoredFrom, records: metrics.recordsIn, reached };
}

/** What workerd calls. Who hangs up ends the invocation where it is. */
// oxlint-disable-next-line import/no-default-export
export default {
  async fetch(request: Request): Promise<Response> {
    const answer = await request
      .json()
      .then((invocation) => invoked(invocation as Invocation))
      .catch((error: unknown): InvocationAnswer => ({ error: error instanceof Error ? (error.stack ?? "") : "" }));
    return Response.json(answer);
  },
};
