// runtimes: node24
/** Steps that follow no window, in whole jobs, against what arrays do. */
import { test } from "node:test";

import { emits, mapState, sideOutput, type StepDeadLetter, valueState } from "@tidemark/core";
import {
  broadcastProcess,
  broadcastState,
  keyedBroadcastProcess,
  listState,
  splitListState,
  subtaskProcess,
  unionListState,
} from "@tidemark/core/state";
import fc from "fast-check";

import type { Happening, Item } from "../reference/windows.ts";
import { anyInputs, itemsOf, ownKeyOf } from "./input.ts";
import { agrees, JOBS, type Step, step, type Steps, STREAMS } from "./trial.ts";

const small = fc.integer({ min: 1, max: 5 });
const text = ({ id, at }: Item): string => `${id} at ${at}`;
/** Later than any record: due when all input has ended. */
const AT_THE_END = 1_000_000;

const copiesOf = ({ id, gap }: Item, most: number): readonly string[] =>
  Array.from({ length: gap % (most + 1) }, (_, copy) => `${id} ${copy}`);

const stateless: Steps = {
  map: step(
    small,
    (stream, by) => stream.map(({ id }) => `${id * by}`),
    (input, by) => itemsOf(input).map(({ id }) => `${id * by}`),
  ),
  filter: step(
    small,
    (stream, by) => stream.filter(({ at }) => at % by === 0).map(text),
    (input, by) =>
      itemsOf(input)
        .filter(({ at }) => at % by === 0)
        .map(text),
  ),
  flatMap: step(
    small,
    (stream, most) => stream.flatMap((item) => copiesOf(item, most)),
    (input, most) => itemsOf(input).flatMap((item) => copiesOf(item, most)),
  ),
  "dead letters": step(
    small,
    (stream, by) => {
      const dead = sideOutput<StepDeadLetter<Item>>("dead");
      const divide = (item: Item): string => {
        if (item.at % by === 0) throw new RangeError("cannot divide");
        return text(item);
      };
      const divided = stream.map(divide, { deadLetters: dead });
      return divided.union(divided.sideOutput(dead).map(({ record }) => `dead ${record?.id}`));
    },
    (input, by) => itemsOf(input).map((item) => (item.at % by === 0 ? `dead ${item.id}` : text(item))),
  ),
  union: step(
    small,
    (stream, by) =>
      stream
        .filter(({ at }) => at > by)
        .union(stream.rebalance())
        .map(text),
    (input, by) => [...itemsOf(input).filter(({ at }) => at > by), ...itemsOf(input)].map(text),
  ),
  partition: step(
    small,
    (stream, by) => stream.partition(({ gap }, subtasks) => (gap * by) % subtasks).map(text),
    (input) => itemsOf(input).map(text),
  ),
  broadcast: step(
    small,
    (stream, parallelism) => stream.broadcast().map(text, { parallelism }),
    (input, parallelism) => Array.from({ length: parallelism }, () => itemsOf(input).map(text)).flat(),
  ),
};

/** The records of each key, in the order in which the key has them. */
function byKey(all: readonly Item[], keyOf: (item: Item) => number): readonly (readonly [number, readonly Item[]])[] {
  return [...new Set(all.map(keyOf))].map((key) => [key, all.filter((item) => keyOf(item) === key)]);
}

/** A timer for each key and time: it is due when event time reaches it, and at once where it has passed. */
function timersOf(stream: readonly Happening[], waitMs: number): readonly string[] {
  let reached = -Infinity;
  let waiting: readonly { readonly key: number; readonly time: number }[] = [];
  const rows: string[] = [];
  const fire = (): void => {
    const due = waiting.filter(({ time }) => time <= reached);
    rows.push(...due.map(({ key, time }) => `${key} at ${time}`));
    waiting = waiting.filter((timer) => !due.includes(timer));
  };
  for (const happening of stream) {
    if ("watermark" in happening) {
      reached = happening.watermark;
      fire();
    } else {
      const { key, at } = happening;
      if (!waiting.some((timer) => timer.key === key && timer.time === at + waitMs)) {
        waiting = [...waiting, { key, time: at + waitMs }];
      }
      fire();
    }
  }
  reached = Infinity;
  fire();
  return rows;
}

