import { test } from "node:test";
import { type StateBackendFixture, stateBackendSuite, type StateDamage } from "@tidemark/core/testing";
import { MemoryBackend } from "../src/memory-backend.ts";
import { MemorySpace } from "../src/memory-space.ts";

stateBackendSuite({ test, create: async () => memoryFixture({}) });

/** So small that every test spills, cuts, packs and folds. */
const SMALL = { blockBytes: 64, segmentBytes: 256, inlineBytes: 0, packBytes: 1_024, spillBytes: 512, chainMax: 3 };
stateBackendSuite({
  test: (name, run) => test(`small limits: ${name}`, run),
  create: async () => memoryFixture(SMALL),
});

function memoryFixture(tuning: ConstructorParameters<typeof MemoryBackend>[1]): StateBackendFixture {
  const space = new MemorySpace();
  const backend = new MemoryBackend(space, tuning);
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
