import assert from "node:assert/strict";
import { test } from "node:test";
import { simWorld, type SimWorld } from "../../src/testing/sim/world.ts";
import type { FaultForm } from "../../src/testing/sim/effect.ts";
import type { SimProcess } from "../../src/testing/sim/process.ts";
import { oldest } from "../../src/testing/sim/policy.ts";

/** A program that adds 1, 2, 3 to a durable list, one effect each. */
function listProgram(durable: string[], log: string[]): (process: SimProcess) => Promise<void> {
  return async (process) => {
    try {
      for (const name of ["one", "two", "three"]) {
        await process.effect({
          name,
          apply: () => durable.push(name),
          torn: [() => durable.push(name.slice(0, 1))],
          failure: (applied) => new Error(`${name} failed, applied: ${applied}`),
        });
        log.push(name);
      }
    } finally {
      log.push("finally");
    }
  };
}

async function strike(form: FaultForm): Promise<{ durable: string[]; log: string[]; outcome: string }> {
  const durable: string[] = [];
  const log: string[] = [];
  const world = simWorld(1, { plan: [{ at: 1, form }] });
  const process = world.spawn();
  process.start(() => listProgram(durable, log)(process));
  const outcome = await world.run(process);
  return { durable, log, outcome: outcome.kind };
}

test("simWorld kills before an effect: it did not take place and no code runs again", async () => {
  assert.deepEqual(await strike("before"), { durable: ["one"], log: ["one"], outcome: "killed" });
});

test("simWorld kills after an effect: it took place and nobody was told", async () => {
  assert.deepEqual(await strike("after"), { durable: ["one", "two"], log: ["one"], outcome: "killed" });
});

test("simWorld kills in the middle of an effect: its torn form is left", async () => {
  assert.deepEqual(await strike("torn0"), { durable: ["one", "t"], log: ["one"], outcome: "killed" });
});

test("simWorld lets an effect fail without the process dying, whether it took place or not", async () => {
  assert.deepEqual(await strike("refused"), { durable: ["one"], log: ["one", "finally"], outcome: "failed" });
  assert.deepEqual(await strike("unanswered"), { durable: ["one", "two"], log: ["one", "finally"], outcome: "failed" });
});

test("simWorld goes on in a new process after a kill", async () => {
  const durable: string[] = [];
  const world = simWorld(1, { plan: [{ at: 0, form: "after" }] });
  const first = world.spawn();
  first.start(() => listProgram(durable, [])(first));
  await world.run(first);
  const second = world.spawn();
  second.start(() => listProgram(durable, [])(second));
  assert.equal((await world.run(second)).kind, "finished");
  assert.deepEqual(durable, ["one", "one", "two", "three"]);
  assert.deepEqual([first.alive, first.incarnation, second.incarnation], [false, 0, 1]);
});

test("simWorld decides what becomes of effects in flight when the process dies", async () => {
  const left = async (inFlight: "lost" | "applied" | "late"): Promise<[atDeath: string[], atEnd: string[]]> => {
    const durable: string[] = [];
    const world = simWorld(2, { plan: [{ at: 0, form: "before", inFlight }], policy: oldest, latencyMs: 0 });
    const process = world.spawn();
    process.start(async () => {
      const effect = (name: string, remote: boolean): Promise<number> =>
        process.effect({ name, remote, apply: () => durable.push(name) });
      await Promise.all([effect("struck", false), effect("disk", false), effect("request", true)]);
    });
    await world.run(process);
    const atDeath = [...durable];
    await world.runUntil(() => false);
    return [atDeath, durable];
  };
  assert.deepEqual(await left("lost"), [[], []]);
  assert.deepEqual(await left("applied"), [
    ["disk", "request"],
    ["disk", "request"],
  ]);
  assert.deepEqual(await left("late"), [[], ["request"]]);
});

test("simWorld skips virtual time, and timers fire in their order", async () => {
  const world = simWorld(1);
  const process = world.spawn();
  const fired: string[] = [];
  const start = world.now();
  process.start(
    () =>
      new Promise<void>((resolve) => {
        process.env.schedule(60_000, () => {
          fired.push("minute");
          resolve();
        });
        process.env.schedule(1000, () => fired.push("second"));
        process.env.schedule(10, () => fired.push("never"))();
      }),
  );
  await world.run(process);
  assert.deepEqual(fired, ["second", "minute"]);
  assert.ok(world.now() - start >= 60_000 && world.now() - start < 60_001);
});

test("SimProcess.freeze withholds the processor, others go on, and thaw gives it back", async () => {
  const world = simWorld(4);
  const order: string[] = [];
  const program = (process: SimProcess, name: string) => async () => {
    await process.effect({ name, apply: () => order.push(name) });
  };
  const sleepy = world.spawn();
  sleepy.freeze();
  sleepy.start(program(sleepy, "sleepy"));
  const awake = world.spawn();
  awake.start(program(awake, "awake"));
  await world.run(awake);
  assert.deepEqual(order, ["awake"]);
  sleepy.thaw();
  await world.run(sleepy);
  assert.deepEqual(order, ["awake", "sleepy"]);
});

function race(world: SimWorld): Promise<string> {
  const process = world.spawn();
  const order: string[] = [];
  process.start(async () => {
    const step = async (name: string): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) {
        await process.env.turn();
        order.push(`${name}${turn}`);
      }
    };
    await Promise.all([step("a"), step("b"), step("c")]);
  });
  return world.run(process).then(() => `${order.join("")} ${world.trace.hash()}`);
}

test("simWorld repeats a run exactly for the same seed, and not for another one", async () => {
  assert.equal(await race(simWorld(9)), await race(simWorld(9)));
  const runs = await Promise.all([11, 12, 13, 14].map((seed) => race(simWorld(seed, { guard: false }))));
  assert.ok(new Set(runs).size > 1);
});

test("simWorld.run says so when a process waits for something that will never happen", async () => {
  const world = simWorld(1);
  const process = world.spawn();
  process.start(() => new Promise(() => {}));
  await assert.rejects(world.run(process), /seed 1: process 0 waits for something that will never happen/);
});

test("simWorld.run gives up after its limit of steps", async () => {
  const world = simWorld(1, { stepsMax: 100 });
  const process = world.spawn();
  process.start(async () => {
    for (;;) await process.env.turn();
  });
  await assert.rejects(world.run(process), /no end after 100 steps/);
});

test("simWorld.run fails when the code under test reaches for ambient time or chance", async () => {
  for (const leak of [() => Date.now(), () => Math.random(), () => new Date(), () => setTimeout(() => {}, 0)]) {
    const world = simWorld(1);
    const process = world.spawn();
    process.start(async () => {
      await process.env.turn();
      try {
        leak();
      } catch {
        // Code that swallows the stub's error is found all the same.
      }
    });
    await assert.rejects(world.run(process), /reached for (Date.now|Math.random|new Date\(\)|setTimeout)/);
  }
  assert.ok(Date.now() > 0 && Math.random() < 1, "the ambient world is back");
});

test("simWorld counts an exception that leaves a callback as a violation", async () => {
  const world = simWorld(1);
  const process = world.spawn();
  process.start(
    () =>
      new Promise(() => {
        process.env.schedule(5, () => {
          throw new Error("out of the blue");
        });
      }),
  );
  assert.equal((await world.run(process)).kind, "failed");
  assert.deepEqual(world.violations, ["uncaught: process 0 threw out of a callback: out of the blue"]);
});
