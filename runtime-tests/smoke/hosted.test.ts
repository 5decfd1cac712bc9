/** Every entry that needs a disk or a network loads and exports something, on the runtimes that have one. */
import assert from "node:assert/strict";
import { test } from "node:test";

const entries: Readonly<Record<string, () => Promise<object>>> = {
  "@tidemark/backend-leveldb": () => import("@tidemark/backend-leveldb"),
  "@tidemark/backend-leveldb/testing": () => import("@tidemark/backend-leveldb/testing"),
  "@tidemark/backend-s3": () => import("@tidemark/backend-s3"),
  "@tidemark/backend-s3/testing": () => import("@tidemark/backend-s3/testing"),
  "@tidemark/connectors/console": () => import("@tidemark/connectors/console"),
  "@tidemark/connectors/file": () => import("@tidemark/connectors/file"),
  "@tidemark/connectors/generator": () => import("@tidemark/connectors/generator"),
  "@tidemark/connectors/iterable": () => import("@tidemark/connectors/iterable"),
  "@tidemark/connectors/push": () => import("@tidemark/connectors/push"),
  "@tidemark/connectors/throttle": () => import("@tidemark/connectors/throttle"),
};

for (const [name, load] of Object.entries(entries)) {
  test(`${name} loads and exports names`, async () => {
    assert.notEqual(Object.keys(await load()).length, 0);
  });
}
