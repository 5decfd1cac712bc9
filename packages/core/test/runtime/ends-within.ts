import type { Env, JobHandle, JobResult } from "@tidemark/core";

/** Waits for the end of a job that has so long for it, by its own clock: one that is stuck, or goes in circles, fails instead. */
export async function endsWithin(limitMs: number, env: Env, job: JobHandle): Promise<JobResult> {
  let isOver = false;
  const cancel = env.schedule(limitMs, () => {
    isOver = true;
    job.cancel();
  });
  try {
    return await job.finished;
  } catch (error) {
    throw isOver ? new Error(`the job has not ended after ${limitMs} ms of its own clock`, { cause: error }) : error;
  } finally {
    cancel();
  }
}
