// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";

import type { TraceEvent } from "@tidemark/core";

import { unexpectedFailure } from "../src/failures.ts";

const calm = { isDamaged: false, expires: false };
const failedWith = (code: string): TraceEvent => ({ kind: "attempt-failed", generation: 3, message: "why", code });

test("unexpectedFailure: what faults lead to, what damage and sinks that let go lead to where there are any, and nothing else", () => {
  for (const code of ["CHECKPOINT_FENCED", "SINK_IO", "SOURCE_IO", "STATE_IO", "USER_CODE"]) {
    assert.equal(unexpectedFailure(failedWith(code), calm), undefined);
  }
  const unknown: TraceEvent = {
    kind: "attempt-failed",
    generation: 3,
    message: "Cannot learn whether the head was written: connection reset",
    code: "CHECKPOINT_ABORTED",
  };
  assert.equal(unexpectedFailure(unknown, calm), undefined);
  assert.match(unexpectedFailure(failedWith("CHECKPOINT_ABORTED"), calm)!, /CHECKPOINT_ABORTED/);
  const expected = "generation 3 failed with STATE_CORRUPT: why";
  assert.equal(unexpectedFailure(failedWith("STATE_CORRUPT"), calm), expected);
  assert.equal(unexpectedFailure(failedWith("STATE_CORRUPT"), { ...calm, isDamaged: true }), undefined);
  assert.match(unexpectedFailure(failedWith("COMMIT_FAILED"), calm)!, /COMMIT_FAILED/);
  assert.equal(unexpectedFailure(failedWith("COMMIT_FAILED"), { ...calm, expires: true }), undefined);
  assert.match(unexpectedFailure(failedWith("INTERNAL"), { isDamaged: true, expires: true })!, /INTERNAL/);
});

test("unexpectedFailure: of a part of the job as of all of it", () => {
  const ofRegion: TraceEvent = {
    kind: "region-failed",
    region: 0,
    stages: ["map"],
    generation: 4,
    message: "no answer",
    code: "INTERNAL",
  };
  assert.equal(unexpectedFailure(ofRegion, calm), "generation 4 failed with INTERNAL: no answer");
  assert.equal(unexpectedFailure({ kind: "checkpoint-aborted", checkpointId: 1, reason: "expired" }, calm), undefined);
});
