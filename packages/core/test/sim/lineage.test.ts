import assert from "node:assert/strict";
import { test } from "node:test";

import { NOTHING_SEEN, observe, type Observed } from "@tidemark/core/testing";

/** The first rule that a history breaks. */
function breachOf(...history: readonly Observed[]): string | undefined {
  let lineage = NOTHING_SEEN;
  for (const seen of history) {
    const next = observe(lineage, seen);
    if (typeof next === "string") return next;
    lineage = next;
  }
  return undefined;
}

const started = (generation: number, restoredFrom: number): Observed => ({ kind: "started", generation, restoredFrom });
const step = (kind: "drawn" | "described" | "listed" | "committed", generation: number, id: number): Observed => {
  return { kind, generation, id };
};
const completed = (generation: number, id: number): readonly Observed[] => [
  step("drawn", generation, id),
  step("described", generation, id),
  step("listed", generation, id),
];

test("observe: lives that follow each other, and one that is overtaken and learns it late", () => {
  assert.equal(
    breachOf(
      started(1, 0),
      ...completed(1, 1),
      step("committed", 1, 1),
      step("drawn", 1, 2),
      step("described", 1, 2),
      started(2, 2),
      step("listed", 1, 2),
      step("committed", 2, 2),
      step("committed", 1, 2),
      step("drawn", 1, 3),
      ...completed(2, 17),
      started(3, 17),
    ),
    undefined,
  );
});

const breaches: readonly (readonly [what: string, history: readonly Observed[], breach: RegExp])[] = [
  ["one generation twice", [started(1, 0), started(1, 0)], /generation 1 has two owners/],
  ["a start from nothing anybody wrote", [started(1, 7)], /began at 7, which nobody described/],
  ["a start that forgets", [started(1, 0), ...completed(1, 1), started(2, 0)], /2 began at 0, and 1 had completed 1/],
  [
    "an older start from something newer",
    [started(2, 0), ...completed(2, 1), started(3, 0)],
    /3 began at 0, and 2 had completed 1/,
  ],
  ["one id twice", [started(1, 0), started(2, 0), step("drawn", 1, 1), step("drawn", 2, 1)], /1 and 2 both drew 1/],
  ["ids that go back", [started(1, 0), step("drawn", 1, 2), step("drawn", 1, 1)], /ids grow with generations/],
  [
    "a newer owner below an older one's ids",
    [started(1, 0), started(2, 0), step("drawn", 1, 5), step("drawn", 2, 4)],
    /ids grow/,
  ],
  [
    "a manifest of another's checkpoint",
    [started(1, 0), started(2, 0), step("drawn", 1, 1), step("described", 2, 1)],
    /did not draw/,
  ],
  ["completion without a manifest", [started(1, 0), step("drawn", 1, 1), step("listed", 1, 1)], /without a manifest/],
  [
    "completion after having been overtaken",
    [started(1, 0), step("drawn", 1, 1), step("described", 1, 1), started(2, 0), step("listed", 1, 1)],
    /1 completed 1, and 2 had begun at 0/,
  ],
  [
    "a commit before completion",
    [started(1, 0), step("drawn", 1, 1), step("described", 1, 1), step("committed", 1, 1)],
    /committed 1, which it neither restored nor completed/,
  ],
  ["anything before a start", [step("drawn", 1, 1)], /before it started/],
];

for (const [what, history, breach] of breaches) {
  test(`observe: refuses ${what}`, () => {
    assert.match(breachOf(...history) ?? "nothing was found", breach);
  });
}
