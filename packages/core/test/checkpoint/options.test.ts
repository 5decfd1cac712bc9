import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CheckpointConfig, checkpointConfig, type CheckpointOptions } from "../../src/checkpoint/options.ts";

describe("checkpointConfig", () => {
  const accepted: readonly (readonly [string, CheckpointOptions | undefined, Partial<CheckpointConfig>])[] = [
    [
      "has defaults",
      undefined,
      { intervalMs: 10_000, timeoutMs: 600_000, minPauseMs: 0, tolerableFailures: 0, retained: 1 },
    ],
    ["takes an interval", { interval: "250ms" }, { intervalMs: 250 }],
    ["takes the least interval", { interval: "1ms" }, { intervalMs: 1 }],
    ["takes no interval", { interval: "none" }, { intervalMs: Infinity }],
    [
      "takes a pause shorter than the interval",
      { interval: "2s", minPause: "1s" },
      { intervalMs: 2000, minPauseMs: 1000 },
    ],
    ["raises the interval to the pause", { interval: "1s", minPause: "3s" }, { intervalMs: 3000, minPauseMs: 3000 }],
    [
      "takes a pause without an interval",
      { interval: "none", minPause: "3s" },
      { intervalMs: Infinity, minPauseMs: 3000 },
    ],
    ["takes a timeout", { timeout: "1ms" }, { timeoutMs: 1 }],
    ["takes tolerable failures", { tolerableFailures: 7 }, { tolerableFailures: 7 }],
    ["takes a number to retain", { retained: 12 }, { retained: 12 }],
  ];
  for (const [name, options, expected] of accepted) {
    it(name, () => {
      const config = checkpointConfig(options);
      assert.deepEqual({ ...config, ...expected }, config);
    });
  }

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ["an interval of 0", { interval: "0s" }, /checkpoint\.interval "0s": it must be at least 1 ms/],
    ["an interval that rounds to 0", { interval: "0.4ms" }, /at least 1 ms/],
    ["an interval without a unit", { interval: "10" }, /checkpoint\.interval "10": a duration is a number with/],
    ["an interval that is a number", { interval: 10 }, /checkpoint\.interval 10/],
    ["a negative pause", { minPause: "-1s" }, /checkpoint\.minPause "-1s"/],
    ["a timeout of 0", { timeout: "0ms" }, /checkpoint\.timeout "0/],
    ["a timeout beyond all numbers", { timeout: `${"9".repeat(400)}d` }, /checkpoint\.timeout/],
    [
      "negative tolerable failures",
      { tolerableFailures: -1 },
      /checkpoint\.tolerableFailures -1: it must be a whole number, at least 0/,
    ],
    ["half a failure", { tolerableFailures: 0.5 }, /tolerableFailures 0\.5/],
    ["to retain none (RET-03)", { retained: 0 }, /checkpoint\.retained 0: it must be a whole number, at least 1/],
    [
      "a mode by its name",
      { mode: "unaligned" },
      /checkpoint\.mode "unaligned": there are "aligned", and unaligned of/,
    ],
    ["no mode", { mode: null }, /checkpoint\.mode null/],
    ["to retain NaN", { retained: Number.NaN }, /retained NaN/],
  ];
  for (const [name, options, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => checkpointConfig(options as CheckpointOptions), { code: "OPTION_INVALID", message });
    });
  }
});
