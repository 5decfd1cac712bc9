/** Connectors that break their contract: nothing is lost without a word. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { type JobResult, pipeline, type PollResult, run, type Source, type SourceReader } from "@tidemark/core";

import { ledgerSink } from "./ledger-sink.ts";
import { memory } from "./memory.ts";
import { pacedSource } from "./paced-source.ts";

type Reader = SourceReader<number, { readonly id: string }>;

const NUMBERS = Array.from({ length: 100 }, (_, index) => index);

/** Reads two splits, and says of its third answer what it is told to. */
function lying(lie: (found: PollResult<number>, reader: Reader) => PollResult<number>): Source<number> {
  const source = pacedSource([NUMBERS, NUMBERS]) as Source<number, { readonly id: string }>;
  return {
    ...source,
    createReader: (context) => {
      const reader = source.createReader(context);
      let answers = 0;
      const honest = reader.poll.bind(reader);
      const poll = (limit: number): PollResult<number> => {
        const found = honest(limit);
        return typeof found === "object" && ++answers === 3 ? lie(found, reader) : found;
      };
      return Object.assign(reader, { poll });
    },
  };
}

async function readAll(source: Source<number>): Promise<JobResult> {
  const job = pipeline("lies");
  const replayable = source as Source<number, { readonly id: string }, unknown, true>;
  job.source("in", replayable, { eventTime: (n) => n }).sink("out", ledgerSink<number>().sink);
  return run(job, { backend: memory(), restart: "none" }).finished;
}

describe("a source that lies", () => {
  it("about its end, while it still has splits, fails the job", async () => {
    await assert.rejects(readAll(lying(() => "finished")), {
      code: "INTERNAL",
      message: /source "in".*finished.*split "split-/,
    });
  });

  it("about the split that its records are of, fails the job", async () => {
    await assert.rejects(readAll(lying((found) => ({ ...(found as object), splitId: "nobody's" }) as never)));
  });
});
