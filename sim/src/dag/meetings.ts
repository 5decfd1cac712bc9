/** The steps of random pipelines in which two streams meet, and those that keep state by subtask. */
import { emits, type Stream } from "@tidemark/core";
import { innerJoin, intervalJoin, windowJoin } from "@tidemark/core/joins";
import {
  broadcastProcess,
  broadcastState,
  keyedBroadcastProcess,
  listState,
  splitListState,
  subtaskProcess,
  type SubtaskProcessPlan,
  unionListState,
} from "@tidemark/core/state";
import { tumbling } from "@tidemark/core/windows";

import { classOf, paired as pairOf, type Rec, type StepOf } from "./spec.ts";

type Recs = Stream<Rec>;

/** Later than any record: due when both inputs have ended. */
const AT_THE_END = 9_000_000_000_000;

/** Joins two streams by time. */
export function joined({ id, how, spanMs }: StepOf<"join">, input: Recs, other: Recs): Recs {
  const lefts = input.keyBy(({ k }) => k);
  const rights = other.keyBy(({ k }) => k);
  const later = (left: Rec, right: Rec): Rec => pairOf(left, right, Math.max(left.at, right.at));
  switch (how) {
    case "interval":
      return lefts.join(id, rights, intervalJoin({ from: "0ms", to: `${spanMs}ms` }), later);
    case "inner":
      return lefts.join(id, rights, innerJoin({ retention: `${spanMs}ms` }), later);
    case "window":
      return lefts.join(id, rights, windowJoin(tumbling(`${spanMs}ms`)), (left, right, _key, window) =>
        pairOf(left, right, window.end - 1),
      );
  }
}

/** Brings each record together with all of the other stream that have its key. */
export function paired({ id }: StepOf<"pairs">, input: Recs, other: Recs): Recs {
  return input
    .keyBy(({ k }) => k)
    .connect(other.keyBy(({ k }) => k))
    .process(id, {
      state: { lefts: listState<Rec>(), rights: listState<Rec>() },
      emits: emits<Rec>(),
      onLeft(left, context) {
        context.state.lefts.add(left);
        for (const right of context.state.rights.get()) context.emit(pairOf(left, right, 0));
      },
      onRight(right, context) {
        context.state.rights.add(right);
        for (const left of context.state.lefts.get()) context.emit(pairOf(left, right, 0));
      },
    });
}

/** Lets records through whose class a broadcast stream has named, and keeps the others until it has. */
export function allowed({ id, by }: StepOf<"allowed">, input: Recs, other: Recs): Recs {
  const named = other.broadcast();
  return by === "subtask"
    ? input.connect(named).process(id, allowedBySubtask)
    : input
        .keyBy(({ k }) => k)
        .connect(named)
        .process(id, allowedByKey);
}

const untimed = ({ k, n }: Rec): Rec => ({ k, n, at: 0 });

const allowedBySubtask = broadcastProcess({
  state: { classes: broadcastState<number, boolean>(), waiting: splitListState<Rec>() },
  emits: emits<Rec>(),
  onRecord(rec: Rec, context) {
    if (context.state.classes.get(classOf(rec.n)) === true) context.emit(untimed(rec));
    else context.state.waiting.add(rec);
  },
  onBroadcast({ n }: Rec, context) {
    const { classes, waiting } = context.state;
    classes.set(classOf(n), true);
    const all = waiting.get();
    for (const rec of all) if (classOf(rec.n) === classOf(n)) context.emit(untimed(rec));
    waiting.update(all.filter((rec) => classOf(rec.n) !== classOf(n)));
  },
});

const allowedByKey = keyedBroadcastProcess({
  state: { waiting: listState<Rec>(), classes: broadcastState<number, boolean>() },
  emits: emits<Rec>(),
  onRecord(rec: Rec, context) {
    if (context.state.classes.get(classOf(rec.n)) === true) return context.emit(untimed(rec));
    context.state.waiting.add(rec);
    context.setEventTimer(AT_THE_END);
  },
  onBroadcast: ({ n }: Rec, { state }) => state.classes.set(classOf(n), true),
  onTimer(_time, context) {
    const { waiting, classes } = context.state;
    for (const rec of waiting.get()) if (classes.get(classOf(rec.n)) === true) context.emit(untimed(rec));
    waiting.clear();
  },
});

/** Holds back a few records in each subtask, and notes all of them until the input ends. */
export function hold(): SubtaskProcessPlan<Rec, Rec> {
  return subtaskProcess({
    state: { held: splitListState<Rec>(), noted: unionListState<Rec>() },
    emits: emits<Rec>(),
    onRecord({ k, n }: Rec, context) {
      const { held, noted } = context.state;
      noted.add({ k, n: n + 200, at: 0 });
      held.add({ k, n, at: 0 });
      const [first, ...rest] = held.get();
      if (first === undefined || rest.length < 2) return;
      context.emit(first);
      held.update(rest);
    },
    onEnd(context) {
      const { held, noted } = context.state;
      for (const rec of held.get()) context.emit(rec);
      for (const rec of noted.get()) context.emit(rec);
      held.clear();
      noted.clear();
    },
  });
}
