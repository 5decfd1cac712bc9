/** Runs a query over a file to its end, or to the place where it has to die. */
import { join } from "node:path";

import { leveldb } from "@tidemark/backend-leveldb";
import { memory } from "@tidemark/backend-memory";
import { ndjsonSink, ndjsonSource } from "@tidemark/connectors/file";
import { run, standardEnv } from "@tidemark/core";

import { eventOf } from "../generator/mod.ts";
import { nexmarkJob, type Output } from "./job.ts";
import type { Task } from "./task.ts";

/** Where the committed parts of the output are. */
export function partsOf(directory: string): string {
  return join(directory, "parts");
}

/**
 * Runs one life of the job.
 *
 * @param counted told of every event that is read, if somebody wants to know.
 */
export async function live(task: Task, counted: (events: number) => void = () => undefined): Promise<void> {
  const { kill } = task;
  let events = 0;
  const source = ndjsonSource(task.input, {
    splits: task.parallelism,
    validate: (value) => {
      const event = eventOf(value);
      counted(++events);
      // Far behind its place: no such point was passed any more.
      if (kill !== undefined && events > 2 * kill.afterEvents + 1_000) die();
      return event;
    },
  });
  const job = nexmarkJob(task.query, {
    events: source,
    outOfOrder: task.outOfOrder,
    rows: ndjsonSink<Output>(partsOf(task.directory)),
  });
  const { finished } = run(job, {
    backend: task.outlives ? leveldb(join(task.directory, "state")) : memory(),
    durable: task.outlives,
    parallelism: task.parallelism,
    checkpoint: { interval: task.interval },
    restart: "none",
    env: standardEnv({
      point: (name) => {
        if (kill !== undefined && name === kill.point && events >= kill.afterEvents) die();
      },
    }),
  });
  await finished;
  // The job was faster than its death. One that comes after the end must not change anything either.
  if (kill !== undefined) die();
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("Cannot die: the signal has not come");
}
