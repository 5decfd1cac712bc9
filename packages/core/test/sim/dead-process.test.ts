import assert from "node:assert/strict";
import { test } from "node:test";
import { oldest } from "../../src/testing/sim/policy.ts";
import { simWorld } from "../../src/testing/sim/world.ts";

test("SimProcess: the answer of an effect that ends when the process is dead reaches nobody", async () => {
  const world = simWorld(1, { latencyMs: 0 });
  const process = world.spawn();
  const log: string[] = [];
  let end: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  process.start(async () => {
    const good = process.effect({ name: "good", apply: () => new Promise<string>((resolve) => (end = resolve)) });
    const bad = process.effect({ name: "bad", apply: () => new Promise<string>((_, reject) => (fail = reject)) });
    good.finally(() => log.push("good")).catch(() => undefined);
    bad.finally(() => log.push("bad")).catch(() => undefined);
    await new Promise(() => undefined);
  });
  await world.runUntil(() => world.effects.length === 2);
  world.kill(process);
  end("too late");
  fail(new Error("too late"));
  await world.runUntil(() => false);
  assert.deepEqual(log, []);
});

test("SimProcess: code that still runs in the moment in which its process dies brings nothing about", async () => {
  const world = simWorld(1, { latencyMs: 0 });
  const process = world.spawn();
  const done: string[] = [];
  world.onPoint((_, name) => done.push(name));
  process.start(async () => {
    await process.env.turn();
    world.kill(process);
    // Nothing can stop it before its next wait.
    void process.effect({ name: "effect", apply: () => done.push("effect") }).then(() => done.push("told"));
    process.env.schedule(1, () => done.push("timer"));
    void process.env.turn().then(() => done.push("turn"));
    process.env.point("restore.done");
  });
  await world.runUntil(() => false);
  assert.equal(process.outcome.kind, "killed");
  assert.deepEqual([done, world.effects], [[], []]);
});

test("SimWorld: a process that is killed twice has died once, and one that has ended cannot die", async () => {
  const world = simWorld(1);
  const [killed, ended] = [world.spawn(), world.spawn()];
  let deaths = 0;
  world.attach({ processDied: () => void deaths++ });
  killed.start(() => new Promise(() => undefined));
  ended.start(async () => undefined);
  await world.run(ended);
  for (const process of [killed, killed, ended]) world.kill(process);
  assert.deepEqual([killed.outcome.kind, ended.outcome.kind, deaths], ["killed", "finished", 1]);
});

test("SimWorld: the story tells which process met what, at which effect, and in which form", async () => {
  const told = async (form: "before" | "after" | "torn0" | "refused" | "unanswered" | "held"): Promise<string> => {
    const plan = [[], { at: 1, form, power: form === "torn0" }];
    const world = simWorld(1, { plan, policy: oldest, latencyMs: 0 });
    world.spawn();
    const process = world.spawn();
    process.start(async () => {
      for (const name of ["read the list", "write a row", "say so"]) {
        await process.effect({ name, apply: () => undefined, failure: () => new Error(`${name} failed`) });
      }
    });
    await world.run(process);
    assert.equal(world.story.length, 1);
    return world.story[0]!.replace(/^[\d.]+ ms {2}/, "");
  };
  assert.deepEqual(
    [
      await told("before"),
      await told("after"),
      await told("torn0"),
      await told("refused"),
      await told("unanswered"),
      await told("held"),
    ],
    [
      "process 1 dies before effect 1, write a row",
      "process 1 dies after effect 1, write a row took place, and before it is told",
      "process 1 dies in the middle of effect 1, write a row, and the power is cut",
      "effect 1, write a row of process 1 fails: it does not take place",
      "effect 1, write a row of process 1 takes place, and is answered with an error",
      "process 1 stands still before effect 1, write a row, and another one is started",
    ],
  );
});

test("SimWorld: what an invariant finds after a step is a violation, and the run goes on", async () => {
  const world = simWorld(1);
  let steps = 0;
  world.invariant(() => (++steps === 2 ? "the second step is wrong" : undefined));
  const process = world.spawn();
  process.start(async () => {
    for (let turn = 0; turn < 3; turn++) await process.env.turn();
  });
  assert.equal((await world.run(process)).kind, "finished");
  assert.deepEqual(world.violations, ["the second step is wrong"]);
  assert.ok(steps > 2);
});

test("SimWorld: a run that comes to no end in its own time fails", async () => {
  const world = simWorld(1, { virtualMsMax: 10_000 });
  const process = world.spawn();
  process.start(async () => {
    for (;;) await new Promise<void>((resolve) => process.env.schedule(1_000, resolve));
  });
  await assert.rejects(world.run(process), /no end after 10000 virtual ms/);
});

test("SimProcess: one that is held does nothing until its time is over, and then goes on where it stood", async () => {
  const world = simWorld(1, { plan: [{ at: 1, form: "held", heldMs: 3_000 }], latencyMs: 1, stepMs: 0 });
  const process = world.spawn();
  const bornAt = world.now();
  const done: [name: string, atMs: number][] = [];
  const note = (name: string): void => void done.push([name, Math.floor(world.now() - bornAt)]);
  process.start(async () => {
    const timer = new Promise<void>((resolve) => {
      process.env.schedule(100, () => {
        note("timer");
        resolve();
      });
    });
    for (const name of ["one", "two", "three"]) await process.effect({ name, apply: () => note(name) });
    await timer;
  });
  assert.equal(process.wasHeld, false);
  await world.runUntil(() => process.wasHeld);
  assert.deepEqual(done, [["one", done[0]![1]]]);
  assert.equal((await world.run(process)).kind, "finished");
  const late = done.slice(1);
  assert.deepEqual(late.map(([name]) => name).toSorted(), ["three", "timer", "two"]);
  for (const [name, atMs] of late) assert.ok(atMs >= 3_000 && atMs < 3_010, `${name} at ${atMs}`);
});
