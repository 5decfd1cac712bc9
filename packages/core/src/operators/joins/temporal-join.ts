import { slotsOf } from "../../state/handles.ts";
import { type MapState, mapState } from "../../state/kinds/map.ts";
import { type ValueState, valueState } from "../../state/kinds/value.ts";
import type { KeyedContext, KeyedInput, TimedResult } from "../keyed-work.ts";
import { keyedOperator } from "../process.ts";
import type { StepPlan } from "../step-plan.ts";
import { needTimestamp } from "../windows/need-timestamp.ts";
import type { Join, JoinSpec } from "./join.ts";
import { type BufferedRow, RowBuffer } from "./row-buffer.ts";

/**
 * Joins each left record with the row of a table that is valid at its time: the right stream is the changes of the table, each
 * row valid from its time on until the next one of its key. A left record waits until the watermark says that no earlier
 * change is to come, and then gets the latest row that is not after it, with its own time. One that finds no row gives no
 * result.
 *
 * Right records without a time are rows that were always valid. A bounded source without `eventTime` holds the watermark back
 * until it has ended, so left records wait for the whole table. A table that does not end needs event time, and
 * `idleAfter` if it may stand still for long.
 *
 * A row that comes late counts from then on, if none after it is known; what was emitted stays as it is. The last row of
 * each key is kept for good.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { temporalJoin } from "@tidemark/core/joins";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("euros");
 * const orders = job.source("orders", fromArray([{ in: "USD", price: 10, at: 60 }]), { eventTime: ({ at }) => at });
 * const rates = job.source("rates", fromArray([{ of: "USD", euros: 0.9, at: 50 }]), { eventTime: ({ at }) => at });
 * orders
 *   .keyBy((order) => order.in)
 *   .join("rated", rates.keyBy(({ of }) => of), temporalJoin(), ({ price }, { euros }) => price * euros);
 * ```
 */
export function temporalJoin(): Join<"pairs", undefined> {
  return { kind: "temporal", plan: (spec) => temporalPlan(spec, "temporal join", false) };
}

/**
 * As {@link temporalJoin}, and a left record that finds no row gets `undefined`.
 *
 * @example
 * ```ts
 * import { leftTemporalJoin } from "@tidemark/core/joins";
 *
 * const withName = leftTemporalJoin();
 * ```
 */
export function leftTemporalJoin(): Join<"left", undefined> {
  return { kind: "left temporal", plan: (spec) => temporalPlan(spec, "left temporal join", true) };
}

function temporalPlan(spec: JoinSpec, label: string, isOuter: boolean): StepPlan {
  const work = new TemporalWork(spec, isOuter);
  return { label, slots: slotsOf(work.state), create: keyedOperator(spec.id, work) };
}

/** A row of the table, and the time from which it is valid. */
type Version = readonly [from: number, row: unknown];

interface Table {
  /** The row that is valid at the watermark. */
  readonly current: ValueState<Version | undefined>;
  /** Rows that are valid later, by the time from which they are. */
  readonly upcoming: MapState<number, { readonly row: unknown }>;
}

class TemporalWork {
  readonly #waiting = new RowBuffer("waiting");
  readonly state = {
    current: valueState<Version | undefined>(undefined),
    upcoming: mapState<number, { readonly row: unknown }>(),
    ...this.#waiting.states,
  };
  readonly inputs: readonly KeyedInput[];
  readonly #spec: JoinSpec;
  readonly #isOuter: boolean;

  constructor(spec: JoinSpec, isOuter: boolean) {
    this.#spec = spec;
    this.#isOuter = isOuter;
    const [left, right] = spec.keys;
    this.inputs = [
      { name: "join", keyOf: left, handler: { onRecord: (value, context) => this.#onRecord(value, context) } },
      { name: "join", keyOf: right, handler: { onRecord: (row, context) => this.#onRow(row, context) } },
    ];
  }

  #onRecord(value: unknown, context: KeyedContext): void {
    const { timestamp, watermark, state } = context;
    needTimestamp(timestamp, this.#spec.id, "join a record in");
    if (timestamp <= watermark) {
      context.tooLate(value, this.#spec.late[0]);
      return;
    }
    this.#waiting.add(state, timestamp, { timestamp, value });
    context.setEventTimer(timestamp);
  }

  #onRow(row: unknown, context: KeyedContext): void {
    const { timestamp, watermark } = context;
    const { current, upcoming } = tableOf(context);
    if (timestamp > watermark) {
      upcoming.set(timestamp, { row });
      context.setEventTimer(timestamp);
      return;
    }
    const known = current.get();
    if (known === undefined || known[0] <= timestamp) current.update([timestamp, row]);
    else context.tooLate(row, this.#spec.late[1]);
  }

  /** Rows and records of one moment: the row is valid from then on, so it comes first. */
  onTimer(time: number, context: KeyedContext): void {
    const { current, upcoming } = tableOf(context);
    const next = upcoming.get(time);
    if (next !== undefined) {
      upcoming.delete(time);
      current.update([time, next.row]);
    }
    const waiting = this.#waiting.forget(context.state, time);
    const valid = current.get();
    if (waiting.length > 0 && (valid !== undefined || this.#isOuter)) {
      context.emitAll(this.#joined(waiting, valid?.[1], context.key));
    }
  }

  *#joined(waiting: readonly BufferedRow[], row: unknown, key: unknown): Iterable<TimedResult> {
    for (const { value, timestamp } of waiting) yield [this.#spec.combine(value, row, key), timestamp];
  }
}

function tableOf({ state }: KeyedContext): Table {
  return state as unknown as Table;
}
