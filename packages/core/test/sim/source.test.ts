import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnumeratorContext, SourceReader } from "../../src/connect/source.ts";
import type { SimProcess } from "../../src/testing/sim/process.ts";
import { simTopic, type SimTopic, topicLogs } from "../../src/testing/sim/source.ts";
import type { SimEnumeratorState, SimSplit } from "../../src/testing/sim/topic.ts";
import { simWorld, type SimWorld } from "../../src/testing/sim/world.ts";

const SPLITS = { a: [1, 2, 3, 4, 5, 6, 7], b: [10, 20], c: [] };

interface Part {
  readonly splits: readonly SimSplit[];
  readonly enumerator: SimEnumeratorState;
}

/** Reads the topic to its end with one reader, as an engine does; takes a snapshot after `cutAfter` records. */
async function readAll(topic: SimTopic<number>, process: SimProcess, from?: Part, cutAfter?: number): Promise<ReadAll> {
  const source = topic.source(process);
  const reader: SourceReader<number, SimSplit> = source.createReader({
    env: process.env,
    sourceId: "s",
    subtask: 0,
    parallelism: 1,
  });
  let over = false;
  let wake: () => void = () => {};
  const context: EnumeratorContext<SimSplit> = {
    env: process.env,
    sourceId: "s",
    parallelism: 1,
    assign: (_, split) => {
      reader.addSplits([split]);
      wake();
    },
    noMoreSplits: () => {
      over = true;
      wake();
    },
  };
  const enumerator = source.createEnumerator(context, from?.enumerator);
  if (from !== undefined) reader.addSplits(from.splits);
  await enumerator.start();
  const values: number[] = [];
  let cut: Part | undefined;
  while (!over) {
    const found = reader.poll(2);
    if (found === "nothing" || found === "later") await reader.available();
    else if (found === "finished") {
      const answered = new Promise<void>((resolve) => (wake = resolve));
      enumerator.handleSplitRequest(0);
      await answered;
    } else {
      values.push(...found.values);
      if (cut === undefined && cutAfter !== undefined && values.length >= cutAfter) {
        cut = { splits: reader.snapshot(), enumerator: enumerator.snapshot() };
        values.push(-1);
      }
    }
  }
  return { values, cut };
}

interface ReadAll {
  readonly values: readonly number[];
  readonly cut: Part | undefined;
}

async function inWorld(world: SimWorld, program: (process: SimProcess) => Promise<void>): Promise<void> {
  const process = world.spawn();
  process.start(() => program(process));
  const outcome = await world.run(process);
  if (outcome.kind === "failed") throw outcome.error;
}

test("simTopic gives every record of every split once, in the order of its split", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = simWorld(seed);
    await inWorld(world, async (process) => {
      const { values } = await readAll(simTopic(world, SPLITS, { lazy: world.seed % 2 === 1 }), process);
      assert.deepEqual(
        values.filter((value) => value < 10),
        SPLITS.a,
      );
      assert.deepEqual(
        values.filter((value) => value >= 10),
        SPLITS.b,
      );
    });
    assert.deepEqual(world.violations, []);
  }
});

test("simTopic goes on from a snapshot with exactly the records after it", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = simWorld(seed);
    const topic = simTopic(world, SPLITS, { lazy: world.seed % 2 === 1 });
    await inWorld(world, async (process) => {
      const { values, cut } = await readAll(topic, process, undefined, 1 + (seed % 9));
      const rest = await readAll(topic, process, cut);
      const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((left, right) => left - right);
      assert.deepEqual(sorted(rest.values), sorted(values.slice(values.indexOf(-1) + 1)));
    });
  }
});

const ODD = { gaps: 0.5, redelivers: 0.6, lateEndMs: 40 };

test("simTopic: positions that are left out, records that come again and ends that are told late change nothing", async () => {
  const reached = new Map<string, number>();
  for (let seed = 0; seed < 20; seed++) {
    const world = simWorld(seed);
    const topic = simTopic(world, SPLITS, { ...ODD, fetchMax: 3, lazy: seed % 2 === 1 });
    await inWorld(world, async (process) => {
      const { values, cut } = await readAll(topic, process, undefined, 1 + (seed % 9));
      const all = values.filter((value) => value > 0);
      const ofA = (numbers: readonly number[]): readonly number[] => numbers.filter((value) => value < 10);
      assert.deepEqual(ofA(all), SPLITS.a);
      assert.equal(all.length, SPLITS.a.length + SPLITS.b.length);
      const logs = topicLogs(seed, SPLITS, ODD);
      const counts = cut!.splits.map(({ id, position }) => logs[id]!.countBefore(position));
      const rest = await readAll(topic, process, cut);
      assert.deepEqual(ofA(rest.values), ofA(values.slice(values.indexOf(-1) + 1)));
      for (const [index, { id }] of cut!.splits.entries()) {
        if (id === "a") assert.equal(counts[index], SPLITS.a.length - ofA(rest.values).length);
      }
    });
    assert.deepEqual(world.violations, []);
    for (const [name, count] of world.points) reached.set(name, (reached.get(name) ?? 0) + count);
  }
  for (const probe of ["gives again what was read", "gives first what comes behind", "leaves positions out"]) {
    assert.ok(reached.has(`source ${probe}`), probe);
  }
});

