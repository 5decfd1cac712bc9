import type { AnySource, RejectedRecord } from "../connect/source.ts";
import { ConfigurationError } from "../errors.ts";
import { invalidOption } from "../invalid-option.ts";
import type { EventTimeSpec, LogicalGraph } from "../graph/logical.ts";
import { nameOfTag, type SideOutput } from "../operators/side-output.ts";
import { type Duration, durationMs } from "../time/duration.ts";
import { addNode, type GraphDraft, idIn, newDraft } from "./graph-draft.ts";
import { checkSource, type Guarantee, type SourceFits } from "./guarantee.ts";
import type { SourceNeedsId } from "./id-missing.ts";
import type { Misuse } from "../misuse.ts";
import type { StepOptions } from "./step-options.ts";
import type { Stream } from "./streams/stream.ts";
import { streamFrom } from "./stream-builder.ts";

/** A record that a source could not decode, as it comes out of the source's dead-letter output. */
export interface DeadLetter extends RejectedRecord {
  /** The id of the source. */
  readonly source: string;
}

/** Which sources a source is kept together with. */
export interface AlignmentOptions {
  /** The name that the sources of a group share. */
  readonly group: string;
  /** How far a split of the source may be ahead of the slowest split in the group. */
  readonly maxDrift: Duration;
}

/** What a source can be given. */
export interface SourceOptions<T> extends StepOptions {
  /**
   * When a record happened, in milliseconds since the epoch; `"source"`: as the source itself says. Without it there is
   * no event time, and windows refuse the records.
   */
  readonly eventTime?: ((record: T) => number) | "source";
  /** How far a record may lie behind the latest of its split without being late. Default: `"0s"`. */
  readonly outOfOrder?: Duration;
  /**
   * What says how far the event time of a split has come, instead of `outOfOrder`: a function from a record and its time to
   * the watermark that stands right after it, or `undefined`; it is a function of nothing else, and what comes behind an
   * earlier watermark of its split is late. `"none"`: no record does, and event time stands still until the end of the
   * input. Default: the latest time of the split less `outOfOrder`. A job that goes on with another strategy keeps what its
   * splits had reached.
   */
  readonly watermarks?: ((record: T, timestamp: number) => number | undefined) | "none";
  /**
   * A split that was asked for records for this long and had none no longer holds back the others. Of each stretch in which nobody
   * asks, because there is no room for what comes of it, a quarter of this counts at most. Results then depend on timing.
   * Default: never.
   */
  readonly idleAfter?: Duration;
  /**
   * Sources whose event times are kept together: a split that is further ahead of the slowest split of the group is not
   * read on until the others have caught up. Splits that are idle or have ended hold nobody up. Default: none.
   */
  readonly alignment?: AlignmentOptions;
  /** Where records go that cannot be decoded. Without it the first one fails the job. */
  readonly deadLetters?: SideOutput<DeadLetter>;
}

/** What a pipeline can be given. */
export interface PipelineOptions<G extends Guarantee> {
  /** What it promises. Default: `"exactly-once"`. */
  readonly guarantee?: G;
}

/**
 * A dataflow from sources to sinks, as its author writes it.
 *
 * @typeParam G what it promises.
 */
export interface Pipeline<G extends Guarantee = Guarantee> {
  /** Names the job's state for ever. */
  readonly name: string;
  /** What it promises. */
  readonly guarantee: G;
  /**
   * Begins a stream at a source.
   *
   * @param id names the source's positions for ever.
   *
   * @example
   * ```ts
   * import { collect } from "@tidemark/backend-memory";
   * import { fromArray } from "@tidemark/connectors/iterable";
   * import { pipeline } from "@tidemark/core";
   *
   * const flights = [{ from: "OSL", at: "2026-03-01T09:05Z" }];
   * const read = pipeline("flights").source("flights", fromArray(flights), {
   *   eventTime: (flight) => Date.parse(flight.at),
   *   outOfOrder: "10m",
   * });
   * console.log((await collect(read)).length);
   * // prints 1
   * ```
   */
  source<T, R extends boolean>(
    id: string | Misuse<SourceNeedsId>,
    source: AnySource<T, R> & SourceFits<G, R>,
    options?: SourceOptions<NoInfer<T>>,
  ): Stream<T, G>;
  /** What the compiler says where the id is missing. */
  source(misuse: string & Misuse<SourceNeedsId>): Stream<never, G>;
  /** The steps written so far. For the engine and for tools. */
  readonly graph: LogicalGraph;
}

