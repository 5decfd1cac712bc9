/**
 * Turns the recording into frames: one for each beat, with its caption.
 *
 * @module
 */
import { type Beat, type BeatKind, beatsOf } from "./beats.ts";
import type { Caption } from "./caption.ts";
import { caption } from "./captions.ts";
import type { Beads } from "./deal.ts";
import { type Model, newModel } from "./model.ts";
import { type LaneName, laneOf, nameOf, type PlaceName, placeOf } from "./places.ts";
import type { TimedEvent } from "./record.ts";

/** One picture. */
export interface Frame {
  readonly kind: BeatKind;
  readonly atMs: number;
  readonly model: Model;
  readonly caption: Caption;
  /** What of the picture the caption is about. */
  readonly places: readonly PlaceName[];
  readonly lanes: readonly LaneName[];
}

/** All frames of a recording. */
export function framesOf(beads: Beads, events: readonly TimedEvent[]): readonly Frame[] {
  return beatsOf(newModel(beads), events).map(frameOf);
}

function frameOf(beat: Beat): Frame {
  const places = new Set<PlaceName>();
  const lanes = new Set<LaneName>();
  for (const event of beat.kind === "flow" ? [] : beat.events) {
    if ("at" in event) places.add(nameOf(placeOf(event.at)));
    if ("channel" in event && event.channel !== undefined && "at" in event) {
      lanes.add(laneOf(event.channel, placeOf(event.at)));
    }
  }
  return {
    kind: beat.kind,
    atMs: beat.atMs,
    model: beat.after,
    caption: caption(beat),
    places: [...places],
    lanes: [...lanes],
  };
}
