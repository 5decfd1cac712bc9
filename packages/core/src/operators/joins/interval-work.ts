import type { StateDescriptors } from "../../state/descriptors.ts";
import { slotsOf } from "../../state/handles.ts";
import type { KeyedContext, KeyedInput, TimedResult } from "../keyed-work.ts";
import { keyedOperator } from "../keyed-operator.ts";
import type { StepPlan } from "../step-plan.ts";
import { needTimestamp } from "../windows/need-timestamp.ts";
import type { JoinSpec } from "./join.ts";
import type { Meets } from "./buffered-rows.ts";
import { type BufferedRow, RowBuffer } from "./row-buffer.ts";

/** Which times meet: those of right records less those of left ones. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether the bounds themselves meet. */
  readonly closed: readonly [from: boolean, to: boolean];
}

const LEFT = 0;

/**
 * The step of a join by event time. Each side keeps its records for as long as records of the other that are not late may
 * still meet them, and a timer forgets them then. So which pairs meet depends on the records alone.
 *
 * @param isOuter whether left records that met none are emitted when they are forgotten, with that time. Then the interval
 * does not end before the left record.
 */
export function intervalPlan(spec: JoinSpec, label: string, interval: Interval, isOuter: boolean): StepPlan {
  const work = new IntervalWork(spec, interval, isOuter);
  return { label, order: "any", slots: slotsOf(work.state), create: keyedOperator(spec.id, work) };
}

class IntervalWork {
  readonly state: StateDescriptors;
  readonly inputs: readonly KeyedInput[];
  readonly #spec: JoinSpec;
  readonly #interval: Interval;
  readonly #isOuter: boolean;
  readonly #buffers: readonly [left: RowBuffer, right: RowBuffer];
  // Made once: one for each record would be an object more.
  readonly #leftMeets: Meets = (time, other) => this.#meets(other - time);
  readonly #rightMeets: Meets = (time, other) => this.#meets(time - other);

  constructor(spec: JoinSpec, interval: Interval, isOuter: boolean) {
    this.#spec = spec;
    this.#interval = interval;
    this.#isOuter = isOuter;
    // By another name where rows remember whether they have met one: those of an inner join do not know it.
    const [left, right] = [new RowBuffer(isOuter ? "outer" : "left"), new RowBuffer("right")];
    this.#buffers = [left, right];
    this.state = { ...left.states, ...right.states };
    this.inputs = spec.keys.map((keyOf, side) => ({
      name: "join",
      keyOf,
      handler: { onRecord: (value, context) => this.#onRecord(side as 0 | 1, value, context) },
    }));
  }

  #onRecord(side: 0 | 1, value: unknown, context: KeyedContext): void {
    const { timestamp, watermark } = context;
    needTimestamp(timestamp, this.#spec.id, "join a record in");
    if (timestamp <= watermark) {
      context.tooLate(value, this.#spec.late[side]);
      return;
    }
    const own: BufferedRow = { timestamp, value };
    const met = this.#meet(side, own, context);
    const due = this.#dueOf(side, timestamp);
    if (due > watermark) {
      this.#buffers[side].add(context.state, due, own, met.length > 0);
      context.setEventTimer(due);
    }
    if (met.length > 0) context.emitAll(this.#pairs(side, own, met, context.key));
  }

  onTimer(time: number, context: KeyedContext): void {
    const [left, right] = this.#buffers;
    right.forget(context.state, time);
    const unmet: BufferedRow[] | undefined = this.#isOuter ? [] : undefined;
    left.forget(context.state, time, unmet);
    if (unmet !== undefined && unmet.length > 0) context.emitAll(this.#alone(unmet, time, context.key));
  }

  /**
   * When no record that is not late can meet one any more, to the millisecond. Rows are kept under this time, so that they are
   * forgotten with their timer even if the interval has become another one meanwhile.
   */
  #dueOf(side: 0 | 1, timestamp: number): number {
    return Math.ceil(timestamp) + (side === LEFT ? this.#interval.toMs : -this.#interval.fromMs);
  }

  #meet(side: 0 | 1, { timestamp }: BufferedRow, { state }: KeyedContext): readonly BufferedRow[] {
    const [left, right] = this.#buffers;
    if (side === LEFT) return right.find(state, timestamp, this.#leftMeets);
    return this.#isOuter
      ? left.meet(state, timestamp, this.#rightMeets)
      : left.find(state, timestamp, this.#rightMeets);
  }

  #meets(distance: number): boolean {
    const { fromMs, toMs, closed } = this.#interval;
    return (closed[0] ? distance >= fromMs : distance > fromMs) && (closed[1] ? distance <= toMs : distance < toMs);
  }

  *#pairs(side: 0 | 1, own: BufferedRow, met: readonly BufferedRow[], key: unknown): Iterable<TimedResult> {
    const { combine } = this.#spec;
    for (const other of met) {
      const [left, right] = side === LEFT ? [own, other] : [other, own];
      yield [combine(left.value, right.value, key), Math.max(left.timestamp, right.timestamp)];
    }
  }

  /** With the time at which it is certain: what comes after this step has not gone beyond it. */
  *#alone(unmet: readonly BufferedRow[], time: number, key: unknown): Iterable<TimedResult> {
    for (const { value } of unmet) yield [this.#spec.combine(value, undefined, key), time];
  }
}
