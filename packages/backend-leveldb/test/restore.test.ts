import { test } from "node:test";

import { restoreSuite } from "@tidemark/core/testing";

import { levelFixture } from "./fixtures.ts";

restoreSuite({ test, name: "leveldb", create: levelFixture });
