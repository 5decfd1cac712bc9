import { ConfigurationError } from "../errors.ts";
import { checkCallbacks, checkCalled, invalidOption } from "../invalid-option.ts";
import type { AnyAggregate } from "../state/aggregate-function.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import type { Reducer } from "../state/reducer.ts";
import type { StepPlan } from "../operators/step-plan.ts";
import type { WindowAssigner } from "../operators/windows/assigner.ts";
import type { Evictor } from "../operators/windows/evictors/custom-evictor.ts";
import type { Trigger } from "../operators/windows/triggers/custom-trigger.ts";
import { checkMade } from "../operators/windows/general-windows.ts";
import type { Lateness } from "../operators/windows/lateness.ts";
import type { WindowProcessPlan } from "../operators/windows/make-window-process.ts";
import type { WindowSpec } from "../operators/windows/window-spec.ts";
import { nameOfTag } from "../operators/side-output.ts";
import { reduceAggregate } from "../operators/windows/reduce-aggregate.ts";
import type { WindowOptions } from "./step-options.ts";
import type { Stream } from "./streams/stream.ts";
import type { WindowedStream } from "./streams/windowed-stream.ts";

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
    return this.#add("aggregate", aggregate as AnyAggregate, process);
  }

  reduce(combine: Reducer, process?: unknown): Stream<never> {
    checkCalled(`"${this.#draft.id}"`, combine);
    return this.#add("reduce", reduceAggregate(combine), process);
  }

  process(process: unknown): Stream<never> {
    return this.#add("process", undefined, process ?? null);
  }

  map(): never {
    throw this.#nothingYet("map");
  }

  filter(): never {
    throw this.#nothingYet("filter");
  }

  flatMap(): never {
    throw this.#nothingYet("flatMap");
  }

  keyBy(): never {
    throw this.#nothingYet("keyBy");
  }

  sideOutput(): never {
    throw this.#nothingYet("sideOutput");
  }

  sink(): never {
    throw this.#nothingYet("sink");
  }

  /** What callers without types are told. */
  #nothingYet(step: string): ConfigurationError {
    return new ConfigurationError(
      "OPTION_INVALID",
      `Cannot put ${step}(...) after the windows of "${this.#draft.id}": nothing comes of them yet. Put aggregate(...), reduce(...) or process(...) before it`,
    );
  }

  #add(name: string, aggregate: AnyAggregate | undefined, process: unknown): never {
    const { id, keyOf, assigner, options, add } = this.#draft;
    const { lateOutput } = options;
    const made = checkMade<WindowProcessPlan<never, never, never>>(
      `the process of "${id}"`,
      process,
      "windowProcess({ onWindow })",
    );
    if (made !== undefined) checkCallbacks(id, made.process, ["onWindow"]);
    if (aggregate !== undefined) checkCallbacks(id, aggregate, ["create", "add", "result"], ["merge"]);
    const trigger = checkMade<Trigger<never>>(
      `the trigger of "${id}"`,
      options.trigger,
      "countTrigger(...) and the others",
    );
    const evictor = checkMade<Evictor<never>>(
      `the evictor of "${id}"`,
      options.evictor,
      "countEvictor(...) and the others",
    );
    const lateness = checkMade<Lateness>("allowedLateness", options.allowedLateness, 'upTo("10m")');
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
    const spec: WindowSpec = {
      id,
      keyOf,
      work: { name, aggregate, process: made?.process },
      trigger,
      evictor,
      latenessMs: lateness?.latenessMs ?? 0,
      lateOutput: lateOutput && nameOfTag("lateOutput", lateOutput),
    };
    const plan = assigner.plan(spec, (made ?? trigger ?? evictor ?? lateness)?.general);
    const late = [lateOutput?.name];
    const order = aggregate?.order === "any" && evictor === undefined ? "any" : plan.order;
    return add({ ...plan, order, late, sides: made === undefined ? late : undefined }) as never;
  }
}
