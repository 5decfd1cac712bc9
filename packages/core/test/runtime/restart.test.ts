import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckpointError, ConfigurationError, ConnectorError, StateError, UserCodeError } from "@tidemark/core";

import { type RestartOptions, RestartStrategy } from "../../src/runtime/restart.ts";

const failure = new UserCodeError("Cannot go on");
const HOUR_MS = 3_600_000;

/** What a strategy answers to failures at these moments. */
function answers(options: RestartOptions | undefined, moments: readonly number[]): readonly (number | undefined)[] {
  const strategy = new RestartStrategy(options);
  return moments.map((at) => strategy.failed(failure, at));
}

test("RestartStrategy: restarts so often, after a fixed pause, and then no more (RST-02)", () => {
  assert.deepEqual(answers(undefined, [0, 1, 2, 3, 4]), [1_000, 1_000, 1_000, undefined, undefined]);
  assert.deepEqual(answers({ attempts: 1, delay: "250ms" }, [0, 1]), [250, undefined]);
  assert.deepEqual(answers({ attempts: 0 }, [0]), [undefined]);
  assert.deepEqual(answers("none", [0]), [undefined]);
});

test("RestartStrategy: forgets failures after a quiet time", () => {
  const options = { attempts: 1, delay: "1s", resetAfter: "10s" } as const;
  assert.deepEqual(answers(options, [0, 10_000, 20_000]), [1_000, 1_000, 1_000]);
  assert.deepEqual(answers(options, [0, 9_999]), [1_000, undefined]);
  // Each failure begins the quiet time anew.
  assert.deepEqual(answers(options, [0, 9_999, 19_998]), [1_000, undefined, undefined]);
  assert.deepEqual(answers(undefined, [0, 1, 2, HOUR_MS + 2]), [1_000, 1_000, 1_000, 1_000]);
});

test("RestartStrategy: fails at once where the next attempt would meet the same", () => {
  const final = [
    new ConfigurationError("OPTION_INVALID", ""),
    new StateError("STATE_LOCKED", ""),
    new StateError("STATE_UNMAPPED", ""),
    new StateError("STATE_CORRUPT", ""),
    new CheckpointError("CHECKPOINT_CORRUPT", ""),
    new CheckpointError("CHECKPOINT_MISSING", ""),
    new CheckpointError("CHECKPOINT_FENCED", ""),
    new ConnectorError("RECORD_INVALID", ""),
    new ConnectorError("COMMIT_FAILED", ""),
  ];
  for (const error of final) assert.equal(new RestartStrategy().failed(error, 0), undefined, error.code);
  const passing = [
    new StateError("STATE_IO", "", { retryable: true }),
    new CheckpointError("CHECKPOINT_ABORTED", ""),
    new CheckpointError("CHECKPOINT_TOLERANCE", ""),
    new ConnectorError("SOURCE_IO", ""),
    new ConnectorError("SINK_IO", ""),
    failure,
    new Error("anything"),
    "not even an error",
  ];
  for (const error of passing) assert.equal(new RestartStrategy().failed(error, 0), 1_000);
});

test("RestartStrategy: refuses numbers and durations that make no sense", () => {
  for (const options of [
    { attempts: -1 },
    { attempts: 1.5 },
    { attempts: NaN },
    { delay: "soon" },
    { resetAfter: "-1s" },
  ]) {
    assert.throws(() => new RestartStrategy(options as RestartOptions), { code: "OPTION_INVALID" });
  }
});
