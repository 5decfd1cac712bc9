/** A step that reads a stream and a broadcast one, with keys and without (ST-05, PF-01). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { pipeline, sideOutput, valueState } from "@tidemark/core";
import {
  type BroadcastProcess,
  broadcastProcess,
  broadcastState,
  type KeyedBroadcastProcess,
  keyedBroadcastProcess,
  type KeyedBroadcastStates,
  listState,
  mapState,
  splitListState,
} from "@tidemark/core/state";
import { explain } from "@tidemark/core/explain";

import type { OperatorFactory } from "../../src/operators/operator.ts";
import type { OperatorStateDescriptors } from "../../src/state/operator-state/descriptors.ts";
import { END_OF_TIME } from "../../src/time/timestamps.ts";
import { pacedSource } from "../runtime/paced-source.ts";
import { type Call, Harness, run, type Timed, verifyOperator } from "./harness.ts";

interface Rule {
  readonly word: string;
  readonly flag: string;
}

const words = (...records: readonly Timed[]): Call => ({ kind: "batch", records, input: 0 });
const rules = (...records: readonly (readonly [rule: Rule, timestamp: number])[]): Call => ({
  kind: "batch",
  records,
  input: 1,
});
const watermark = (time: number): Call => ({ kind: "watermark", time });
const rule = (word: string, flag: string): Rule => ({ word, flag });

const plain = <S extends OperatorStateDescriptors, R>(process: BroadcastProcess<string, Rule, S, R>): OperatorFactory =>
  broadcastProcess(process).plan("b").create;
/** The key is the first letter. */
const keyed = <S extends KeyedBroadcastStates, R>(
  process: KeyedBroadcastProcess<string, Rule, string, S, R>,
): OperatorFactory => keyedBroadcastProcess(process).plan("b", (value) => (value as string)[0] as string).create;

const asides = sideOutput<string>("asides");

