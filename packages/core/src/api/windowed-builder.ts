import { ConfigurationError } from "../errors.ts";
import { checkCalled, checkKind, invalidOption } from "../invalid-option.ts";
import type { AnyAggregate } from "../state/aggregate-function.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import type { Reducer } from "../operators/reduce.ts";
import type { StepPlan } from "../operators/step-plan.ts";
import type { WindowAssigner, WindowFunction } from "../operators/windows/assigner.ts";
import { nameOfTag } from "../operators/side-output.ts";
import { reduceAggregate } from "../operators/windows/reduce-aggregate.ts";
import type { AnyWindowProcess } from "../operators/windows/window-process.ts";
import { durationMs } from "../time/duration.ts";
import type { WindowOptions } from "./step-options.ts";
import type { Stream, WindowedStream } from "./stream.ts";

/** A window step whose function is still to come. */
export interface WindowDraft {
  readonly id: string;
  readonly keyOf: KeySelector;
  readonly assigner: WindowAssigner<never>;
  readonly options: WindowOptions<never>;
  /** Adds the step to the pipeline. */
  readonly add: (plan: StepPlan) => Stream<unknown>;
}

/** The function of a window step. */
export class WindowedBuilder implements WindowedStream<never, unknown> {
  readonly #draft: WindowDraft;

  constructor(draft: WindowDraft) {
    this.#draft = draft;
  }

  aggregate(aggregate: unknown, process?: unknown): never {
    if (typeof (aggregate as Partial<AnyAggregate> | undefined)?.create !== "function") {
      const wanted = 'it is made by sum(...) and the others of "@tidemark/core/aggregates"';
      throw invalidOption(`the aggregate of "${this.#draft.id}"`, aggregate, wanted);
    }
    return this.#add({ name: "aggregate", aggregate: aggregate as AnyAggregate, process: process as AnyWindowProcess });
  }

  reduce(combine: Reducer, process?: unknown): Stream<never> {
    checkCalled(`"${this.#draft.id}"`, combine);
    return this.#add({ name: "reduce", aggregate: reduceAggregate(combine), process: process as AnyWindowProcess });
  }

  process(process: unknown): Stream<never> {
    checkCalled(`"${this.#draft.id}"`, (process as Partial<AnyWindowProcess> | undefined)?.onWindow);
    return this.#add({ name: "process", aggregate: undefined, process: process as AnyWindowProcess });
  }

  #add(work: WindowFunction): never {
    const { id, keyOf, assigner, options, add } = this.#draft;
    checkKind("trigger", options.trigger, "object");
    checkKind("evictor", options.evictor, "object");
    const { allowedLateness = "0s", lateOutput, trigger, evictor } = options;
    if (typeof (assigner as Partial<WindowAssigner> | undefined)?.plan !== "function") {
      const wanted = 'they are made by tumbling(...) and the others of "@tidemark/core/windows"';
      throw invalidOption(`the windows of "${id}"`, assigner, wanted);
    }
    if (lateOutput !== undefined && lateOutput.name === options.deadLetters?.name) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot put late records and dead letters of "${id}" into one output "${lateOutput.name}": give each a tag of its own`,
      );
    }
    const plan = assigner.plan({
      id,
      keyOf,
      work,
      trigger,
      evictor,
      latenessMs: durationMs(allowedLateness, "allowedLateness"),
      lateOutput: lateOutput && nameOfTag("lateOutput", lateOutput),
    });
    return add({ ...plan, sides: work.process === undefined ? [lateOutput?.name] : undefined }) as never;
  }
}
