import { test } from "node:test";
import { type StateBackendFixture, stateBackendSuite, type StateDamage } from "@tidemark/core/testing";
import { MemoryBackend } from "../src/memory-backend.ts";
import { MemorySpace } from "../src/memory-space.ts";

stateBackendSuite({ test, create: async () => memoryFixture() });

function memoryFixture(): StateBackendFixture {
  const space = new MemorySpace();
  const backend = new MemoryBackend(space);
  return {
    backend,
    reopen: async () => backend,
    damage: async (kind) => damage(space, kind),
    dispose: async () => undefined,
  };
}

/** What is in memory has no checksum: it can only be missing. */
function damage({ snapshots }: MemorySpace, kind: StateDamage): boolean {
  const name = [...snapshots.keys()].at(-1);
  return kind === "state-missing" && name !== undefined && snapshots.delete(name);
}
