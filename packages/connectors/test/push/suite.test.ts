import { test } from "node:test";

import { sourceSuite } from "@tidemark/core/testing";

import { pushSource, replayablePushSource } from "../../src/push/mod.ts";
import { logClient } from "./log-client.ts";

const numbers = Array.from({ length: 23 }, (_, index) => index);

for (const recordsMax of [1, 4, 1_000]) {
  const open = () => replayablePushSource({ open: logClient(numbers), recordsMax, bounded: true });
  sourceSuite({
    test,
    name: `replayablePushSource, holding ${recordsMax}`,
    replayable: true,
    create: async () => ({
      source: open(),
      expected: numbers,
      reopen: async () => open(),
      dispose: async () => undefined,
    }),
  });
}
sourceSuite({
  test,
  name: "pushSource",
  replayable: false,
  create: async () => ({
    source: pushSource({ open: logClient(numbers), recordsMax: 2, bounded: true }),
    expected: numbers,
    dispose: async () => undefined,
  }),
});
