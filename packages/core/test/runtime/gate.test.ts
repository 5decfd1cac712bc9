import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { frozenEnv } from "@tidemark/core/testing";

import { Capture, inFlightUnsupported } from "../../src/runtime/capture.ts";
import { Channel, type ChannelElement } from "../../src/runtime/channel.ts";
import { Gate } from "../../src/runtime/gate.ts";
import { decodeValue } from "../../src/state/value-codec.ts";

const batch = (value: string): ChannelElement => ({ kind: "batch", batch: { values: [value], timestamps: [0] } });
const barrier: ChannelElement = { kind: "barrier", barrier: { checkpointId: 1, unaligned: true, alignedUntil: 0 } };
const aligned: ChannelElement = {
  kind: "barrier",
  barrier: { checkpointId: 1, unaligned: false, alignedUntil: Infinity },
};

/** A gate that barriers may overtake, and its channels. */
function gateOver(count: number): readonly [Gate, ...(readonly Channel[])] {
  const channels = Array.from({ length: count }, (_, subtask) => new Channel({ stage: "write", subtask }, 10));
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
    captures: { capture: (id, nameOf) => new Capture(id, nameOf), unsupported: inFlightUnsupported },
    trace: undefined,
    wake: ignore,
    cancel: ignore,
    decline: ignore,
    captured: ignore,
    fail: (error) => assert.fail(error as Error),
  });
  for (const [index, channel] of channels.entries()) channel.onElement((element) => gate.arrived(index, element));
  return [gate, ...channels];
}

/** What a gate has captured, by channel. */
function capturedBy(gate: Gate): readonly unknown[] {
  const capture = gate.captureOf(1);
  while (capture?.encodeNext() === true);
  return (capture?.contents() ?? []).map(({ channel, elements }) => [
    channel,
    ...elements.flatMap((element) =>
      element.kind === "batch" ? (decodeValue(element.bytes) as readonly unknown[][])[0] : [],
    ),
  ]);
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
    const [gate, first, second] = gateOver(2) as readonly [Gate, Channel, Channel];
    second.restore(batch("restored 1"));
    second.restore(batch("restored 2"));
    first.push(batch("new on another channel"));
    second.push(batch("new"));
    const [one, two, ...rest] = takenFrom(gate);
    assert.deepEqual([one, two], ["restored 1", "restored 2"]);
    assert.deepEqual(new Set(rest), new Set(["new", "new on another channel"]));
  });

  it("lets no barrier overtake what was restored, and any overtake what is new (COR-20)", () => {
    const [gate, first, second] = gateOver(2) as readonly [Gate, Channel, Channel];
    second.restore(batch("restored"));
    second.push(batch("new"));
    first.push(barrier);
    second.push(barrier);
    assert.deepEqual(takenFrom(gate), ["restored", "barrier", "new"]);
  });

  it("captures nothing that comes behind a barrier, if several were held up by what was restored (COR-20)", () => {
    const [gate, first, second] = gateOver(2) as readonly [Gate, Channel, Channel];
    second.restore(batch("restored"));
    first.push(batch("before"));
    for (const channel of [first, second]) channel.push(barrier);
    for (const channel of [first, second]) channel.push(batch("behind"));
    assert.deepEqual(takenFrom(gate), ["restored", "barrier", "before", "behind", "behind"]);
    const capture = gate.captureOf(1);
    assert.equal(capture?.isComplete, true);
    assert.equal(capture?.records, 1);
  });

  it("gives out nothing that comes behind a barrier before the snapshot is taken (COR-21)", () => {
    const [gate, first, second] = gateOver(2) as readonly [Gate, Channel, Channel];
    first.push(aligned);
    first.push(batch("behind"));
    assert.equal(gate.next(), undefined);
    second.push(batch("before"));
    second.push(aligned);
    second.push(batch("behind, too"));
    const before = gate.next();
    assert.deepEqual(before?.kind === "batch" && before.batch.values, ["before"]);
    assert.equal(gate.next()?.kind, "barrier");
    // All barriers are here, and the snapshot is not: whoever freezes state asks for nothing in between.
    gate.barrierTaken(1);
    assert.deepEqual(new Set(takenFrom(gate)), new Set(["behind", "behind, too"]));
  });

  it("captures of each channel what comes before that channel's own barrier (COR-18, COR-20)", () => {
    const [gate, first, second, third] = gateOver(3) as readonly [Gate, Channel, Channel, Channel];
    second.push(batch("waits"));
    third.push(batch("waits, too"));
    first.push(barrier);
    second.push(batch("before the second barrier"));
    second.push(barrier);
    second.push(batch("behind it"));
    third.push(batch("before the third barrier"));
    first.push(batch("behind the first barrier"));
    third.push(barrier);
    assert.deepEqual(capturedBy(gate), [
      [1, "waits", "before the second barrier"],
      [2, "waits, too", "before the third barrier"],
    ]);
  });
});