const keyed: Steps = {
  reduce: step(
    small,
    (stream, by) =>
      stream
        .keyBy(ownKeyOf)
        .reduce("reduce", (sum, item) => ({ ...item, gap: (sum.gap * by + item.gap) % 1009 }))
        .map(({ id, gap }) => `${id}: ${gap}`),
    (input, by) =>
      byKey(itemsOf(input), ownKeyOf).flatMap(([, all]) => {
        let sum: number | undefined;
        return all.map(({ id, gap }) => {
          sum = sum === undefined ? gap : (sum * by + gap) % 1009;
          return `${id}: ${sum}`;
        });
      }),
  ),
  "process with values, lists and maps": step(
    small,
    (stream, many) =>
      stream.keyBy(ownKeyOf).process("process", {
        state: { count: valueState(0), last: listState<number>(), seen: mapState<number, number>() },
        emits: emits<string>(),
        onRecord({ id, gap }: Item, context) {
          const { count, last, seen } = context.state;
          count.update(count.get() + 1);
          last.update([...last.get(), id].slice(-many));
          seen.set(gap, (seen.get(gap) ?? 0) + 1);
          context.emit(`${id}: ${count.get()} ${last.get().join("+")} ${seen.get(gap)}`);
        },
      }),
    (input, many) =>
      byKey(itemsOf(input), ownKeyOf).flatMap(([, all]) =>
        all.map(({ id, gap }, index) => {
          const before = all.slice(0, index + 1);
          const last = before.slice(-many).map((item) => item.id);
          return `${id}: ${index + 1} ${last.join("+")} ${before.filter((item) => item.gap === gap).length}`;
        }),
      ),
  ),
  "process with timers": step(
    small,
    (stream, waitMs) =>
      stream
        .keyBy(({ key }) => key)
        .process("timers", {
          emits: emits<string>(),
          onRecord: ({ at }: Item, context) => context.setEventTimer(at + waitMs),
          onTimer: (time, context) => context.emit(`${context.key} at ${time}`),
        }),
    ({ stream }, waitMs) => timersOf(stream, waitMs),
  ),
  "process with side outputs": step(
    small,
    (stream, by) => {
      const odd = sideOutput<string>("odd");
      const routed = stream.keyBy(ownKeyOf).process("route", {
        emits: emits<string>(),
        onRecord(item: Item, context) {
          if (item.gap % by === 0) context.emit(text(item));
          else context.output(odd, `odd ${item.id}`);
        },
      });
      return routed.union(routed.sideOutput(odd));
    },
    (input, by) => itemsOf(input).map((item) => (item.gap % by === 0 ? text(item) : `odd ${item.id}`)),
  ),
  "process by subtask": step(
    small,
    (stream, most) =>
      stream.rebalance().process(
        "hold",
        subtaskProcess({
          state: { held: splitListState<number>(), noted: unionListState<number>() },
          emits: emits<string>(),
          onRecord({ id }: Item, context) {
            const { held, noted } = context.state;
            noted.add(id);
            held.add(id);
            if (held.get().length <= most) return;
            for (const each of held.get()) context.emit(`${each}`);
            held.clear();
          },
          onEnd(context) {
            const { held, noted } = context.state;
            for (const id of held.get()) context.emit(`${id}`);
            for (const id of noted.get()) context.emit(`noted ${id}`);
            held.clear();
            noted.clear();
          },
        }),
      ),
    (input) => itemsOf(input).flatMap(({ id }) => [`${id}`, `noted ${id}`]),
  ),
};

const CLASSES = 5;
/** What a broadcast record says, or a record asks for. */
const classOf = ({ gap }: Item, by: number): number => (gap * by) % CLASSES;

