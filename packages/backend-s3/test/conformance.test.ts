import { test } from "node:test";
import { stateBackendSuite } from "@tidemark/core/testing";
import { inWorld, serverFixture, simFixture } from "./fixtures.ts";

stateBackendSuite({ test: (name, run) => test(`HTTP: ${name}`, run), create: serverFixture });

let create: (() => ReturnType<typeof serverFixture>) | undefined;

// The store answers only while its world goes on, so each test is a program in a world of its own.
const inWorldOf =
  (options: Parameters<typeof inWorld>[1]) =>
  (run: () => Promise<void>): Promise<void> =>
    inWorld(async (world, store, process) => {
      create = async () => simFixture(world, store, process);
      await run();
    }, options);

for (const [name, options] of [
  ["simulated", {}],
  ["simulated, pages of 2", { pageSize: 2 }],
  // Only what may go is listed, so a list that lags lets it stay for longer: one test counts what is left.
  ["simulated, lists that lag", { listLagMs: 50 }],
] as const) {
  const world = inWorldOf(options);
  stateBackendSuite({ test: (title, run) => test(`${name}: ${title}`, () => world(run)), create: () => create!() });
}
