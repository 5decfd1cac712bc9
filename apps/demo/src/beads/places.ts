/**
 * The subtasks and channels of the picture, by names that a drawing and a sentence can use.
 *
 * @module
 */
import type { ChannelName, SubtaskName } from "@tidemark/core";
import { type Parity, STEPS } from "./job.ts";

export type SourceName = "fast" | "slow";

/** A subtask of the job. */
export type Place =
  | { readonly kind: "source"; readonly source: SourceName }
  | { readonly kind: "sum"; readonly parity: Parity }
  | { readonly kind: "sink"; readonly parity: Parity };

/** A subtask as a key. */
export type PlaceName = SourceName | `${"sum" | "sink"}(${Parity})`;

/** A channel: from a source to a sum, or from a sum to its sink. */
export type LaneName = `${SourceName}>${Parity}` | `sum>${Parity}`;

export const PARITIES: readonly Parity[] = ["even", "odd"];
export const SOURCES: readonly SourceName[] = ["fast", "slow"];
export const PLACES: readonly PlaceName[] = ["fast", "slow", "sum(even)", "sum(odd)", "sink(even)", "sink(odd)"];
export const LANES: readonly LaneName[] = ["fast>even", "slow>even", "fast>odd", "slow>odd", "sum>even", "sum>odd"];

/** Which part of the picture an event is about. */
export function placeOf({ stage, subtask }: SubtaskName): Place {
  const parity = subtask === 0 ? "even" : "odd";
  switch (stage) {
    case STEPS.fast:
      return { kind: "source", source: "fast" };
    case STEPS.slow:
      return { kind: "source", source: "slow" };
    case STEPS.sum:
      return { kind: "sum", parity };
    case STEPS.sink:
      return { kind: "sink", parity };
    default:
      throw new RangeError(`Cannot draw a subtask of stage "${stage}": it is no part of the picture`);
  }
}

export function nameOf(place: Place): PlaceName {
  return place.kind === "source" ? place.source : `${place.kind}(${place.parity})`;
}

/** A subtask in a sentence. */
export function labelOf(place: Place): string {
  return place.kind === "source" ? `the ${place.source} source` : `the ${place.parity} ${place.kind}`;
}

/** The channel that leads from one subtask to another. */
export function laneOf(channel: ChannelName, to: Place): LaneName {
  const from = placeOf(channel.from);
  if (from.kind === "source" && to.kind === "sum") return `${from.source}>${to.parity}`;
  if (from.kind === "sum" && to.kind === "sink" && from.parity === to.parity) return `sum>${to.parity}`;
  throw new RangeError(`Cannot draw a channel from ${nameOf(from)} to ${nameOf(to)}: it is no part of the picture`);
}

/** The channels that lead into a subtask. */
export function lanesInto(place: Place): readonly LaneName[] {
  if (place.kind === "source") return [];
  if (place.kind === "sink") return [`sum>${place.parity}`];
  return SOURCES.map((source): LaneName => `${source}>${place.parity}`);
}

/** The channels that lead out of a subtask. */
export function lanesOutOf(place: Place): readonly LaneName[] {
  if (place.kind === "sink") return [];
  if (place.kind === "sum") return [`sum>${place.parity}`];
  return PARITIES.map((parity): LaneName => `${place.source}>${parity}`);
}

/** Where the beads of a channel come from. */
export function originOf(lane: LaneName): PlaceName {
  const [from, parity] = lane.split(">") as [SourceName | "sum", Parity];
  return from === "sum" ? `sum(${parity})` : from;
}
