import { test } from "node:test";

import { memory } from "@tidemark/backend-memory";
import { restoreSuite } from "@tidemark/core/testing";

const create = async () => {
  const backend = memory();
  return { backend, reopen: async () => backend, dispose: async () => undefined };
};
restoreSuite({ test, name: "memory", create });
