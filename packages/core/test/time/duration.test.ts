import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shownDuration } from "../../src/duration.ts";
import { type Duration, durationMs } from "../../src/time/duration.ts";

describe("durationMs", () => {
  const accepted: readonly (readonly [Duration, number])[] = [
    ["0s", 0],
    ["250ms", 250],
    ["10s", 10_000],
    ["5m", 300_000],
    ["3h", 10_800_000],
    ["1d", 86_400_000],
    ["1.5h", 5_400_000],
    ["0.25s", 250],
    ["0.4ms", 0],
    ["007s", 7000],
  ];
  for (const [duration, expected] of accepted) {
    it(`takes "${duration}" for ${expected} ms`, () => {
      assert.equal(durationMs(duration, "the test"), expected);
    });
  }

  const refused: readonly unknown[] = [
    "",
    "10",
    "s",
    "10 s",
    " 10s",
    "-5s",
    "+5s",
    "1e3s",
    "10S",
    "10min",
    "1h30m",
    ".5s",
    "5.s",
    "Infinitys",
    "NaNs",
    `${"9".repeat(17)}d`,
    `${"9".repeat(400)}ms`,
    10,
    undefined,
    null,
    ["10s", "10s"],
  ];
  for (const duration of refused) {
    it(`refuses ${JSON.stringify(duration)?.slice(0, 30)}, naming the option`, () => {
      assert.throws(() => durationMs(duration as Duration, "the test"), {
        code: "OPTION_INVALID",
        message: /^Cannot use the test /,
      });
    });
  }
});

describe("shownDuration", () => {
  const shown: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [1, "1ms"],
    [1_500, "1500ms"],
    [10_000, "10s"],
    [5_400_000, "90m"],
    [3_600_000, "1h"],
    [7 * 86_400_000, "7d"],
    [-300_000, "-5m"],
    [0.5, "0.5ms"],
    [Infinity, "Infinityms"],
  ];
  for (const [durationMs, expected] of shown) {
    it(`writes ${durationMs} ms as "${expected}"`, () => {
      assert.equal(shownDuration(durationMs), expected);
    });
  }
});
