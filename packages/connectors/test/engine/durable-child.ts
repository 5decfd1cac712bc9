/** Runs the job slowly, and says each step of the protocol. It is killed before it ends. */
import { writeSync } from "node:fs";

import { runDurable } from "./durable-job.ts";

const [path = ""] = process.argv.slice(2);

await runDurable(path, { recordsPerSecond: 3_000, trace: ({ kind }) => void writeSync(1, `${kind}\n`) }).finished;
