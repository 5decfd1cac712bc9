import assert from "node:assert/strict";
import { test } from "node:test";
import type { SinkCommitter, SinkWriter } from "../../src/connect/sink.ts";
import type { Fault } from "../../src/testing/sim/effect.ts";
import type { SimProcess } from "../../src/testing/sim/process.ts";
import { simSink, type SimCommittable, type SimSink } from "../../src/testing/sim/sink.ts";
import { simWorld, type SimWorld } from "../../src/testing/sim/world.ts";

interface Bench {
  readonly world: SimWorld;
  readonly sink: SimSink<string>;
  readonly seen: string[];
  readonly run: (
    generation: number,
    program: (writer: Writer, committer: Committer) => Promise<void>,
  ) => Promise<string>;
}

type Writer = SinkWriter<string, SimCommittable>;
type Committer = SinkCommitter<SimCommittable>;

function bench(...plan: Fault[]): Bench {
  const world = simWorld(1, { plan });
  const seen: string[] = [];
  const sink = simSink<string>(world, (rows) => seen.push(...rows), { bufferMax: 2 });
  const place = (process: SimProcess, generation: number): { writer: Writer; committer: Committer } => {
    const one = sink.sink(process);
    const context = { env: process.env, job: "j", sinkId: "out", generation };
    return {
      writer: one.createWriter({ ...context, subtask: 0, parallelism: 1 }),
      committer: one.createCommitter!(context),
    };
  };
  return {
    world,
    sink,
    seen,
    async run(generation, program) {
      const process = world.spawn();
      const { writer, committer } = place(process, generation);
      process.start(() => program(writer, committer));
      const outcome = await world.run(process);
      if (outcome.kind === "failed") throw outcome.error;
      return outcome.kind;
    },
  };
}

const requests = (checkpointId: number, committables: readonly SimCommittable[]) =>
  committables.map((committable) => ({ checkpointId, subtask: 0, committable }));

test("simSink shows rows when they are committed, and once", async () => {
  const { world, sink, seen, run } = bench();
  await run(1, async (writer, committer) => {
    writer.write(["a", "b", "c"], [0, 0, 0]);
    assert.equal(writer.full, true);
    await writer.drained();
    assert.equal(writer.full, false);
    writer.write(["d"], [0]);
    const prepared = await writer.prepareCommit(1);
    assert.deepEqual([prepared.map((one) => one.rows), seen], [[4], []]);
    assert.deepEqual(await committer.commit(requests(1, prepared)), ["committed"]);
    assert.deepEqual(await committer.commit(requests(1, prepared)), ["already-committed"]);
    await committer.finish!();
  });
  assert.deepEqual([seen, sink.rows, sink.open, sink.finished], [["a", "b", "c", "d"], seen, [], true]);
  assert.deepEqual(world.violations, []);
});

test("simSink finds rows that come while it is drained", async () => {
  const { world, run } = bench();
  await run(1, async (writer) => {
    writer.write(["a", "b"], [0, 0]);
    const drained = writer.drained();
    writer.write(["c"], [0]);
    await drained;
    writer.write(["d"], [0]);
  });
  assert.deepEqual(world.violations, ["bounds: sink gets rows while it is drained"]);
});

test("simSink cuts at once: what is written while it prepares belongs to the next cut", async () => {
  const { seen, run } = bench();
  await run(1, async (writer, committer) => {
    writer.write(["a"], [0]);
    const first = writer.prepareCommit(1);
    writer.write(["b"], [0]);
    await committer.commit(requests(1, await first));
    assert.deepEqual(seen, ["a"]);
    await committer.commit(requests(2, await writer.prepareCommit(2)));
    assert.deepEqual(seen, ["a", "b"]);
    assert.deepEqual(await writer.prepareCommit(3), []);
  });
});

test("simSink clears in recover what older generations staged and nobody asks for", async () => {
  const { world, sink, run } = bench();
  let named: readonly SimCommittable[] = [];
  await run(1, async (writer) => {
    writer.write(["a"], [0]);
    named = await writer.prepareCommit(1);
    writer.write(["orphan"], [0]);
    await writer.prepareCommit(2);
  });
  assert.equal(sink.open.length, 2);
  await run(2, async (_, committer) => {
    await committer.recover(requests(1, named));
    assert.equal(sink.open.length, 1);
    await committer.commit(requests(1, named));
  });
  assert.deepEqual([sink.rows, sink.open, world.violations], [["a"], [], []]);
});

test("simSink notes each breach of the contract", async () => {
  const { world, run } = bench();
  await run(1, async (writer, committer) => {
    assert.deepEqual(await committer.commit(requests(1, [{ name: "ghost", rows: 1 }])), [
      { failed: `"ghost" was committed and is not there` },
    ]);
    writer.write(["a", "b", "c"], [0, 0, 0]);
    await writer.drained();
    await committer.commit(requests(1, [{ name: "g1-s0-t0", rows: 3 }]));
    const prepared = await writer.prepareCommit(5);
    await committer.commit(requests(5, [{ ...prepared[0]!, rows: 2 }]));
    await writer.prepareCommit(5);
  });
  assert.deepEqual(world.violations, [
    `sink: "ghost" was committed and is not there`,
    `sink: "g1-s0-t0" was committed before it was prepared`,
    `sink: "g1-s0-t0" was committed with 2 rows and holds 3`,
    "sink: checkpoint 5 of generation 1 reuses an id, 5 of generation 1 was prepared before",
  ]);
});

test("simSink notes a commit of a generation that was overtaken", async () => {
  const { world, seen, run } = bench();
  let staged: readonly SimCommittable[] = [];
  await run(2, async (_, committer) => committer.recover([]));
  await run(1, async (writer, committer) => {
    writer.write(["late"], [0]);
    staged = await writer.prepareCommit(1);
    await committer.commit(requests(1, staged));
  });
  assert.deepEqual(seen, ["late"]);
  assert.deepEqual(world.violations, [`sink: "g1-s0-t0" was committed by generation 1 after 2 had taken over`]);
});

test("simSink leaves half of the rows, never sealed, after a torn prepare", async () => {
  const { world, sink, run } = bench({ at: 0, form: "torn0" });
  const outcome = await run(1, async (writer) => {
    writer.write(["a", "b"], [0, 0]);
    await writer.prepareCommit(1);
  });
  assert.deepEqual([outcome, sink.open, sink.rows], ["killed", ["g1-s0-t0"], []]);
  await run(2, async (_, committer) => committer.recover([]));
  assert.deepEqual([sink.open, world.violations], [[], []]);
});

test("simSink shows only the first committables after a torn commit, and the rest when asked again", async () => {
  const { world, seen, run } = bench({ at: 2, form: "torn0" });
  const staged: SimCommittable[] = [];
  const outcome = await run(1, async (writer, committer) => {
    for (const row of ["a", "b"]) {
      writer.write([row], [0]);
      staged.push(...(await writer.prepareCommit(staged.length + 1)));
    }
    await committer.commit(requests(2, staged));
  });
  assert.deepEqual([outcome, seen], ["killed", ["a"]]);
  await run(2, async (_, committer) => {
    assert.deepEqual(await committer.commit(requests(2, staged)), ["already-committed", "committed"]);
  });
  assert.deepEqual([seen, world.violations], [["a", "b"], []]);
});
