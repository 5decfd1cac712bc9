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

function damage(space: MemorySpace, kind: StateDamage): boolean {
  const [name, bytes] = [...space.segments].at(-1) ?? [];
  if (name === undefined || bytes === undefined) return false;
  if (kind === "state") {
    const damaged = bytes.slice();
    damaged[bytes.length >> 1] = (damaged[bytes.length >> 1] as number) ^ 0x10;
    space.segments.set(name, damaged);
    return true;
  }
  return kind === "state-missing" && space.segments.delete(name);
}
