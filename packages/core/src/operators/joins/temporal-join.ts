import { ConfigurationError } from "../../errors.ts";
import { slotsOf } from "../../state/handles.ts";
import { type MapState, mapState } from "../../state/kinds/map.ts";
import { type ValueState, valueState } from "../../state/kinds/value.ts";
import { type Duration, durationMs } from "../../time/duration.ts";
import type { KeyedContext, KeyedInput, TimedResult } from "../keyed-work.ts";
import { keyedOperator } from "../keyed-operator.ts";
import type { StepPlan } from "../step-plan.ts";
import { needTimestamp } from "../windows/need-timestamp.ts";
import type { Join, JoinSpec } from "./join.ts";
import { type BufferedRow, RowBuffer } from "./row-buffer.ts";

/**
 * Options of {@link temporalJoin} and {@link leftTemporalJoin}.
 *
 * @typeParam R the rows: what the right stream gives.
 */
export interface TemporalJoinOptions<R> {
  /**
   * Whether a record of the right stream deletes its key's row: from its time on the key has none, until the next row.
   * Default: none does, and the last row of each key is kept for good.
   */
  readonly deleteWhen?: (row: R) => boolean;
  /**
   * For how long, in event time, a deletion is remembered, so that an older row that comes late does not undo it. Default:
   * `"1h"`.
   */
  readonly rememberDeletions?: Duration;
}

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
 * each key is kept until it is deleted: `deleteWhen` says by which records.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the options make no sense.
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
export function temporalJoin<R = unknown>(options: TemporalJoinOptions<R> = {}): Join<"pairs", undefined, unknown, R> {
  const deletion = deletionOf(options);
  return { kind: "temporal", plan: (spec) => temporalPlan(spec, "temporal join", false, deletion) };
}

/**
 * As {@link temporalJoin}, and a left record that finds no row gets `undefined`.
 *
 * @throws {ConfigurationError} OPTION_INVALID if the options make no sense.
 *
 * @example
 * ```ts
 * import { leftTemporalJoin } from "@tidemark/core/joins";
 *
 * const withName = leftTemporalJoin();
 * const withNameUntilDeleted = leftTemporalJoin({ deleteWhen: (row: { name: string | null }) => row.name === null });
 * ```
 */
export function leftTemporalJoin<R = unknown>(
  options: TemporalJoinOptions<R> = {},
): Join<"left", undefined, unknown, R> {
  const deletion = deletionOf(options);
  return { kind: "left temporal", plan: (spec) => temporalPlan(spec, "left temporal join", true, deletion) };
}

/** Which records delete rows, and for how long that is remembered. */
interface Deletion {
  readonly isDeletion: (row: unknown) => boolean;
  readonly rememberMs: number;
}

function deletionOf<R>({ deleteWhen, rememberDeletions = "1h" }: TemporalJoinOptions<R>): Deletion | undefined {
  const rememberMs = durationMs(rememberDeletions, "rememberDeletions");
  if (deleteWhen === undefined) return undefined;
  if (typeof deleteWhen !== "function") {
    throw new ConfigurationError(
      "OPTION_INVALID",
      `Cannot use deleteWhen ${String(deleteWhen)}: it must be a function from a row to whether it deletes`,
      { details: { option: "deleteWhen", found: deleteWhen } },
    );
  }
  return { isDeletion: deleteWhen as Deletion["isDeletion"], rememberMs };
}

function temporalPlan(spec: JoinSpec, label: string, isOuter: boolean, deletion: Deletion | undefined): StepPlan {
  const work = new TemporalWork(spec, isOuter, deletion);
  const told = deletion === undefined ? label : `${label}, with deletions`;
  return { label: told, slots: slotsOf(work.state), create: keyedOperator(spec.id, work) };
}

/** A row of the table, and the time from which it is valid; without a row: from then on there is none. */
type Version = readonly [from: number, row?: unknown];

/** A change of the table that is yet to come; without a row: a deletion. */
interface Upcoming {
  readonly row?: unknown;
}

interface Table {
  /** The row that is valid at the watermark. */
  readonly current: ValueState<Version | undefined>;
  /** Rows that are valid later, by the time from which they are. */
  readonly upcoming: MapState<number, Upcoming>;
}

class TemporalWork {
  readonly #waiting = new RowBuffer("waiting");
  readonly state = {
    current: valueState<Version | undefined>(undefined),
    upcoming: mapState<number, Upcoming>(),
    ...this.#waiting.states,
  };
  readonly inputs: readonly KeyedInput[];
  readonly #spec: JoinSpec;
  readonly #isOuter: boolean;
  readonly #deletion: Deletion | undefined;

  constructor(spec: JoinSpec, isOuter: boolean, deletion: Deletion | undefined) {
    this.#deletion = deletion;
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
    const change: Upcoming = this.#deletion?.isDeletion(row) === true ? {} : { row };
    if (timestamp > watermark) {
      upcoming.set(timestamp, change);
      context.setEventTimer(timestamp);
      return;
    }
    const known = current.get();
    if (known === undefined || known[0] <= timestamp) this.#change(timestamp, change, context);
    else context.tooLate(row, this.#spec.late[1]);
  }

  #change(from: number, change: Upcoming, context: KeyedContext): void {
    const { current } = tableOf(context);
    const forgetAt = from + (this.#deletion?.rememberMs ?? 0);
    if ("row" in change) current.update([from, change.row]);
    else if (forgetAt <= context.watermark) current.clear();
    else {
      current.update([from]);
      context.setEventTimer(forgetAt);
    }
  }

  /** A deletion need not be remembered any longer, unless by now it is to be for longer than when it came. */
  #forget(time: number, context: KeyedContext): void {
    const { current } = tableOf(context);
    const known = current.get();
    if (known === undefined || known.length === 2) return;
    const forgetAt = known[0] + (this.#deletion?.rememberMs ?? 0);
    if (forgetAt <= time) current.clear();
    else context.setEventTimer(forgetAt);
  }

  /** Rows and records of one moment: the row is valid from then on, so it comes first. */
  onTimer(time: number, context: KeyedContext): void {
    const table = tableOf(context);
    const next = table.upcoming.get(time);
    if (next !== undefined) {
      table.upcoming.delete(time);
      this.#change(time, next, context);
    }
    this.#forget(time, context);
    const waiting: BufferedRow[] = [];
    this.#waiting.forget(context.state, time, waiting);
    const valid = table.current.get();
    if (waiting.length > 0 && (valid?.length === 2 || this.#isOuter)) {
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