/** The records whose class the other stream names, sooner or later. */
const allowed: Step<number>["meaning"] = (input, by, other) => {
  const named = new Set(itemsOf(other).map((item) => classOf(item, by)));
  return itemsOf(input)
    .filter((item) => named.has(classOf(item, by)))
    .map(text);
};

const twoInputs: Steps = {
  connect: step(
    fc.nat(2),
    (stream, shift, other) =>
      stream
        .keyBy(({ key }) => key)
        .connect(other.keyBy(({ key }) => key + shift))
        .process("connect", {
          state: { lefts: mapState<number, true>(), rights: listState<number>(), count: valueState(0) },
          emits: emits<string>(),
          onLeft({ id }, context) {
            const { state } = context;
            state.lefts.set(id, true);
            state.count.update(state.count.get() + 1);
            for (const right of state.rights.get()) context.emit(`${id}+${right}`);
            context.setEventTimer(AT_THE_END);
          },
          onRight({ id }, context) {
            const { state } = context;
            state.rights.add(id);
            state.count.update(state.count.get() + 1);
            for (const [left] of state.lefts.entries()) context.emit(`${left}+${id}`);
            context.setEventTimer(AT_THE_END);
          },
          onTimer: (_time, context) => context.emit(`${context.key}: ${context.state.count.get()}`),
        }),
    (input, shift, other) => {
      const lefts = itemsOf(input);
      const rights = itemsOf(other).map((item) => ({ ...item, key: item.key + shift }));
      const pairs = lefts.flatMap(({ key, id }) =>
        rights.filter((right) => right.key === key).map((right) => `${id}+${right.id}`),
      );
      const counts = byKey([...lefts, ...rights], ({ key }) => key).map(([key, all]) => `${key}: ${all.length}`);
      return [...pairs, ...counts];
    },
  ),
  "connect with a broadcast stream, by key": step(
    small,
    (stream, by, other) =>
      stream
        .keyBy(({ key }) => key)
        .connect(other.broadcast())
        .process(
          "allowed-by-key",
          keyedBroadcastProcess({
            state: { waiting: listState<Item>(), named: broadcastState<number, boolean>() },
            emits: emits<string>(),
            onRecord(item: Item, context) {
              if (context.state.named.get(classOf(item, by)) === true) return context.emit(text(item));
              context.state.waiting.add(item);
              context.setEventTimer(AT_THE_END);
            },
            onBroadcast: (item: Item, { state }) => state.named.set(classOf(item, by), true),
            onTimer(_time, context) {
              const { waiting, named } = context.state;
              for (const item of waiting.get()) if (named.get(classOf(item, by)) === true) context.emit(text(item));
              waiting.clear();
            },
          }),
        ),
    allowed,
  ),
  "connect with a broadcast stream, by subtask": step(
    small,
    (stream, by, other) =>
      stream.connect(other.broadcast()).process(
        "allowed-by-subtask",
        broadcastProcess({
          state: { waiting: splitListState<Item>(), named: broadcastState<number, boolean>() },
          emits: emits<string>(),
          onRecord(item: Item, context) {
            if (context.state.named.get(classOf(item, by)) === true) context.emit(text(item));
            else context.state.waiting.add(item);
          },
          onBroadcast(other: Item, context) {
            const { waiting, named } = context.state;
            named.set(classOf(other, by), true);
            const isNamed = (item: Item): boolean => classOf(item, by) === classOf(other, by);
            for (const item of waiting.get().filter(isNamed)) context.emit(text(item));
            waiting.update(waiting.get().filter((item) => !isNamed(item)));
          },
        }),
      ),
    allowed,
  ),
};

test("steps without state commit what arrays do", async () => {
  await agrees(stateless, [anyInputs(STREAMS)], JOBS);
});

test("keyed steps and those by subtask commit what plain loops make", async () => {
  await agrees(keyed, [anyInputs(STREAMS)], JOBS);
});

test("steps of two inputs commit what plain loops make, whichever comes first", async () => {
  await agrees(twoInputs, [anyInputs(STREAMS), anyInputs(STREAMS)], JOBS);
});
