import { test } from "node:test";
import { stateBackendSuite } from "@tidemark/core/testing";
import { MemoryLevel } from "memory-level";
import { databaseFixture, levelFixture } from "./fixtures.ts";

stateBackendSuite({ test: (name, run) => test(`level: ${name}`, run), create: levelFixture });

stateBackendSuite({
  test: (name, run) => test(`memory-level: ${name}`, run),
  create: async () => {
    // Closing it and opening it again keeps its rows.
    const database = new MemoryLevel();
    return databaseFixture(
      () => database,
      async () => undefined,
    );
  },
});
