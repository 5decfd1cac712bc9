import assert from "node:assert/strict";
import { test } from "node:test";

import { sliding } from "../../../src/operators/windows/sliding.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { runBetween } from "../atomic-runs.ts";
import { collect, operatorOf } from "./windows.ts";

test("sliding windows: a key whose slices cannot be merged has one dead letter for the window and no result, others have theirs", () => {
  const aggregate = {
    ...collect,
    merge: (into: string[], from: string[]): string[] => {
      if (from.includes("ab")) throw new RangeError("throws: merge");
      return collect.merge?.(into, from) ?? [];
    },
  };
  // One window contains all four slices, of which "ab" spoils the second.
  const factory = operatorOf(sliding("40ms", "10ms"), { aggregate });
  const records = ["aa 0", "ab 10", "ac 20", "ad 30", "ba 0", "bb 30"].map((text): [string, number] => {
    const [value = "", at = ""] = text.split(" ");
    return [value, Number(at)];
  });
  const { main, letters } = runBetween(
    factory,
    [
      { kind: "batch", records },
      { kind: "watermark", time: END_OF_TIME },
    ],
    [],
    { full: false, slice: 3 },
  );
  const resultsAt = (end: number): unknown[] => main.filter(([, time]) => time === end - 1).map(([result]) => result);
  const window = { start: 0, end: 40 };
  assert.deepEqual(resultsAt(40), [{ key: "b", window, value: "ba bb" }]);
  assert.deepEqual(resultsAt(10), [
    { key: "a", window: { start: -30, end: 10 }, value: "aa" },
    { key: "b", window: { start: -30, end: 10 }, value: "ba" },
  ]);
  // The four windows that contain "ab": each is one letter, whatever comes after it in the window.
  assert.equal(letters.length, 4);
});
