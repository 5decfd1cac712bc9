/** What user code keeps of a context is of no use when its call has ended: what it emitted then would be of no record. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { sideOutput } from "@tidemark/core";
import { broadcastState, keyedBroadcastProcess } from "@tidemark/core/state";

import { type AnyKeyedProcess, processOperator } from "../../src/operators/process.ts";
import type { OperatorFactory } from "../../src/operators/operator.ts";
import { subtaskProcess } from "../../src/operators/subtask-process.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { Harness } from "./harness.ts";

interface Emitting {
  emit(value: unknown): void;
  output(tag: never, value: unknown): void;
}

const seen = sideOutput<unknown>("seen") as never;
const keyOf = (value: unknown): string => String(value);
const ended = { name: "TypeError", message: /^Cannot emit after the call has ended that the context belongs to\./ };

/** Operators whose functions keep what they were given, and emit while they are called. */
const STEPS: Readonly<Record<string, (keep: (context: Emitting) => void) => OperatorFactory>> = {
  "onRecord of a keyed process": (keep) => {
    const process: AnyKeyedProcess = { onRecord: (_value, context) => keep(context as Emitting) };
    return processOperator("p", keyOf, process);
  },
  "onTimer of a keyed process": (keep) => {
    const process: AnyKeyedProcess = {
      onRecord: (_value, context) => context.setEventTimer(5),
      onTimer: (_time, context) => keep(context as Emitting),
    };
    return processOperator("p", keyOf, process);
  },
  "onRecord of a process without keys": (keep) =>
    subtaskProcess({ state: {}, onRecord: (_value: unknown, context) => keep(context as Emitting) }).plan("p").create,
  "onEnd of a process without keys": (keep) =>
    subtaskProcess({ state: {}, onRecord: () => undefined, onEnd: (context) => keep(context as Emitting) }).plan("p")
      .create,
  "onBroadcast beside keys": (keep) =>
    keyedBroadcastProcess({
      state: { all: broadcastState<string, string>() },
      onRecord: () => undefined,
      onBroadcast: (_value: unknown, context) => keep(context as Emitting),
    }).plan("p", keyOf).create,
};

describe("a context that was kept", () => {
  for (const [name, step] of Object.entries(STEPS)) {
    it(`emits nothing any more, of ${name}`, () => {
      let kept: Emitting | undefined;
      const factory = step((context) => {
        context.emit("in time");
        kept = context;
      });
      const harness = new Harness(factory);
      harness.call({ kind: "batch", records: [["a", 1]], ...(name.startsWith("onBroadcast") ? { input: 1 } : {}) });
      harness.watermark(END_OF_TIME);
      assert.throws(() => kept?.emit("late"), ended);
      assert.throws(() => kept?.output(seen, "late"), ended);
      assert.deepEqual(harness.values, ["in time"]);
    });
  }

  it("emits nothing any more when its call has thrown", () => {
    let kept: Emitting | undefined;
    const process: AnyKeyedProcess = {
      onRecord(_value, context) {
        kept = context as Emitting;
        throw new Error("no");
      },
    };
    const harness = new Harness(processOperator("p", keyOf, process));
    assert.throws(() => harness.batch(["a", 1]), { code: "USER_CODE" });
    assert.throws(() => kept?.emit("late"), ended);
  });
});