test("simTopic: a split whose end is told late ends right behind the cut of a checkpoint", async () => {
  const world = simWorld(1);
  await inWorld(world, async (process) => {
    const place = { env: process.env, sourceId: "s", subtask: 0, parallelism: 1 };
    const reader = simTopic(world, { a: [1] }, { lateEndMs: 1e6 })
      .source(process)
      .createReader(place);
    reader.addSplits([{ id: "a", position: 0 }]);
    const startedAt = process.env.now();
    const found: unknown[] = [];
    const readToItsEnd = async (): Promise<void> => {
      while (found.at(-1) !== "finished") {
        found.push(reader.poll(9));
        if (found.at(-1) === "nothing") await reader.available();
      }
    };
    const whole = readToItsEnd();
    while (!world.points.has("split ends right behind a cut")) {
      await new Promise<void>((resolve) => process.env.schedule(1, resolve));
      assert.ok(!found.includes("finished"));
      assert.equal(reader.snapshot(1).length, 1);
    }
    await whole;
    assert.deepEqual(reader.snapshot(2), []);
    assert.deepEqual(
      found.filter((each) => each !== "nothing"),
      [{ splitId: "a", values: [1] }, "finished"],
    );
    assert.ok(process.env.now() - startedAt < 10_000);
  });
});

test("simTopic: a job that goes on from a position where no reader was cut is found", async () => {
  const world = simWorld(1);
  await inWorld(world, async (process) => {
    const place = { env: process.env, sourceId: "s", subtask: 0, parallelism: 1 };
    const reader = simTopic(world, SPLITS).source(process).createReader(place);
    reader.addSplits([{ id: "a", position: 3 }]);
  });
  assert.deepEqual(world.violations, [`source: split "a" is to be read from 3, where no reader was cut`]);
});

test("simTopic: who is overtaken by a process that had stood still may read again what that one acknowledged", async () => {
  const world = simWorld(1);
  const topic = simTopic(world, { a: [1] });
  const read = async (process: SimProcess, isAcknowledged: boolean): Promise<void> => {
    const place = { env: process.env, sourceId: "s", subtask: 0, parallelism: 1 };
    const reader = topic.source(process).createReader(place);
    reader.addSplits([{ id: "a", position: 0 }]);
    for (let found = reader.poll(1); found !== "finished"; found = reader.poll(1)) {
      if (found === "nothing") await reader.available();
    }
    reader.snapshot(1);
    if (isAcknowledged) reader.checkpointCompleted?.(1);
  };
  const older = world.spawn();
  older.start(async () => {
    const reads = read(older, true);
    // The next process has begun by then, and looks for its checkpoint.
    const next = world.spawn();
    topic.source(next);
    await reads;
    await read(next, false);
    assert.deepEqual(world.violations, []);
    await read(world.spawn(), false);
  });
  const outcome = await world.run(older);
  assert.equal(outcome.kind, "finished");
  assert.match(world.violations.join(), /^source: split "a" is to be read from 0, and was acknowledged up to 1$/);
});

test("simTopic: what was acknowledged is not read again, unless the job is taken back or stood still", async () => {
  const world = simWorld(1);
  const topic = simTopic(world, SPLITS);
  await inWorld(world, async (process) => {
    const place = { env: process.env, sourceId: "s", subtask: 0, parallelism: 1 };
    const readerAt = (splits: readonly SimSplit[]): SourceReader<number, SimSplit> => {
      const reader = topic.source(process).createReader(place);
      reader.addSplits(splits);
      return reader;
    };
    const reader = readerAt([
      { id: "a", position: 0 },
      { id: "b", position: 0 },
    ]);
    const cuts: (readonly SimSplit[])[] = [];
    let found = reader.poll(1);
    for (let id = 1; found !== "finished"; found = reader.poll(1), id++) {
      if (found === "nothing") await reader.available();
      cuts.push(reader.snapshot(id));
      // Every other one becomes complete.
      if (id % 2 === 0) reader.checkpointCompleted?.(id);
    }
    const last = Math.floor(cuts.length / 2) * 2;
    readerAt(cuts[last - 1]!);
    assert.deepEqual(world.violations, []);
    readerAt([{ id: "a", position: 0 }]);
    assert.match(
      world.violations.join("\n"),
      /^source: split "a" is to be read from 0, and was acknowledged up to \d$/,
    );
    topic.goBack();
    readerAt([{ id: "a", position: 0 }]);
    assert.equal(world.violations.length, 1);
  });
});

test("simTopic's fetches can fail", async () => {
  const world = simWorld(1, { plan: [{ at: 2, form: "refused" }] });
  await assert.rejects(
    inWorld(
      world,
      async (process) => void (await readAll(simTopic(world, SPLITS, { lazy: world.seed % 2 === 1 }), process)),
    ),
    /Cannot fetch from "topic": connection reset/,
  );
});

test("simTopic gives nothing of splits that are paused, everything of the others, and then the rest (SRC-06)", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = simWorld(seed);
    await inWorld(world, async (process) => {
      const place = { env: process.env, sourceId: "s", subtask: 0, parallelism: 1 };
      // Less room than the paused split has records.
      const reader = simTopic(world, SPLITS, { bufferMax: 2 }).source(process).createReader(place);
      const splits: SimSplit[] = Object.keys(SPLITS).map((id) => ({ id, position: 0 }));
      reader.addSplits(splits);
      const read = async (paused: readonly string[]): Promise<readonly number[]> => {
        reader.pauseSplits?.(new Set(paused));
        const values: number[] = [];
        while (reader.snapshot().some(({ id }) => !paused.includes(id))) {
          const found = reader.poll(3);
          if (found === "nothing" || found === "later") await reader.available();
          else if (found !== "finished") values.push(...found.values);
        }
        return values;
      };
      if (seed % 2 === 1) await reader.available();
      assert.deepEqual(await read(["a"]), SPLITS.b);
      assert.equal(reader.poll(3), "nothing");
      assert.deepEqual(reader.snapshot(), [{ id: "a", position: 0 }]);
      assert.deepEqual(await read([]), SPLITS.a);
      assert.equal(reader.poll(3), "finished");
    });
    assert.deepEqual(world.violations, []);
  }
});
