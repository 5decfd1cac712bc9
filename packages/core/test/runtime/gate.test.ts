import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { frozenEnv } from "@tidemark/core/testing";

import { Channel, type ChannelElement } from "../../src/runtime/channel.ts";
import { Gate } from "../../src/runtime/gate.ts";

const batch = (value: string): ChannelElement => ({ kind: "batch", batch: { values: [value], timestamps: [0] } });
const barrier: ChannelElement = { kind: "barrier", barrier: { checkpointId: 1, unaligned: true, alignedUntil: 0 } };

/** A gate that barriers may overtake, over two channels. */
function twoChannels(): readonly [Gate, Channel, Channel] {
  const channels = [0, 1].map((subtask) => new Channel({ stage: "write", subtask }, 10));
  const ignore = (): void => undefined;
  const gate = new Gate({
    at: { stage: "read", subtask: 0 },
    channels: channels.map((channel) => ({
      channel,
      input: 0,
      edge: { from: "write", side: undefined, to: "read", input: 0, nth: 0 },
      mayOvertake: true,
    })),
    env: frozenEnv().env,
    barriers: "unaligned",
    trace: undefined,
    wake: ignore,
    cancel: ignore,
    decline: ignore,
    captured: ignore,
    fail: (error) => assert.fail(error as Error),
  });
  for (const [index, channel] of channels.entries()) channel.onElement((element) => gate.arrived(index, element));
  return [gate, channels[0] as Channel, channels[1] as Channel];
}

/** What a gate gives out, in its order. */
function takenFrom(gate: Gate): readonly unknown[] {
  const taken: unknown[] = [];
  for (let event = gate.next(); event !== undefined; event = gate.next()) {
    taken.push(event.kind === "batch" ? event.batch.values[0] : event.kind);
    if (event.kind === "barrier") gate.barrierTaken(event.barrier.checkpointId);
  }
  return taken;
}

describe("Gate", () => {
  it("takes what was restored before all else, on whatever channel it is (COR-20)", () => {
    const [gate, first, second] = twoChannels();
    second.restore(batch("restored 1"));
    second.restore(batch("restored 2"));
    first.push(batch("new on another channel"));
    second.push(batch("new"));
    const [one, two, ...rest] = takenFrom(gate);
    assert.deepEqual([one, two], ["restored 1", "restored 2"]);
    assert.deepEqual(new Set(rest), new Set(["new", "new on another channel"]));
  });

  it("lets no barrier overtake what was restored, and any overtake what is new (COR-20)", () => {
    const [gate, first, second] = twoChannels();
    second.restore(batch("restored"));
    second.push(batch("new"));
    first.push(barrier);
    second.push(barrier);
    assert.deepEqual(takenFrom(gate), ["restored", "barrier", "new"]);
  });

  it("captures nothing that comes behind a barrier, if several were held up by what was restored (COR-20)", () => {
    const [gate, first, second] = twoChannels();
    second.restore(batch("restored"));
    first.push(batch("before"));
    for (const channel of [first, second]) channel.push(barrier);
    for (const channel of [first, second]) channel.push(batch("behind"));
    assert.deepEqual(takenFrom(gate), ["restored", "barrier", "before", "behind", "behind"]);
    const capture = gate.captureOf(1);
    assert.equal(capture?.isComplete, true);
    assert.equal(capture?.records, 1);
  });
});
