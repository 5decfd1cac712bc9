import { invalidOption } from "../../invalid-option.ts";
import type { Misuse } from "../../misuse.ts";
import type { TimeWindow } from "../../time/windows.ts";
import type { BatchBuffer } from "../batch-buffer.ts";
import type { StepPlan } from "../step-plan.ts";
import type { WindowAssigner } from "../windows/assigner.ts";
import type { Trigger } from "../windows/triggers/custom-trigger.ts";
import { checkMade } from "../windows/general-windows.ts";
import type { Lateness } from "../windows/lateness.ts";
import { generalPlan } from "../windows/window-plan.ts";
import type { GatheredRecord, WindowSpec } from "../windows/window-spec.ts";
import type { FiredWindow, WindowEmitter } from "../windows/window-emitter.ts";
import type { Join, JoinSpec } from "./join.ts";

/** Options of {@link windowJoin} and {@link coGroup}. */
export interface WindowJoinOptions<T = unknown> {
  /** When windows are joined. Default: once, when they are complete, and for each record after that. */
  readonly trigger?: Trigger<T, unknown>;
  /** For how long after its end a window still takes records; each has it joined again, as a whole. Default: none. */
  readonly allowedLateness?: Lateness | Misuse<"Write allowedLateness: upTo('10m'), from @tidemark/core/windows.">;
}

type Sides = readonly [left: readonly unknown[], right: readonly unknown[]];

/**
 * Joins the records of each key and window: each left one with each right one, when the window is complete. Results have the
 * last time of the window. A window in which one side has nothing gives no result.
 *
 * @param windows those of `@tidemark/core/windows`, of any kind. A window is in memory as a whole while it is joined.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { windowJoin } from "@tidemark/core/joins";
 * import { tumbling } from "@tidemark/core/windows";
 * import { fromArray } from "@tidemark/connectors/iterable";
 *
 * const job = pipeline("hours");
 * const views = job.source("views", fromArray([{ page: "home", at: 0 }]), { eventTime: ({ at }) => at });
 * const clicks = job.source("clicks", fromArray([{ page: "home", link: "about", at: 5 }]), { eventTime: ({ at }) => at });
 * views
 *   .keyBy(({ page }) => page)
 *   .join(
 *     "clicked",
 *     clicks.keyBy(({ page }) => page),
 *     windowJoin(tumbling("1h")),
 *     (view, click, page, window) => ({ page, from: view.at, to: click.link, hour: window.start }),
 *   );
 * ```
 */
export function windowJoin<T = unknown>(
  windows: WindowAssigner<T>,
  options: WindowJoinOptions<T> = {},
): Join<"pairs", TimeWindow, T> {
  return joinOf("window join", windows, options, ({ combine }) => {
    return function* ([lefts, rights], key, window) {
      for (const left of lefts) for (const right of rights) yield combine(left, right, key, window);
    };
  });
}

/**
 * Brings the records of each key and window together: all left ones and all right ones, in the order in which they came (of
 * sessions that grew together: one after the other), when
 * the window is complete. One of the two may be empty. The result has the last time of the window.
 *
 * @param windows those of `@tidemark/core/windows`, of any kind. A window is in memory as a whole while it is joined.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { coGroup } from "@tidemark/core/joins";
 * import { session } from "@tidemark/core/windows";
 *
 * const perVisit = coGroup(session("30m"));
 * ```
 */
export function coGroup<T = unknown>(
  windows: WindowAssigner<T>,
  options: WindowJoinOptions<T> = {},
): Join<"groups", TimeWindow, T> {
  return joinOf("co-group", windows, options, ({ combine }) => {
    return ([lefts, rights], key, window) => [combine(lefts, rights, key, window)];
  });
}

/** Makes the results of a window, one by one. */
type ResultsOf = (sides: Sides, key: unknown, window: TimeWindow) => Iterable<unknown>;

function joinOf<J extends Join>(
  kind: string,
  windows: WindowAssigner<never>,
  options: WindowJoinOptions<never>,
  resultsOf: (spec: JoinSpec) => ResultsOf,
): J {
  const lateness = checkMade<Lateness>("allowedLateness", options.allowedLateness, 'upTo("10m")');
  const plan = (spec: JoinSpec): StepPlan => {
    const { id, keys, late } = spec;
    if (typeof (windows as Partial<WindowAssigner> | undefined)?.plan !== "function") {
      throw invalidOption(
        `the windows of "${id}"`,
        windows,
        'they are made by tumbling(...) and the others of "@tidemark/core/windows"',
      );
    }
    const window: WindowSpec = {
      id,
      keyOf: keys[0],
      lateOutput: late[0],
      right: { keyOf: keys[1], lateOutput: late[1], gather: bySide },
      work: {
        name: "join",
        aggregate: undefined,
        process: undefined,
        emitter: (buffer) => new JoinEmitter(buffer, resultsOf(spec)),
      },
      trigger: checkMade<Trigger<never>>(`the trigger of "${id}"`, options.trigger, "countTrigger(...) and the others"),
      evictor: undefined,
      latenessMs: lateness?.latenessMs ?? 0,
    };
    const step = windows.plan(window, generalPlan);
    // Pairs are the same in any order; groups are given in the order in which their records came.
    return { ...step, order: kind === "co-group" ? undefined : "any", label: `${kind}, ${step.label}` };
  };
  return { kind, plan } as Join as J;
}

function bySide(records: readonly GatheredRecord[]): Sides {
  const sideOf = (side: number): readonly unknown[] =>
    records.filter(({ input }) => input === side).map(({ value }) => value);
  return [sideOf(0), sideOf(1)];
}

/** Emits what is made of windows result by result, as there is room for them: two sides of a thousand make a million pairs. */
class JoinEmitter implements WindowEmitter {
  readonly #buffer: BatchBuffer;
  readonly #resultsOf: ResultsOf;
  #left: { readonly results: Iterator<unknown>; readonly timestamp: number }[] = [];

  constructor(buffer: BatchBuffer, resultsOf: ResultsOf) {
    this.#buffer = buffer;
    this.#resultsOf = resultsOf;
  }

  fire({ row, window, timestamp }: FiredWindow, sides: unknown): void {
    const results = this.#resultsOf(sides as Sides, row.key, window)[Symbol.iterator]();
    this.#left.push({ results, timestamp });
  }

  emitNext(): boolean {
    const [first] = this.#left;
    if (first === undefined) return false;
    const next = first.results.next();
    if (next.done === true) this.#left.shift();
    else this.#buffer.emit(next.value, first.timestamp);
    return true;
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }

  forget(): void {
    this.#left = [];
  }
}
