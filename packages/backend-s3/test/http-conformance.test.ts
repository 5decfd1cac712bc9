// runtimes: node24
import { test } from "node:test";
import { stateBackendSuite } from "@tidemark/core/testing";
import { serverFixture } from "./fixtures.ts";

stateBackendSuite({ test: (name, run) => test(`HTTP: ${name}`, run), create: serverFixture });
