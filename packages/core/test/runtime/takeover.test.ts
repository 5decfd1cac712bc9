import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeHead } from "../../src/checkpoint/head.ts";
import { StateError } from "../../src/errors.ts";
import { takeOver } from "../../src/runtime/takeover.ts";
import type { HeadStore, HeadVersion } from "../../src/state/backend.ts";
import { manualEnv } from "../../src/testing/test-env.ts";

/** A head that does what it is told, and loses the answer of the next write when it is told so. */
class Store implements HeadStore {
  head: HeadVersion | undefined;
  /** What becomes of the next write, before its answer is lost. */
  lose: "nothing" | "before it is applied" | "after it was applied" = "nothing";
  /** What others do in the moment in which an answer is lost. */
  meanwhile: () => Promise<void> = () => Promise.resolve();
  #versions = 0;

  read(): Promise<HeadVersion | undefined> {
    return Promise.resolve(this.head);
  }

  async compareAndSet(expected: string | undefined, bytes: Uint8Array): Promise<string | undefined> {
    const { lose } = this;
    this.lose = "nothing";
    if (lose !== "before it is applied" && this.head?.tag === expected) {
      this.head = { tag: `v${++this.#versions}`, bytes };
    }
    if (lose === "nothing") return this.head?.bytes === bytes ? this.head.tag : undefined;
    await this.meanwhile();
    throw new StateError("STATE_IO", "Cannot learn what became of the head", { retryable: true });
  }
}

describe("takeOver", () => {
  it("takes the next generation each time, and ids that nobody can have drawn (HA-02, HA-03)", async () => {
    const store = new Store();
    const { env } = manualEnv();
    const first = await takeOver(store, "job", env);
    const second = await takeOver(store, "job", env);
    assert.deepEqual([first.head.generation, second.head.generation], [1, 2]);
    assert.ok(second.head.nextId > first.head.nextId);
    assert.notEqual(first.head.owner, second.head.owner);
  });

  it("knows its own write again when the answer was lost (HA-04)", async () => {
    const store = new Store();
    store.lose = "after it was applied";
    const owned = await takeOver(store, "job", manualEnv().env);
    assert.equal(owned.head.generation, 1);
    assert.equal(owned.tag, store.head?.tag);
  });

  it("does not take another process's write for its own, though both do the same (COR-16)", async () => {
    const store = new Store();
    store.lose = "before it is applied";
    let other = 0;
    store.meanwhile = async () => {
      other = (await takeOver(store, "job", manualEnv({ seed: 2 }).env)).head.generation;
    };
    const owned = await takeOver(store, "job", manualEnv({ seed: 1 }).env);
    assert.equal(other, 1);
    assert.equal(owned.head.generation, 2, "two processes own one generation");
    assert.equal(decodeHead((store.head as HeadVersion).bytes).owner, owned.head.owner);
  });
});
