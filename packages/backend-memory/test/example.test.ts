import { test } from "node:test";
import { restoreSuite, stateBackendSuite } from "@tidemark/core/testing";
import { copies } from "./example/copies.ts";
import { Medium } from "./example/medium.ts";

const create = async () => {
  const medium = new Medium();
  return { backend: copies(medium), reopen: async () => copies(medium), dispose: async () => undefined };
};

stateBackendSuite({ test: (name, run) => test(`the example: ${name}`, run), create });
restoreSuite({ test, name: "the example", create });
