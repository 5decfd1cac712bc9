/** Functions that give promises, as those that a compiler made of asynchronous ones: they look like any other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { broadcastProcess } from "../../src/operators/broadcast-process.ts";
import { type AnyConnectedProcess, connectedProcessPlan } from "../../src/operators/connected-process.ts";
import { filterOperator } from "../../src/operators/filter.ts";
import { keyedBroadcastProcess } from "../../src/operators/keyed-broadcast-process.ts";
import { mapOperator } from "../../src/operators/map.ts";
import type { OperatorFactory } from "../../src/operators/operator.ts";
import { type AnyKeyedProcess, processOperator } from "../../src/operators/process.ts";
import { reduceOperator } from "../../src/operators/reduce.ts";
import { type SubtaskProcess, subtaskProcess } from "../../src/operators/subtask-process.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { Harness } from "./harness.ts";
import { inOrder } from "./string-process.ts";

const keyOf = (value: unknown): string => String(value);
const nothing = (): undefined => undefined;
/** Fails later, when nobody looks at it any more. */
const promise = (): never => Promise.reject(new Error("later")) as never;
const armed = (_value: unknown, context: { setEventTimer(time: number): void }): void => context.setEventTimer(5);

type Connected = Pick<AnyConnectedProcess, "onLeft" | "onRight" | "onTimer">;
const connected = (process: Connected): OperatorFactory => connectedProcessPlan("p", [keyOf, keyOf], process).create;
const keyed = (process: AnyKeyedProcess): OperatorFactory => processOperator("p", keyOf, process);
const subtask = (process: SubtaskProcess<unknown, Record<never, never>, never>): OperatorFactory =>
  subtaskProcess(process).plan("p").create;

/** By what the message names. */
const STEPS: Readonly<Record<string, readonly [call: string, factory: OperatorFactory]>> = {
  map: ["map", mapOperator("p", promise)],
  filter: ["filter", filterOperator("p", promise)],
  reduce: ["reduce", reduceOperator("p", keyOf, promise)],
  "onRecord of a keyed process": ["onRecord", keyed({ onRecord: promise })],
  "onTimer of a keyed process": ["onTimer", keyed({ onRecord: armed, onTimer: promise })],
  "onLeft of a process over two streams": ["onLeft", connected({ onLeft: promise, onRight: nothing })],
  "onRight of a process over two streams": ["onRight", connected({ onLeft: nothing, onRight: promise })],
  "onTimer of a process over two streams": [
    "onTimer",
    connected({ onLeft: armed, onRight: nothing, onTimer: promise }),
  ],
  "onRecord of a process by subtask": ["onRecord", subtask({ onRecord: promise })],
  "onEnd of a process by subtask": ["onEnd", subtask({ onRecord: nothing, onEnd: promise })],
  "onBroadcast of a process": [
    "onBroadcast",
    broadcastProcess({ state: {}, onRecord: nothing, onBroadcast: promise }).plan("p").create,
  ],
  "onBroadcast of a keyed process": [
    "onBroadcast",
    keyedBroadcastProcess({ state: {}, onRecord: nothing, onBroadcast: promise }).plan("p", keyOf).create,
  ],
  "onTimer of a keyed process with a broadcast stream": [
    "onTimer",
    keyedBroadcastProcess({ state: {}, onRecord: armed, onBroadcast: nothing, onTimer: promise }).plan("p", keyOf)
      .create,
  ],
};

/** Records of each input that has something to say, and all time. */
function drive(call: string, factory: OperatorFactory): void {
  const harness = new Harness(factory);
  const input = call === "onRight" || call === "onBroadcast" ? 1 : 0;
  harness.call({ kind: "batch", input, records: inOrder("a", "a") });
  harness.watermark(END_OF_TIME);
}

describe("a promise that is given where nothing waits for one", () => {
  for (const [name, [call, factory]] of Object.entries(STEPS)) {
    it(`is refused, by ${name}`, () => {
      assert.throws(() => drive(call, factory), {
        code: "USER_CODE",
        message: `Cannot go on: ${call} of "p" threw: it gave a promise, and nothing waits for one there. Use asyncMap of @tidemark/core/async`,
      });
    });
  }
});
