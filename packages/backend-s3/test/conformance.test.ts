import { test } from "node:test";
import type { StateBackend } from "@tidemark/core";
// @boundaries-ignore the local tier is any backend of the user's, and this one runs in a simulated world
import { memory } from "@tidemark/backend-memory";
import { type SimProcess, type StateBackendFixture, stateBackendSuite } from "@tidemark/core/testing";
import { inWorld, localBackend, simFixture, smallBackend } from "./fixtures.ts";

let create: (() => Promise<StateBackendFixture>) | undefined;

// The store answers only while its world goes on, so each test is a program in a world of its own.
const inWorldOf =
  (options: Parameters<typeof inWorld>[1], kind: string) =>
  (run: () => Promise<void>): Promise<void> =>
    inWorld(async (world, store, process) => {
      const local = memory();
      const makers: Readonly<Record<string, (of: SimProcess) => StateBackend>> = {
        small: (of) => smallBackend(store.client(of)),
        local: (of) => localBackend(store.client(of), local),
      };
      create = async () => simFixture(world, store, process, makers[kind]);
      await run();
    }, options);

const LAGS = "the list shows what was there 50 ms ago";

for (const { name, options, knownGaps, kind = "" } of [
  { name: "simulated", options: {}, knownGaps: {} },
  { name: "simulated, small limits", options: {}, knownGaps: {}, kind: "small" },
  { name: "simulated, with a local copy", options: {}, knownGaps: {}, kind: "local" },
  { name: "simulated, pages of 2", options: { pageSize: 2 }, knownGaps: {} },
  {
    name: "simulated, lists that lag",
    options: { listLagMs: 50 },
    // What may go stays for longer, and nothing else depends on lists. These four look at a list themselves.
    knownGaps: {
      "manifests: hold what was written, and writing the same again is no error": LAGS,
      "RET-02 release: what is retained stays restorable, and other manifests go": LAGS,
      "release: takes what an older generation left above the restored epoch, and nothing of its own": LAGS,
      "COR-23 audit: tells what is needed, what a release would take, and what is missing": LAGS,
    },
  },
]) {
  const world = inWorldOf(options, kind);
  stateBackendSuite({
    test: (title, run) => test(`${name}: ${title}`, () => world(run)),
    create: () => create!(),
    knownGaps,
  });
}
