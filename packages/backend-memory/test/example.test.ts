import { test } from "node:test";
import { stateBackendSuite } from "@tidemark/core/testing";
import { VersionSpace } from "./example/version-space.ts";
import { versions } from "./example/versions-backend.ts";

stateBackendSuite({
  test: (name, run) => test(`the example: ${name}`, run),
  create: async () => {
    const space = new VersionSpace();
    return {
      backend: versions(space),
      reopen: async () => versions(space),
      dispose: async () => undefined,
    };
  },
});