/**
 * Begins a pipeline.
 *
 * @param name names the job's state for ever.
 * @throws {ConfigurationError} ID_MISSING if the name is empty.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 *
 * const job = pipeline("delays", { guarantee: "exactly-once" });
 * ```
 */
export function pipeline<const G extends Guarantee = "exactly-once">(
  name: string,
  options: PipelineOptions<G> = {},
): Pipeline<G> {
  if (typeof name !== "string" || name.trim() === "") {
    throw new ConfigurationError(
      "ID_MISSING",
      "Cannot begin a pipeline without a name: its state is found again by it",
    );
  }
  const guarantee = options.guarantee ?? ("exactly-once" as G);
  if (guarantee !== "exactly-once" && guarantee !== "at-least-once") {
    throw invalidOption("guarantee", guarantee, 'there are "exactly-once" and "at-least-once"');
  }
  const draft = newDraft(name, guarantee);
  const graph: LogicalGraph = { name, nodes: draft.nodes };
  return {
    name,
    guarantee,
    graph,
    source: (id: string, source?: unknown, sourceOptions?: SourceOptions<unknown>) =>
      addSource(draft, id, source as AnySource<unknown>, sourceOptions) as Stream<never, G>,
  };
}

function addSource<T>(
  draft: GraphDraft,
  idHere: string,
  source: AnySource<T>,
  options: SourceOptions<T> = {},
): Stream<unknown> {
  const id = idIn(draft, idHere);
  checkSource(draft.guarantee, id, source);
  const eventTime = eventTimeOf(options);
  const deadLetters = options.deadLetters && nameOfTag("deadLetters", options.deadLetters);
  const node = addNode(
    draft,
    { id, label: `source ${source.name}`, work: () => ({ kind: "source", source, eventTime, deadLetters }), options },
    [],
  );
  return streamFrom(draft, node);
}

function eventTimeOf<T>(options: SourceOptions<T>): EventTimeSpec | undefined {
  const { eventTime, outOfOrder = "0s", idleAfter, watermarks, alignment } = options;
  if (eventTime === undefined) {
    const timed = [options.outOfOrder, idleAfter, watermarks, alignment];
    if (timed.every((option) => option === undefined)) return undefined;
    throw new ConfigurationError(
      "OPTION_INVALID",
      'Cannot use outOfOrder, watermarks, idleAfter or alignment without eventTime: give the source an "eventTime" option',
    );
  }
  if (watermarks !== undefined && (options.outOfOrder !== undefined || !isPunctuation(watermarks))) {
    const wanted =
      'they are "none" or a function from a record and its time to a watermark, and outOfOrder is left out then';
    throw invalidOption("watermarks", watermarks, wanted);
  }
  if (eventTime !== "source" && typeof eventTime !== "function") {
    throw invalidOption("eventTime", eventTime, 'it is a function from a record to milliseconds, or "source"');
  }
  const idleAfterMs = idleAfter === undefined ? undefined : durationMs(idleAfter, "idleAfter");
  if (idleAfterMs === 0) {
    throw invalidOption("idleAfter", idleAfter, "it must be at least 1 ms");
  }
  return {
    timestampOf: eventTime === "source" ? undefined : (eventTime as (record: unknown) => number),
    punctuation: watermarks as EventTimeSpec["punctuation"],
    outOfOrderMs: durationMs(outOfOrder, "outOfOrder"),
    idleAfterMs,
    alignment:
      alignment === undefined
        ? undefined
        : { group: alignment.group, maxDriftMs: durationMs(alignment.maxDrift, "maxDrift") },
  };
}

function isPunctuation(watermarks: unknown): boolean {
  return watermarks === "none" || typeof watermarks === "function";
}
