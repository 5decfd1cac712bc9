import { test } from "node:test";

import { s3 } from "@tidemark/backend-s3";
import { restoreSuite } from "@tidemark/core/testing";

import { mapStore } from "./map-client.ts";

const create = async () => {
  const { client } = mapStore();
  const open = () => s3({ bucket: "bucket", prefix: "job", client, cleanUpEvery: 1 });
  return { backend: open(), reopen: async () => open(), dispose: async () => undefined };
};
restoreSuite({ test, name: "s3", create });
