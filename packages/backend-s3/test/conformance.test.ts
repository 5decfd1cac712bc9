import { test } from "node:test";
import type { StateBackend } from "@tidemark/core";
import { type StateBackendFixture, stateBackendSuite } from "@tidemark/core/testing";
import { inWorld, simFixture, smallBackend } from "./fixtures.ts";

let create: (() => Promise<StateBackendFixture>) | undefined;

// The store answers only while its world goes on, so each test is a program in a world of its own.
const inWorldOf =
  (options: Parameters<typeof inWorld>[1], isSmall: boolean) =>
  (run: () => Promise<void>): Promise<void> =>
    inWorld(async (world, store, process) => {
      const small = (of: typeof process): StateBackend => smallBackend(store.client(of));
      create = async () => simFixture(world, store, process, isSmall ? small : undefined);
      await run();
    }, options);

const LAGS = "the list shows what was there 50 ms ago";

for (const { name, options, knownGaps, isSmall = false } of [
  { name: "simulated", options: {}, knownGaps: {} },
  { name: "simulated, small limits", options: {}, knownGaps: {}, isSmall: true },
  { name: "simulated, pages of 2", options: { pageSize: 2 }, knownGaps: {} },
  {
    name: "simulated, lists that lag",
    options: { listLagMs: 50 },
    // What may go stays for longer, and nothing else depends on lists. These three look at a list themselves.
    knownGaps: {
      "manifests: hold what was written, and writing the same again is no error": LAGS,
      "RET-02 release: what is retained stays restorable, and other manifests go": LAGS,
      "release: takes what an older generation left above the restored epoch, and nothing of its own": LAGS,
    },
  },
]) {
  const world = inWorldOf(options, isSmall);
  stateBackendSuite({
    test: (title, run) => test(`${name}: ${title}`, () => world(run)),
    create: () => create!(),
    knownGaps,
  });
}
