import assert from "node:assert/strict";
import { test } from "node:test";

import { Agenda } from "../../src/testing/sim/agenda.ts";
import { HOLD, type SchedulePolicy, type SimChoice } from "../../src/testing/sim/policy.ts";
import { priorities, priority } from "../../src/testing/sim/priority.ts";
import { simRandom } from "../../src/testing/sim/random.ts";
import { swizzle } from "../../src/testing/sim/swizzle.ts";
import { simWorld } from "../../src/testing/sim/world.ts";

const NAMES = ["a", "b", "c", "d"];
/** Each of them could always happen. */
const ALL: readonly SimChoice[] = NAMES.map((label, seq) => ({ label, seq }));

/** Who goes on, decision after decision; `-` where all is held back. */
function orderOf(policy: SchedulePolicy, decisions: number, choices: readonly SimChoice[] = ALL): string {
  const random = simRandom(5);
  const decide = (): string => {
    const index = policy(choices, random);
    return index === HOLD ? "-" : choices[index]!.label;
  };
  return Array.from({ length: decisions }, decide).join("");
}

const byPriority = (changePoints: readonly number[], decisionsMax = 100): SchedulePolicy =>
  priority(priorities(simRandom(3), { changePoints, decisionsMax }));

test("priority: without a change point the highest goes on as long as it can, then the next one", () => {
  const policy = byPriority([]);
  const order: string[] = [];
  for (let left = ALL; left.length > 0; left = left.filter(({ label }) => label !== order.at(-1)!)) {
    const [first, ...rest] = orderOf(policy, 6, left);
    assert.ok(rest.every((label) => label === first));
    order.push(first!);
  }
  assert.equal(order.join(""), "cdba");
  assert.deepEqual(order.toSorted(), NAMES);
});

test("priority: at a change point the one that goes on is put below all others", () => {
  const [first, second, third, fourth] = "cdba";
  assert.equal(
    orderOf(byPriority([2, 4, 5, 6]), 10),
    [first, first, first, second, second, third, fourth, first, first, first].join(""),
  );
});

test("priority: who is first seen later can be the highest", () => {
  const highest = NAMES.map((_, seed) => {
    const policy = priority(priorities(simRandom(seed), { changePoints: [], decisionsMax: 100 }));
    orderOf(policy, 1, ALL.slice(0, 3));
    return orderOf(policy, 1);
  });
  assert.ok(highest.includes("d") && highest.some((label) => label !== "d"), highest.join(""));
});

test("priority: of one kind the oldest comes first", () => {
  const policy = byPriority([]);
  const choices = [7, 3, 5].map((seq) => ({ label: "a", seq }));
  assert.equal(policy(choices, simRandom(1)), 1);
});

test("priority: after the last decision that priorities make nobody waits for ever", () => {
  const policy = byPriority([], 20);
  assert.equal(new Set(orderOf(policy, 20)).size, 1);
  assert.equal(new Set(orderOf(policy, 60)).size, NAMES.length);
});

/** What a policy holds back and lets go, as `-b` and `+b`, where each of them could always happen. */
function movesOf(make: () => SchedulePolicy, decisions: number): readonly string[] {
  // The same policy again and again, and another one each time of those that it leaves.
  const orders = NAMES.map((_, nth) => {
    const policy = make();
    const nthOf = { ...simRandom(1), below: (count: number) => nth % count };
    return Array.from({ length: decisions }, () => policy(ALL, nthOf));
  });
  const moves: string[] = [];
  let before = new Set(ALL.keys());
  for (let decision = 0; decision < decisions; decision++) {
    const free = new Set(orders.map((order) => order[decision]!).filter((index) => index !== HOLD));
    for (const [index, name] of NAMES.entries()) {
      if (before.has(index) !== free.has(index)) moves.push(`${free.has(index) ? "+" : "-"}${name}`);
    }
    before = free;
  }
  return moves;
}

test("swizzle: some are held back one after the other, and let go one after the other in another order", () => {
  const moves = movesOf(() => swizzle(simRandom(9), { rounds: 1, decisionsMax: 12 }), 200);
  assert.equal(moves.join(" "), "-b -d -a -c +c +b +a +d");
});

test("swizzle: whoever is held back is let go, round after round, and at the end nothing is held back", () => {
  let most = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const moves = movesOf(() => swizzle(simRandom(seed), { rounds: 3, decisionsMax: 4 }), 200);
    const held = new Set<string>();
    let rounds = 0;
    for (const [how, name] of moves.map((move) => [move[0]!, move[1]!] as const)) {
      if (how === "-") held.add(name);
      else assert.ok(held.delete(name), `seed ${seed}: ${moves.join(" ")}`);
      most = Math.max(most, held.size);
      if (held.size === 0) rounds++;
    }
    assert.deepEqual([held.size, rounds], [0, 3], `seed ${seed}: ${moves.join(" ")}`);
  }
  assert.equal(most, NAMES.length);
});

test("swizzle: only what was seen is held back", () => {
  const policy = swizzle(simRandom(1), { rounds: 100, decisionsMax: 1 });
  const alone = ALL.slice(0, 1);
  assert.match(orderOf(policy, 200, alone), /-a/);
});

test("Agenda.take: what is held back waits for the next timer, and happens when none is near", () => {
  const hold: SchedulePolicy = (choices) => choices.findIndex(({ label }) => label !== "held");
  assert.equal(hold([{ label: "held", seq: 0 }], simRandom(1)), HOLD);
  const agenda = new Agenda(0);
  const add = (label: string, delayMs: number): unknown => agenda.add(undefined, label, delayMs, () => undefined);
  add("held", 0);
  add("near", 1000);
  add("far", 2001);
  const taken = Array.from({ length: 4 }, () => `${agenda.take(hold, simRandom(1))?.label} ${agenda.now}`);
  assert.deepEqual(taken, ["near 1000", "held 1000", "far 2001", "undefined 2001"]);
});

/** What a few subtasks and effects of a process do, in which order, and which policy the world has drawn. */
async function race(seed: number): Promise<{ readonly name: string; readonly order: string }> {
  const world = simWorld(seed, { latencyMs: 1, stallMs: 1 });
  const process = world.spawn();
  let order = "";
  const go = async (name: string): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) {
      await process.effect({ name, apply: () => (order += name) });
      await process.env.turn();
    }
  };
  process.start(() => Promise.all(NAMES.map(go)));
  assert.equal((await world.run(process)).kind, "finished");
  const [name] = [...world.points.keys()].filter((point) => point.startsWith("schedule: "));
  return { name: name!, order };
}

test("simWorld draws each policy, says which, and whatever it is a seed is one run and comes to its end", async () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= 100; seed++) {
    const run = await race(seed);
    assert.equal(run.order.length, 80);
    counts.set(run.name, (counts.get(run.name) ?? 0) + 1);
    if (seed % 5 === 0) assert.deepEqual(await race(seed), run);
  }
  const names = ["newest", "oldest", "priority", "starve", "swizzle", "uniform"].map((name) => `schedule: ${name}`);
  assert.deepEqual([...counts.keys()].toSorted(), names);
});

test("SimProcess.pick: where the world goes by priorities, they choose among subtasks as well", () => {
  const seed = Array.from({ length: 100 }, (_, index) => index).find((each) =>
    simWorld(each).points.has("schedule: priority"),
  )!;
  const subtasks = NAMES.map((name) => ({ name }));
  const process = simWorld(seed).spawn();
  const first = process.pick(4, subtasks);
  const reversed = process.pick(4, subtasks.toReversed());
  assert.equal(reversed, 3 - first, "the same one, wherever it stands");
});