describe("broadcastProcess", () => {
  it("writes on the broadcast side, reads on the other, through restores at each step", () => {
    const flagging = plain({
      state: { flags: broadcastState<string, string>(), unknown: splitListState<string>() },
      onRecord(word, context) {
        const flag = context.state.flags.get(word);
        if (flag === undefined) context.state.unknown.add(word);
        else context.emit(`${word} ${flag} of ${[...context.state.flags.entries()].length}`);
      },
      onBroadcast({ word, flag }, context) {
        if (flag === "none") context.state.flags.delete(word);
        else context.state.flags.set(word, flag);
        context.output(asides, `${word} ${flag} at ${context.timestamp}`);
      },
      onEnd(context) {
        for (const word of context.state.unknown.get()) context.emit(`${word} unknown`, 0);
        context.state.unknown.clear();
      },
    });
    const { main, sides } = verifyOperator(flagging, [
      words(["ebb", 1]),
      rules([rule("ebb", "low"), 2], [rule("flow", "high"), 3]),
      words(["ebb", 4], ["flow", 5]),
      rules([rule("ebb", "none"), 6]),
      words(["ebb", 7], ["flow", 8]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(main, [
      ["ebb low of 2", 4],
      ["flow high of 2", 5],
      ["flow high of 1", 8],
      ["ebb unknown", 0],
      ["ebb unknown", 0],
    ]);
    assert.deepEqual(sides["asides"], [
      ["ebb low at 2", 2],
      ["flow high at 3", 3],
      ["ebb none at 6", 6],
    ]);
  });

  it("refuses a change from the wrong side, by a sentence (ST-05)", () => {
    for (const name of ["set", "delete", "clear"] as const) {
      const writing = plain({
        state: { flags: broadcastState<string, string>() },
        onRecord(word, context) {
          const flags = context.state.flags as unknown as Record<typeof name, (word: string) => void>;
          flags[name](word);
        },
        onBroadcast: () => undefined,
      });
      assert.throws(() => new Harness(writing).call(words(["ebb", 1])), {
        code: "STATE_READ_ONLY",
        message: /^Cannot change broadcast state "flags" here: .* Change it in onBroadcast$/,
      });
    }
  });
});

describe("keyedBroadcastProcess", () => {
  /** Counts words by key, and tells at each timer how many there were and what flag the key has. */
  const counting = keyed({
    state: { count: valueState(0), seen: mapState<string, number>(), flags: broadcastState<string, string>() },
    onRecord(word, context) {
      const { count, seen, flags } = context.state;
      count.update(count.get() + 1);
      seen.set(word, context.timestamp);
      context.emit(`${word} ${count.get()} ${flags.get(context.key) ?? "-"}`);
      context.setEventTimer(context.timestamp + 10);
    },
    onBroadcast({ word, flag }, context) {
      context.state.flags.set(word, flag);
      context.output(asides, `${word} ${flag} at ${context.timestamp}, watermark ${context.watermark}`);
    },
    onTimer(time, context) {
      const { count, seen, flags } = context.state;
      context.emit(`${context.key} until ${time}: ${count.get()} ${flags.get(context.key) ?? "-"}`);
      for (const [word, at] of seen.entries()) if (at + 10 <= time) seen.delete(word);
    },
  });

  it("has state and timers by key, and a copy of what was broadcast, through restores at each step", () => {
    const { main, sides } = verifyOperator(counting, [
      words(["a1", 1], ["b1", 2]),
      rules([rule("a", "low"), 3]),
      words(["a2", 4]),
      watermark(11),
      rules([rule("b", "high"), 12], [rule("a", "mid"), 13]),
      words(["b2", 14]),
      watermark(END_OF_TIME),
    ]);
    assert.deepEqual(main, [
      ["a1 1 -", 1],
      ["b1 1 -", 2],
      ["a2 2 low", 4],
      ["a until 11: 2 low", 11],
      ["b2 2 high", 14],
      ["b until 12: 2 high", 12],
      ["a until 14: 2 mid", 14],
      ["b until 24: 2 high", 24],
    ]);
    assert.deepEqual(
      sides["asides"]?.map(([text]) => text),
      ["a low at 3, watermark -Infinity", "b high at 12, watermark 11", "a mid at 13, watermark 11"],
    );
  });

  it("refuses a change from the wrong side, from records and timers (ST-05)", () => {
    const change = (flags: unknown): void => (flags as { set(word: string, flag: string): void }).set("a", "b");
    const writing = (where: "onRecord" | "onTimer"): OperatorFactory =>
      keyed({
        state: { flags: broadcastState<string, string>() },
        onRecord(_word, context) {
          if (where === "onRecord") change(context.state.flags);
          context.setEventTimer(5);
        },
        onBroadcast: () => undefined,
        onTimer: (_time, context) => change(context.state.flags),
      });
    const refused = { code: "STATE_READ_ONLY" };
    assert.throws(() => new Harness(writing("onRecord")).call(words(["ebb", 1])), refused);
    const harness = new Harness(writing("onTimer"));
    harness.call(words(["ebb", 1]));
    assert.throws(() => harness.watermark(5), refused);
  });

  it("has no timers and no state by key on the broadcast side (ST-05)", () => {
    const wrong = (act: (context: Record<string, (time: number) => void>) => void): OperatorFactory =>
      keyed({
        state: { count: valueState(0), flags: broadcastState<string, string>() },
        onRecord: () => undefined,
        onBroadcast: (_rule, context) => act(context as never),
      });
    for (const name of ["setEventTimer", "setProcessingTimer"]) {
      const harness = new Harness(wrong((context) => context[name]?.(5)));
      assert.throws(() => harness.call(rules([rule("a", "b"), 1])), {
        code: "KEY_MISSING",
        message: /timers belong to keys/,
      });
    }
    let names: readonly string[] = [];
    const looking = wrong(({ state }) => (names = Object.keys(state as object)));
    run(looking, [rules([rule("a", "b"), 1])]);
    assert.deepEqual(names, ["flags"]);
  });

  it("does not let a handle of a key out of its record: on the broadcast side there is no key", () => {
    let kept: { get(): number } | undefined;
    const leaking = keyed({
      state: { count: valueState(0), flags: broadcastState<string, string>() },
      onRecord: (_word, { state }) => void (kept = state.count),
      onBroadcast: () => void kept?.get(),
    });
    const harness = new Harness(leaking);
    harness.call(words(["a", 1]));
    assert.throws(() => harness.call(rules([rule("a", "b"), 1])), { code: "STATE_NO_KEY" });
  });

  it("names the function that threw", () => {
    const throwing = (): never => {
      throw new Error("no");
    };
    const state = { flags: broadcastState<string, string>() };
    for (const factory of [
      plain({ state, onRecord: () => undefined, onBroadcast: throwing }),
      keyed({ state, onRecord: () => undefined, onBroadcast: throwing }),
    ]) {
      assert.throws(() => new Harness(factory).call(rules([rule("a", "b"), 1])), {
        code: "USER_CODE",
        message: 'Cannot go on: onBroadcast of "b" threw: no',
      });
    }
  });
});

describe("stream.connect, of what does not fit", () => {
  const job = pipeline("job");
  const stream = job.source("numbers", pacedSource([[1, 2, 3]]));
  const process = broadcastProcess({
    state: { flags: broadcastState<string, string>() },
    onRecord: (_: number) => undefined,
    onBroadcast: (_: number) => undefined,
  });

  it("refuses a second stream that is not broadcast", () => {
    const missing = { code: "KEY_MISSING", message: /put keyBy\(\.\.\.\) on both, or broadcast\(\) on the other one$/ };
    assert.throws(() => stream.connect(stream as never), missing);
    assert.throws(() => stream.connect(stream.keyBy((n) => n) as never), missing);
    assert.throws(() => stream.keyBy((n) => n).connect(stream as never), missing);
    assert.throws(() => stream.connect(stream.union(stream.broadcast()) as never), missing);
  });

  it("refuses states by key where there are no keys, and lists where records may be run again", () => {
    const byKey = { list: listState<number>() } as unknown as OperatorStateDescriptors;
    assert.throws(
      () => stream.connect(stream.broadcast()).process("p", broadcastProcess({ ...handlers, state: byKey })),
      { code: "OPTION_INVALID", message: /^Cannot declare state "list" of "p": there is no key here/ },
    );
    const list = { list: splitListState<number>() } as unknown as KeyedBroadcastStates;
    const keyedStreams = stream.keyBy((n) => n).connect(stream.broadcast());
    assert.throws(() => keyedStreams.process("p", keyedBroadcastProcess({ ...handlers, state: list })), {
      code: "OPTION_INVALID",
      message: /^Cannot declare state "list" by key: split-list state is that of a subtask/,
    });
  });

  it("says in the plan what it reads and keeps, and that its results may depend on timing", () => {
    const sink = { name: "s", delivery: "exactly-once", createWriter: () => undefined } as never;
    stream.connect(stream.broadcast()).process("p", process).sink("out", sink);
    const text = explain(job, { parallelism: 2 });
    assert.match(text, /numbers by forward\n.*numbers by broadcast, input 1\n/);
    assert.match(text, /p: connect, process, operator state \w+ \(broadcast\)/);
    assert.match(text, /may depend on timing\n {2}p: the order of its inputs$/);
  });
});

const handlers = { onRecord: (_: number) => undefined, onBroadcast: (_: number) => undefined };
