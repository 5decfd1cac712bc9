import { ConfigurationError } from "../errors.ts";
import type { KeySelector } from "../operators/keyed-state.ts";
import type { OperatorFactory } from "../operators/operator.ts";
import type { Slot } from "../state/layout.ts";
import type { AnyStepOptions, GraphDraft } from "./graph-draft.ts";
import type { Guarantee } from "./guarantee.ts";
import { addPlanned } from "./planned-node.ts";
import { insideOf } from "./stream-inside.ts";
import type { KeyedStream } from "./streams/keyed-stream.ts";
import type { Stream } from "./streams/stream.ts";

/** A stream with or without keys, for steps that can be put behind both. */
export type AnyStream<T, G extends Guarantee = Guarantee> = Stream<T, G> | KeyedStream<unknown, T, G>;

/** A step that is no method of a stream, but comes from a subpath by way of `pipe`. */
export interface PipedStep {
  /** What it is called in plans. */
  readonly label: string;
  /** Why its results may depend on timing; `undefined`: they do not. */
  readonly timing?: string | undefined;
  readonly slots: readonly Slot[];
  readonly options: AnyStepOptions;
  /** @param keyOf `undefined`: the stream has no keys. */
  readonly create: (id: string, keyOf: KeySelector | undefined) => OperatorFactory;
}

/**
 * Puts a step behind a stream. Its id is that of the pipe that is being written.
 *
 * @throws {ConfigurationError} ID_MISSING if there is none.
 */
export function attach<G extends Guarantee>(stream: AnyStream<never, G>, plan: PipedStep): Stream<unknown, G> {
  const { draft, ends, keyOf, streamFrom } = insideOf(stream);
  const id = idOfPipe(draft, plan.label);
  const step = {
    ...plan,
    id,
    create: plan.create(id, keyOf),
    keyed: keyOf !== undefined,
    order: "any",
    sides: [],
  } as const;
  return streamFrom(draft, addPlanned(draft, step, ends)) as Stream<unknown, G>;
}

/** The id of a step that is all there is in its pipe. */
function idOfPipe({ open }: GraphDraft, label: string): string {
  const id = open.at(-1);
  if (id !== undefined) return id;
  throw new ConfigurationError(
    "ID_MISSING",
    `Cannot add ${label} without an id: its state is found again by it. Put it behind a stream with pipe(id, ...)`,
    { details: { label } },
  );
}
