/**
 * The reducer from trace events to the picture. It takes nothing on trust: an event that cannot follow from what was
 * seen before is refused, so a wrong engine does not give a pretty picture.
 *
 * @module
 */
import type { TraceEvent } from "@tidemark/core";
import { crash, restore } from "./apply-attempt.ts";
import { acknowledge, commit, complete, freeze, manifestWritten, headWritten, trigger } from "./apply-checkpoint.ts";
import { block, takeBarrier, takeBatch } from "./apply-flow.ts";
import { broken } from "./broken.ts";
import type { Model } from "./model.ts";
import { laneOf, lanesInto, lanesOutOf, nameOf, placeOf } from "./places.ts";

/**
 * The picture after one more event.
 *
 * @throws {BrokenTrace} if the event contradicts the picture.
 */
export function apply(model: Model, event: TraceEvent): Model {
  switch (event.kind) {
    case "attempt-started":
      return restore(model, event.generation, event.restoredFrom);
    case "attempt-failed":
      return crash(model);
    case "checkpoint-triggered":
      return trigger(model, event.checkpointId);
    case "barrier-received":
      return takeBarrier(model, laneOf(event.channel, placeOf(event.at)), event.checkpointId);
    case "channel-blocked":
      return block(model, laneOf(event.channel, placeOf(event.at)));
    case "snapshot-frozen":
      return freeze(model, placeOf(event.at), event.checkpointId);
    case "barrier-forwarded":
      return forward(model, event);
    case "alignment-ended":
      return openLanes(model, event);
    case "acknowledged":
      return acknowledge(model, nameOf(placeOf(event.at)), event.checkpointId);
    case "manifest-written":
      return manifestWritten(model, event.checkpointId);
    case "head-written":
      return headWritten(model, event.checkpointId);
    case "checkpoint-completed":
      return complete(model, event.checkpointId);
    case "committed":
      return commit(model, event.checkpointId);
    case "checkpoint-aborted":
      throw broken(`checkpoint ${event.checkpointId} was aborted (${event.reason}), which nothing here asks for`);
    case "batch":
      return takeBatch(model, event);
    case "ended":
      return end(model, event);
    default:
      // The other steps move nothing that is drawn.
      return model;
  }
}

function forward(model: Model, { at, checkpointId }: TraceEvent & { readonly kind: "barrier-forwarded" }): Model {
  const lanes = { ...model.lanes };
  for (const name of lanesOutOf(placeOf(at))) {
    const lane = lanes[name];
    lanes[name] = { ...lane, items: [...lane.items, { kind: "barrier", checkpointId }] };
  }
  return { ...model, lanes };
}

function openLanes(model: Model, { at }: TraceEvent & { readonly kind: "alignment-ended" }): Model {
  const lanes = { ...model.lanes };
  for (const name of lanesInto(placeOf(at))) lanes[name] = { ...lanes[name], blocked: false };
  return { ...model, lanes };
}

function end(model: Model, { at }: TraceEvent & { readonly kind: "ended" }): Model {
  const place = placeOf(at);
  if (place.kind !== "source") return model;
  const { read } = model.sources[place.source];
  const all = model.beads[place.source].length;
  if (read !== all) throw broken(`the ${place.source} source has ended after ${read} of ${all} beads`);
  return { ...model, sources: { ...model.sources, [place.source]: { read, ended: true } } };
}
