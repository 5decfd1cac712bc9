/** How the time of a turn of the host is shared by those who have work in it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { frozenEnv } from "@tidemark/core/testing";

import { type Actor, Executor } from "../../src/runtime/executor.ts";

/** A turn ends after this long. */
const TURN_MS = 2;

/** An executor under a clock that steps move, and in which turns come when they are told to. */
function stand() {
  let nowMs = 0;
  let nextTurn: () => void = () => undefined;
  const { env } = frozenEnv();
  const executor = new Executor(
    { ...env, monotonic: () => nowMs, turn: () => new Promise((resolve) => (nextTurn = resolve)) },
    undefined,
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    executor,
    /** Has steps to take, each of which takes so long; notes how much was left of the turn at each. */
    worker(steps: number, stepMs: number): { readonly actor: Actor; readonly left: number[] } {
      const left: number[] = [];
      const step = (until: number): boolean => {
        left.push(until - nowMs);
        nowMs += stepMs;
        return left.length < steps;
      };
      return { actor: { step }, left };
    },
    async run(): Promise<void> {
      void executor.run(() => undefined);
      await settled();
    },
    async turn(): Promise<void> {
      // The host does something else meanwhile.
      nowMs += 100;
      nextTurn();
      await settled();
    },
    settled,
  };
}

describe("Executor", () => {
  it("tells each step how much is left of the turn, which all of them share", async () => {
    const { executor, worker, run, turn } = stand();
    const [one, other] = [worker(2, 1.5), worker(2, 1.5)];
    executor.wake(one.actor);
    executor.wake(other.actor);
    await run();
    assert.deepEqual([one.left, other.left], [[TURN_MS], [TURN_MS - 1.5]]);
    await turn();
    assert.deepEqual(
      [one.left, other.left],
      [
        [TURN_MS, TURN_MS],
        [TURN_MS - 1.5, TURN_MS - 1.5],
      ],
    );
    executor.stop();
  });

  it("takes one step of the rest of a turn in whose midst it was woken, and then has whole ones again", async () => {
    const { executor, worker, run, turn, settled } = stand();
    await run();
    const { actor, left } = worker(Infinity, 1);
    executor.wake(actor);
    await settled();
    assert.equal(left.length, 2, "the turn in which it was woken");
    await turn();
    assert.equal(left.length, 3, "what may be the rest of it");
    assert.ok((left.at(-1) ?? 0) <= 0);
    await turn();
    assert.equal(left.length, 5, "a turn of its own");
    await turn();
    assert.equal(left.length, 7, "and another one");
    executor.stop();
  });
});
