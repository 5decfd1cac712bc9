/** The keyed processes of random pipelines, of one stream each. */
import { type KeyedProcess, sideOutput, type StepDeadLetter, valueState } from "@tidemark/core";
import {
  listState,
  type ListStateDescriptor,
  mapState,
  type MapStateDescriptor,
  type ValueStateDescriptor,
} from "@tidemark/core/state";

import { isPoison, type Rec, type StepOf, workedOut } from "./spec.ts";

/** Where odd numbers go. */
export const ODD = sideOutput<Rec>("odd");
/** Where what a step throws on goes. */
export const DEAD = sideOutput<StepDeadLetter<Rec>>("dead");
/** Later than any record: due when the input has ended. */
const AT_THE_END = 9_000_000_000_000;

/** The first record of each key and number. */
export function distinct(): KeyedProcess<Rec, string, { seen: MapStateDescriptor<number, boolean> }, Rec> {
  return {
    state: { seen: mapState<number, boolean>() },
    onRecord({ k, n }, context) {
      if (context.state.seen.has(n)) return;
      context.state.seen.set(n, true);
      context.emit({ k, n, at: 0 });
    },
  };
}

/** Odd numbers leave by a side output. */
export function route(): KeyedProcess<Rec, string, Record<never, never>, Rec> {
  return {
    onRecord(rec, context) {
      if (rec.n % 2 === 0) context.emit(rec);
      else context.output(ODD, rec);
    },
  };
}

/** A timer that fires before its time fails the job; one that fires twice finds nothing, and its row is wrong. */
function checkDue(time: number, watermark: number): void {
  if (time > watermark) throw new RangeError(`the timer of ${time} fired at ${watermark}`);
}

/** The sum of each stretch in an entry of its own. */
export function mapStretch({
  sizeMs,
}: StepOf<"stretch">): KeyedProcess<Rec, string, { sums: MapStateDescriptor<number, number> }, Rec> {
  return {
    state: { sums: mapState<number, number>() },
    onRecord({ n, at }, context) {
      const start = Math.floor(at / sizeMs) * sizeMs;
      context.state.sums.set(start, (context.state.sums.get(start) ?? 0) + n);
      context.setEventTimer(start + sizeMs - 1);
    },
    onTimer(time, context) {
      checkDue(time, context.watermark);
      const start = time + 1 - sizeMs;
      context.emit({ k: context.key, n: (context.state.sums.get(start) ?? NaN) % 1009, at: time });
      context.state.sums.delete(start);
    },
  };
}

/** All records that wait for their stretch to end in one list. */
export function listStretch({
  sizeMs,
}: StepOf<"stretch">): KeyedProcess<Rec, string, { waiting: ListStateDescriptor<Rec> }, Rec> {
  return {
    state: { waiting: listState<Rec>() },
    onRecord(rec, context) {
      context.state.waiting.add(rec);
      context.setEventTimer(Math.floor(rec.at / sizeMs) * sizeMs + sizeMs - 1);
    },
    onTimer(time, context) {
      checkDue(time, context.watermark);
      const all = context.state.waiting.get();
      const due = all.filter(({ at }) => Math.floor(at / sizeMs) * sizeMs + sizeMs - 1 === time);
      context.state.waiting.update(all.filter((rec) => !due.includes(rec)));
      context.emit({ k: context.key, n: due.reduce((total, { n }) => total + n, 0) % 1009, at: time });
    },
  };
}

/** Keeps what was worked out for each number until it expires. */
export function memo({
  ttlMs,
}: StepOf<"memo">): KeyedProcess<Rec, string, { known: MapStateDescriptor<number, number> }, Rec> {
  return {
    state: { known: mapState<number, number>({ ttl: { after: `${ttlMs}ms` } }) },
    onRecord(rec, context) {
      const { known } = context.state;
      const found = known.get(rec.n) ?? workedOut(rec.n);
      known.set(rec.n, found);
      context.emit({ ...rec, n: found });
    },
  };
}

/** Keeps records until a timer of processing time, or the end. */
export function pause({ holdMs }: StepOf<"pause">): KeyedProcess<Rec, string, { held: ListStateDescriptor<Rec> }, Rec> {
  return {
    state: { held: listState<Rec>() },
    onRecord({ k, n }, context) {
      context.state.held.add({ k, n, at: 0 });
      context.setProcessingTimer(context.now() + holdMs);
      context.setEventTimer(AT_THE_END);
    },
    onTimer(_time, context) {
      for (const rec of context.state.held.get()) context.emit(rec);
      context.state.held.clear();
    },
  };
}

/** Counts first, and then throws on some: what it wrote must be gone. */
export function poison(): KeyedProcess<
  Rec,
  string,
  { count: ValueStateDescriptor<number>; seen: ListStateDescriptor<number> },
  Rec
> {
  return {
    state: { count: valueState(0), seen: listState<number>() },
    onRecord({ k, n }, context) {
      const { count, seen } = context.state;
      seen.add(n);
      count.update(count.get() + 1);
      context.emit({ k, n: seen.get().length === count.get() ? count.get() : NaN, at: 0 });
      if (isPoison(n)) throw new RangeError("is poison");
    },
  };
}
