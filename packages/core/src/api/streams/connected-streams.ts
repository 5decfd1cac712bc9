import type { ConnectedProcess } from "../../operators/connected-process.ts";
import type { TimerlessConnectedProcess } from "../../operators/timerless.ts";
import type { StateDescriptors } from "../../state/descriptors.ts";
import type { Guarantee, Misuse } from "../guarantee.ts";
import type { ProcessNeedsId } from "../id-missing.ts";
import type { NeedsEmits } from "../out-of-place.ts";
import type { AtomicStepOptions } from "../step-options.ts";
import type { Stream } from "./stream.ts";

/** No state. */
type None = Record<never, never>;

/**
 * Two streams with the same keys, on their way into one step.
 *
 * @typeParam K the key. @typeParam L the records of the left stream. @typeParam R those of the right one.
 * @typeParam G the pipeline's guarantee.
 */
export interface ConnectedStreams<K, L, R, G extends Guarantee = Guarantee> {
  /**
   * Runs a process over both streams: they share the state of a key. It sets no timers.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { emits, pipeline, valueState } from "@tidemark/core";
   * import { fromArray } from "@tidemark/connectors/iterable";
   *
   * const job = pipeline("alarms");
   * const switches = job.source("switches", fromArray([{ room: "attic", on: true }]));
   * const readings = job.source("readings", fromArray([{ room: "attic", celsius: 41 }]));
   * switches
   *   .keyBy(({ room }) => room)
   *   .connect(readings.keyBy(({ room }) => room))
   *   .process("alarms", {
   *     state: { on: valueState(false) },
   *     emits: emits<string>(),
   *     onLeft: ({ on }, { state }) => state.on.update(on),
   *     onRight({ room, celsius }, context) {
   *       if (context.state.on.get() && celsius > 40) context.emit(`${room} is hot`);
   *     },
   *   });
   * ```
   */
  process<O = Misuse<NeedsEmits>, S extends StateDescriptors = None>(
    id: string | Misuse<ProcessNeedsId>,
    process: TimerlessConnectedProcess<L, R, K, S, O>,
    options?: AtomicStepOptions<L | R>,
  ): Stream<O, G>;
  /**
   * Runs a process over both streams: state and timers of a key are shared by them.
   *
   * @param id names the state for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { emits, pipeline, valueState } from "@tidemark/core";
   *
   * const job = pipeline("unanswered");
   * const questions = job.source("questions", fromArray([{ id: 1, at: 0 }, { id: 2, at: 5 }]), { eventTime: (q) => q.at });
   * const answers = job.source("answers", fromArray([{ to: 2, at: 9 }]), { eventTime: (answer) => answer.at });
   * const unanswered = questions
   *   .keyBy((question) => question.id)
   *   .connect(answers.keyBy((answer) => answer.to))
   *   .process("unanswered", {
   *     state: { answered: valueState(false) },
   *     emits: emits<string>(),
   *     onLeft: ({ at }, { setEventTimer }) => setEventTimer(at + 60),
   *     onRight: (_answer, { state }) => state.answered.update(true),
   *     onTimer(time, { key, state, emit }) {
   *       if (!state.answered.get()) emit(`question ${key} has no answer at ${time}`);
   *     },
   *   });
   * console.log(await collect(unanswered));
   * // prints ["question 1 has no answer at 60"]
   * ```
   */
  process<O = Misuse<NeedsEmits>, S extends StateDescriptors = None>(
    id: string | Misuse<ProcessNeedsId>,
    process: ConnectedProcess<L, R, K, S, O>,
    options?: AtomicStepOptions<L | R>,
  ): Stream<O, G>;
  /** What the compiler says where the id is missing. */
  process(misuse: string & Misuse<ProcessNeedsId>): Stream<never, G>;
}
