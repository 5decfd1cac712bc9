import { test } from "node:test";

import { type StateBackendFixture, stateBackendSuite, type StateDamage } from "@tidemark/core/testing";

import { SegmentSpace, segmentsIn } from "./segment-space.ts";

stateBackendSuite({
  test: (name, run) => test(`segments: ${name}`, run),
  create: async () => fixture({}),
});

/** So small that every test spills, cuts, packs and folds. */
const SMALL = {
  blockBytes: 64,
  segmentBytes: 256,
  inlineBytes: 0,
  packBytes: 1_024,
  spillBytes: 512,
  spilledMax: 2,
  chainMax: 3,
};
stateBackendSuite({
  test: (name, run) => test(`small segments: ${name}`, run),
  create: async () => fixture(SMALL),
});

function fixture(tuning: Parameters<typeof segmentsIn>[1]): StateBackendFixture {
  const space = new SegmentSpace();
  const backend = segmentsIn(space, tuning);
  return {
    backend,
    reopen: async () => backend,
    damage: async (kind) => damage(space, kind),
    dispose: async () => undefined,
  };
}

function damage(space: SegmentSpace, kind: StateDamage): boolean {
  const [name, bytes] = [...space.segments].at(-1) ?? [];
  if (name === undefined || bytes === undefined) return false;
  if (kind === "state") {
    const damaged = bytes.slice();
    damaged[bytes.length >> 1] = (damaged[bytes.length >> 1] as number) ^ 0x10;
    space.segments.set(name, damaged);
    return true;
  }
  return kind === "state-missing" && space.segments.delete(name);
}
