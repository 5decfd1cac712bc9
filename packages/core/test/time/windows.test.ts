import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Duration } from "../../src/time/duration.ts";
import { tumbling } from "../../src/operators/windows/tumbling.ts";
import { durationMs } from "../../src/time/duration.ts";
import { windowStart } from "../../src/time/windows.ts";

const HOUR = 3_600_000;

const gridOf = (size: Duration, offset: Duration) => ({
  everyMs: durationMs(size, "size"),
  offsetMs: durationMs(offset, "offset"),
});

describe("tumbling", () => {
  it("has size and offset in milliseconds", () => {
    const [hourly, daily] = [tumbling("1h"), tumbling("1d", { offset: "6h" })];
    assert.deepEqual([hourly.kind, hourly.sizeMs, hourly.offsetMs], ["tumbling", HOUR, 0]);
    assert.deepEqual([daily.sizeMs, daily.offsetMs], [24 * HOUR, 6 * HOUR]);
  });

  for (const size of ["0s", "0.2ms", "-1h", "hour"]) {
    it(`refuses windows of "${size}"`, () => {
      assert.throws(() => tumbling(size as Duration), { code: "OPTION_INVALID" });
    });
  }

  it("refuses an offset that is no duration", () => {
    assert.throws(() => tumbling("1h", { offset: "1" as Duration }), {
      code: "OPTION_INVALID",
      message: /the window offset/,
    });
  });
});

describe("windowStart", () => {
  const golden: readonly (readonly [size: Duration, offset: Duration, timestamp: number, start: number])[] = [
    ["1h", "0s", 0, 0],
    ["1h", "0s", HOUR - 1, 0],
    ["1h", "0s", HOUR, HOUR],
    ["1h", "0s", -1, -HOUR],
    ["1h", "0s", -HOUR, -HOUR],
    ["1h", "0s", -HOUR - 1, -2 * HOUR],
    ["1h", "15m", 0, HOUR / 4 - HOUR],
    ["1h", "15m", HOUR / 4 - 1, HOUR / 4 - HOUR],
    ["1h", "15m", HOUR / 4, HOUR / 4],
    ["1h", "15m", -HOUR, HOUR / 4 - 2 * HOUR],
    ["1h", "90m", 0, -HOUR / 2],
    ["1d", "0s", Date.UTC(2024, 1, 29, 23, 59, 59, 999), Date.UTC(2024, 1, 29)],
    ["1d", "0s", Date.UTC(1969, 6, 20, 20, 17), Date.UTC(1969, 6, 20)],
    ["7d", "4d", Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 1)],
    ["7d", "4d", Date.UTC(2023, 11, 31, 23, 59), Date.UTC(2023, 11, 25)],
    ["1ms", "0s", 8_640_000_000_000_000, 8_640_000_000_000_000],
    ["7ms", "0s", 8_639_999_999_999_999, 8_639_999_999_999_998],
    ["1s", "0s", 8_639_999_999_999_999, 8_639_999_999_999_000],
    ["1s", "0s", -8_639_999_999_999_999, -8_640_000_000_000_000],
  ];
  for (const [size, offset, timestamp, expected] of golden) {
    it(`puts ${timestamp} into the window of ${size} from ${expected}, with offset ${offset} (WIN-01)`, () => {
      assert.equal(windowStart(timestamp, gridOf(size, offset)), expected);
    });
  }

  it("is never -0, which would be a key of its own in a Map no more, but prints otherwise", () => {
    for (const timestamp of [0, -0, 1, 0.5]) assert.ok(Object.is(windowStart(timestamp, gridOf("1h", "0s")), 0));
  });
});
