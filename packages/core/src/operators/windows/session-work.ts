import type { AnyAggregate } from "../../state/aggregate-function.ts";
import type { StateDescriptors } from "../../state/descriptors.ts";
import type { Key } from "../../state/key-codec.ts";
import { slotsOf } from "../../state/handles.ts";
import { END_OF_TIME } from "../../time/timestamps.ts";
import { addTo } from "../../state/aggregate-calls.ts";
import { addFirst, resultOf } from "../aggregates/accumulate.ts";
import type { KeyedContext, KeyedInput } from "../keyed-work.ts";
import { keyedOperator } from "../keyed-operator.ts";
import type { PlainWindowSpec, WindowPlan } from "./window-spec.ts";
import { needTimestamp } from "./need-timestamp.ts";
import { type OpenSessions, openSessions, type Session } from "./open-sessions.ts";
import { checkedGap, type GapOf } from "./session-gap.ts";

/** What is asked of sessions where nothing is but one result of an aggregate for each. The aggregate has a `merge`. */
export interface SessionSpec extends PlainWindowSpec {
  readonly gapOf: GapOf;
}

/**
 * The step of plain sessions: the open ones of a key are entries of one map, each with its accumulator, and the key has a
 * timer at the end of each or before. So a record of a session costs two entries at most, and no row of the session's own.
 */
export function plainSessionPlan(spec: SessionSpec, label: string): WindowPlan {
  const work = new SessionWork(spec);
  return { label, slots: slotsOf(work.state), create: keyedOperator(spec.id, work) };
}

class SessionWork {
  readonly state: StateDescriptors = { session: openSessions() };
  readonly inputs: readonly KeyedInput[];
  readonly #spec: SessionSpec;
  readonly #aggregate: AnyAggregate;

  constructor(spec: SessionSpec) {
    this.#spec = spec;
    this.#aggregate = spec.aggregate;
    const handler = { onRecord: (value: unknown, context: KeyedContext) => this.#onRecord(value, context) };
    this.inputs = [{ name: spec.what, keyOf: spec.keyOf, handler }];
  }

  #onRecord(value: unknown, context: KeyedContext): void {
    const { timestamp: start } = context;
    const { id, gapOf, lateOutput } = this.#spec;
    needTimestamp(start, id);
    const end = start + checkedGap(gapOf(value), id);
    const open = openOf(context);
    const touched = open.touching(start, end);
    const [first] = touched;
    if (first !== undefined) {
      if (touched.length > 1) open.merge(touched, this.#aggregate);
      const session = open.grow(first, start, end);
      session[2] = addTo(this.#aggregate, session[2], value);
      return;
    }
    if (end <= context.watermark) {
      context.tooLate(value, lateOutput);
      return;
    }
    open.begin([start, end, addFirst(this.#aggregate, value)]);
    if (end < END_OF_TIME) context.setEventTimer(end);
  }

  /**
   * The timer is that of the session whose time it is in: those of a key do not touch. One that has grown since is looked at
   * again at its end.
   */
  onTimer(time: number, context: KeyedContext): void {
    const open = openOf(context);
    const [cell] = open.touching(time, time);
    if (cell === undefined) return;
    const session = cell.value as Session;
    if (session[1] > time) context.setEventTimer(session[1]);
    else this.#close(open.take(cell), context);
  }

  #close([start, end, accumulator]: Session, context: KeyedContext): void {
    const { key } = context;
    const window = { start, end };
    let value: unknown;
    try {
      value = resultOf(this.#aggregate, accumulator);
    } catch (error) {
      // It is over all the same.
      context.setAside(error, this.#spec.what, { kind: "window", key: key as Key, window, timestamp: end });
      return;
    }
    context.emit({ key, window, value });
  }
}

function openOf({ state }: KeyedContext): OpenSessions {
  return state["session"] as OpenSessions;
}
