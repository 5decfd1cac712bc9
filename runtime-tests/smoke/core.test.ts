/** Every entry of the packages without I/O loads and exports something, on every runtime. */
import assert from "node:assert/strict";
import { test } from "node:test";

const entries: Readonly<Record<string, () => Promise<object>>> = {
  "@tidemark/core": () => import("@tidemark/core"),
  "@tidemark/core/internal": () => import("@tidemark/core/internal"),
  "@tidemark/core/aggregates": () => import("@tidemark/core/aggregates"),
  "@tidemark/core/savepoints": () => import("@tidemark/core/savepoints"),
  "@tidemark/core/lock": () => import("@tidemark/core/lock"),
  "@tidemark/core/state": () => import("@tidemark/core/state"),
  "@tidemark/core/async": () => import("@tidemark/core/async"),
  "@tidemark/core/explain": () => import("@tidemark/core/explain"),
  "@tidemark/core/calendar": () => import("@tidemark/core/calendar"),
  "@tidemark/core/windows": () => import("@tidemark/core/windows"),
  "@tidemark/core/joins": () => import("@tidemark/core/joins"),
  "@tidemark/core/testing": () => import("@tidemark/core/testing"),
  "@tidemark/backend-memory": () => import("@tidemark/backend-memory"),
  "@tidemark/backend-memory/testing": () => import("@tidemark/backend-memory/testing"),
};

for (const [name, load] of Object.entries(entries)) {
  test(`${name} loads and exports names`, async () => {
    assert.notEqual(Object.keys(await load()).length, 0);
  });
}
