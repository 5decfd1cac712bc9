import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Capture } from "../../src/runtime/capture.ts";
import type { ChannelElement } from "../../src/runtime/channel.ts";
import { decodeValue } from "../../src/state/value-codec.ts";

const batch = (...values: unknown[]): ChannelElement => ({
  kind: "batch",
  batch: { values, timestamps: values.map(() => 7) },
});
const watermark = (time: number): ChannelElement => ({ kind: "watermark", time });

function shown(capture: Capture): readonly unknown[] {
  while (capture.encodeNext());
  return capture
    .contents()
    .map(({ channel, elements }) => [
      channel,
      ...elements.map((element) => (element.kind === "batch" ? decodeValue(element.bytes) : element.time)),
    ]);
}

describe("Capture", () => {
  it("holds what waits, and what comes until the channel's own barrier (BAR-07)", () => {
    const capture = new Capture(4, String);
    capture.begin(0, [batch(1), watermark(5), batch(2)], true);
    capture.begin(1, [batch("a")], true);
    capture.arrived(1, batch("b"));
    capture.end(0);
    capture.arrived(0, batch(3));
    capture.arrived(1, batch("c"));
    capture.end(1);
    assert.deepEqual(shown(capture), [
      [0, [[1], [7]], 5, [[2], [7]]],
      [1, [["a"], [7]], [["b"], [7]], [["c"], [7]]],
    ]);
    assert.equal(capture.records, 5);
  });

  it("leaves out what comes again by itself: statuses, ends, the end of time, barriers and markers", () => {
    const capture = new Capture(4, String);
    const barrier = { checkpointId: 3, unaligned: false, alignedUntil: Infinity };
    capture.begin(
      0,
      [
        { kind: "status", status: "idle" },
        { kind: "barrier", barrier },
        { kind: "cancel", checkpointId: 2 },
        watermark(1),
        watermark(2),
        batch(1),
        watermark(Infinity),
        { kind: "end" },
      ],
      false,
    );
    assert.deepEqual(shown(capture), [[0, 2, [[1], [7]]]]);
  });

  it("encodes a batch before user code can change what is in it", () => {
    const capture = new Capture(4, String);
    const record = { n: 1 };
    const element = batch(record);
    capture.begin(0, [element], false);
    capture.touch(element);
    record.n = 2;
    assert.deepEqual(shown(capture), [[0, [[{ n: 1 }], [7]]]]);
    assert.equal(capture.encodeNext(), false);
  });

  it("holds nothing once the checkpoint is given up, and takes nothing more", () => {
    const capture = new Capture(4, String);
    capture.begin(0, [batch(1)], true);
    capture.drop();
    capture.arrived(0, batch(2));
    assert.deepEqual(shown(capture), []);
    assert.ok(capture.isDropped && capture.isComplete);
  });

  it("names the edge of what cannot be encoded", () => {
    const capture = new Capture(4, (channel) => `edge ${channel}`);
    capture.begin(2, [batch(() => 1)], false);
    assert.throws(() => capture.encodeNext(), {
      code: "VALUE_UNSUPPORTED",
      message: /records from edge 2 into unaligned/,
    });
  });
});
