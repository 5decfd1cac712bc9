import type { AnySink, SinkDelivery } from "../connect/sink.ts";
import type { AnySource } from "../connect/source.ts";
import type { Env } from "../env/env.ts";
import { ConfigurationError } from "../errors.ts";
import { invalidOption } from "../invalid-option.ts";
import type { Plan } from "../graph/plan.ts";
import type { Misuse } from "../misuse.ts";
import type { StateBackend } from "../state/backend.ts";

export type { Misuse } from "../misuse.ts";

/**
 * What a pipeline promises about each record's effect on state and sinks. `"exactly-once"`: it is there once, whatever
 * happens. `"at-least-once"`: it is there, perhaps more than once.
 */
export type Guarantee = "exactly-once" | "at-least-once";

/** Lets only those sources through that can keep the guarantee. */
export type SourceFits<G extends Guarantee, Replayable extends boolean> = G extends "exactly-once"
  ? [Replayable] extends [false]
    ? Misuse<"This source cannot be read again after a failure, so an exactly-once pipeline cannot read it. Use a replayable source, or a pipeline with guarantee: 'at-least-once'.">
    : unknown
  : unknown;

/** Lets only those sinks through that can keep the guarantee. */
export type SinkFits<G extends Guarantee, Delivery extends SinkDelivery> = G extends "exactly-once"
  ? [Delivery] extends ["at-least-once"]
    ? Misuse<"This sink repeats rows after a failure, so an exactly-once pipeline cannot write to it. Use an exactly-once or idempotent sink, or accept it with { delivery: 'at-least-once' }.">
    : unknown
  : unknown;

/**
 * As {@link SourceFits}, for callers without types.
 *
 * @throws {ConfigurationError} GUARANTEE_UNSUPPORTED, or OPTION_INVALID if it is no source.
 */
export function checkSource(guarantee: Guarantee, id: string, source: AnySource<unknown>): void {
  if (typeof (source as Partial<typeof source> | undefined)?.createReader !== "function") {
    throw invalidOption(`the source of "${id}"`, source, "sources are made by connectors, such as fromArray(...)");
  }
  if (guarantee !== "exactly-once" || source.replayable) return;
  throw new ConfigurationError(
    "GUARANTEE_UNSUPPORTED",
    `Cannot read ${source.name} as "${id}" in an exactly-once pipeline: it cannot be read again after a failure. ` +
      "Use a replayable source, or a pipeline with guarantee: 'at-least-once'",
    { details: { id, source: source.name } },
  );
}

/**
 * As {@link SinkFits}, for callers without types.
 *
 * @throws {ConfigurationError} GUARANTEE_UNSUPPORTED, or OPTION_INVALID if it is no sink.
 */
export function checkSink(
  guarantee: Guarantee,
  id: string,
  sink: AnySink<unknown>,
  accepted: SinkDelivery | undefined,
): void {
  if (typeof (sink as Partial<typeof sink> | undefined)?.createWriter !== "function") {
    throw invalidOption(`the sink of "${id}"`, sink, "sinks are made by connectors, such as toArray().sink");
  }
  if (guarantee !== "exactly-once" || sink.delivery !== "at-least-once" || accepted === "at-least-once") return;
  throw new ConfigurationError(
    "GUARANTEE_UNSUPPORTED",
    `Cannot write to ${sink.name} as "${id}" in an exactly-once pipeline: it repeats rows after a failure. ` +
      "Use an exactly-once or idempotent sink, or accept it with { delivery: 'at-least-once' }",
    { details: { id, sink: sink.name } },
  );
}

/** What {@link checkDurable} looks at. */
export interface DurabilityCheck {
  readonly backend: StateBackend;
  readonly guarantee: Guarantee;
  readonly plan: Plan;
  readonly env: Env;
  /** What the user says: whether checkpoints have to outlive the process. */
  readonly durable: boolean | undefined;
}

/**
 * Looks at a backend whose checkpoints end with the process. Where the user says nothing of it, and rows outlive the process
 * that are committed once only, a warning says so: the next process begins at the start and commits them again.
 *
 * @throws {ConfigurationError} GUARANTEE_UNSUPPORTED if the checkpoints have to outlive the process.
 */
export function checkDurable({ backend, guarantee, plan, env, durable }: DurabilityCheck): void {
  const { name, capabilities } = backend;
  if (capabilities.durable || durable === false) return;
  if (durable === true) {
    throw new ConfigurationError(
      "GUARANTEE_UNSUPPORTED",
      `Cannot keep the checkpoints in ${name}: they end with the process, and "durable" asks for those that outlive it. ` +
        "Use a backend on a disk or in an object store",
      { details: { backend: name } },
    );
  }
  const sinks = guarantee === "exactly-once" ? lastingSinks(plan) : [];
  if (sinks.length === 0) return;
  env.log({
    level: "warn",
    message:
      `The checkpoints in ${name} end with the process, and what ${sinks.join(", ")} has committed does not: the next process ` +
      "would begin at the start and write it again. Use a backend on a disk or in an object store, or say durable: false if " +
      "this job is never gone on with",
    fields: { code: "GUARANTEE_UNSUPPORTED", backend: name, sinks },
  });
}

/** The ids of the sinks that commit rows once, to something that outlives the process. */
function lastingSinks(plan: Plan): readonly string[] {
  return plan.stages.flatMap(({ nodes }) =>
    nodes.flatMap(({ node: { id, work } }) =>
      work.kind === "sink" && work.sink.createCommitter !== undefined && work.sink.volatile !== true ? [id] : [],
    ),
  );
}
