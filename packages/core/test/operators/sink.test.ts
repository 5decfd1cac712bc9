import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AnySink, SinkWriter } from "../../src/connect/sink.ts";
import { DONE, PENDING } from "../../src/operators/progress.ts";
import { sinkOperator } from "../../src/operators/sink.ts";
import { decodeValue } from "../../src/state/value-codec.ts";
import { Harness, type Saved } from "./harness.ts";

/** A staging area in memory: each cut becomes one committable that says what is in it. */
class Staging implements SinkWriter<unknown, unknown> {
  /** How many values make it full; it stays full until {@link flush}. */
  readonly limit: number;
  readonly cuts: (() => void)[] = [];
  closed = false;
  #open: unknown[] = [];
  #drained: (() => void)[] = [];
  #flushed = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get full(): boolean {
    return this.#open.length - this.#flushed >= this.limit;
  }

  write(values: readonly unknown[], timestamps: readonly number[]): void {
    assert.equal(values.length, timestamps.length);
    this.#open.push(...values);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  flush(): void {
    this.#flushed = this.#open.length;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  prepareCommit(checkpointId: number): Promise<readonly unknown[]> {
    const values = this.#open;
    this.#open = [];
    this.#flushed = 0;
    return new Promise((resolve) =>
      this.cuts.push(() => resolve(values.length === 0 ? [] : [{ checkpointId, values }])),
    );
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function sinkOf(options: { readonly limit?: number; readonly committer?: boolean } = {}) {
  const { limit = 1000, committer = true } = options;
  const staging = new Staging(limit);
  const sink: AnySink<unknown> = {
    name: "staging",
    delivery: "exactly-once",
    createWriter: (context) => {
      assert.equal(context.sinkId, "out");
      assert.equal(context.generation, 1);
      return staging;
    },
    ...(committer ? { createCommitter: () => assert.fail("an operator commits nothing") } : {}),
  };
  return { staging, harness: new Harness(sinkOperator("out", sink)) };
}

/** What a checkpoint would commit: by the checkpoint of its cut. */
function committed(saved: Saved): readonly unknown[] {
  return (saved.snapshot.committables ?? []).map(({ checkpointId, bytes }) => {
    const { checkpointId: at, values } = decodeValue(bytes) as { checkpointId: number; values: unknown };
    assert.equal(checkpointId, at, "a committable goes by the checkpoint at which it was cut");
    return [checkpointId, values];
  });
}

describe("sinkOperator", () => {
  it("cuts at the barrier: what is written later belongs to the next checkpoint (SNK-02)", async () => {
    const { staging, harness } = sinkOf();
    harness.batch(["a", 0], ["b", 1]);
    const first = harness.cut(1);
    harness.batch(["c", 2]);
    assert.equal(first.snapshot(), undefined, "it is not durable yet");
    staging.cuts.shift()?.();
    await harness.settle();
    assert.deepEqual(committed(harness.write(first)), [[1, ["a", "b"]]]);
    harness.operator.completed?.(1);
    const second = harness.cut(2);
    staging.cuts.shift()?.();
    await harness.settle();
    assert.deepEqual(committed(harness.write(second)), [[2, ["c"]]]);
  });

  it("brings committables of aborted checkpoints again with the next one, oldest first (NOT-08)", async () => {
    const { staging, harness } = sinkOf();
    for (const [index, value] of ["a", "b", "c"].entries()) {
      harness.batch([value, 0]);
      harness.cut(index + 1);
      staging.cuts.shift()?.();
      await harness.settle();
    }
    const cut = harness.cut(4);
    staging.cuts.shift()?.();
    await harness.settle();
    assert.deepEqual(committed(harness.write(cut)), [
      [1, ["a"]],
      [2, ["b"]],
      [3, ["c"]],
    ]);
  });

  it("forgets what is settled by a complete checkpoint, and what was cut before it, and nothing after (NOT-01)", async () => {
    const { staging, harness } = sinkOf();
    for (const [index, value] of ["a", "b", "c"].entries()) {
      harness.batch([value, 0]);
      harness.cut(index + 1);
      staging.cuts.shift()?.();
    }
    await harness.settle();
    harness.operator.completed?.(2);
    const cut = harness.cut(4);
    staging.cuts.shift()?.();
    await harness.settle();
    assert.deepEqual(committed(harness.write(cut)), [[3, ["c"]]]);
  });

  it("leaves out of a checkpoint what was cut after it", async () => {
    const { staging, harness } = sinkOf();
    harness.batch(["a", 0]);
    const first = harness.cut(1);
    harness.batch(["b", 0]);
    const second = harness.cut(2);
    for (const finish of staging.cuts.splice(0)) finish();
    await harness.settle();
    assert.deepEqual(committed(harness.write(first)), [[1, ["a"]]]);
    assert.deepEqual(committed(harness.write(second)), [
      [1, ["a"]],
      [2, ["b"]],
    ]);
  });

  it("waits with a checkpoint for cuts of earlier, aborted ones that are not durable yet", async () => {
    const { staging, harness } = sinkOf();
    harness.batch(["a", 0]);
    harness.cut(1);
    harness.batch(["b", 0]);
    const second = harness.cut(2);
    staging.cuts[1]?.();
    await Promise.resolve();
    assert.equal(second.snapshot(), undefined);
    staging.cuts[0]?.();
    await harness.settle();
    assert.deepEqual(committed(harness.write(second)), [
      [1, ["a"]],
      [2, ["b"]],
    ]);
  });

  it("waits while the writer is full, and goes on when it is drained", async () => {
    const { staging, harness } = sinkOf({ limit: 2 });
    assert.equal(harness.begin({ kind: "batch", records: [["a", 0]] }), DONE);
    assert.equal(harness.begin({ kind: "batch", records: [["b", 0]] }), PENDING);
    assert.equal(harness.resume(), PENDING);
    staging.flush();
    assert.equal(harness.resume(), PENDING, "not before its request has come back in the order of calls");
    await harness.settle();
    assert.equal(harness.resume(), DONE);
    assert.equal(harness.begin({ kind: "batch", records: [["c", 0]] }), DONE);
  });

  it("can be cut while it waits for the writer: nothing half done is in a batch it took", async () => {
    const { staging, harness } = sinkOf({ limit: 1 });
    assert.equal(harness.begin({ kind: "batch", records: [["a", 0]] }), PENDING);
    const cut = harness.cut(1);
    staging.flush();
    staging.cuts.shift()?.();
    await harness.settle();
    assert.deepEqual(committed(harness.write(cut)), [[1, ["a"]]]);
    assert.equal(harness.resume(), DONE);
  });

  it("has no committables if the sink has no committer, but waits until all is durable", async () => {
    const { staging, harness } = sinkOf({ committer: false });
    harness.batch(["a", 0]);
    const cut = harness.cut(1);
    assert.equal(cut.snapshot(), undefined);
    staging.cuts.shift()?.();
    await harness.settle();
    assert.deepEqual(harness.write(cut).snapshot, { operatorId: "out", committables: [] });
  });

  it("lets a failed cut be the failure of the job", async () => {
    const failure = new Error("disk full");
    const sink: AnySink<unknown> = {
      name: "broken",
      delivery: "at-least-once",
      createWriter: () => ({
        full: false,
        write: () => undefined,
        drained: () => Promise.resolve(),
        prepareCommit: () => Promise.reject(failure),
        close: () => Promise.resolve(),
      }),
    };
    const harness = new Harness(sinkOperator("out", sink));
    harness.cut(1);
    await assert.rejects(harness.settle(), failure);
  });

  it("closes its writer", async () => {
    const { staging, harness } = sinkOf();
    await harness.operator.close?.();
    assert.equal(staging.closed, true);
  });
});
