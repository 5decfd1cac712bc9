import type { TraceEvent } from "@tidemark/core";
import { broken } from "./broken.ts";
import { type Parity, parityOf } from "./job.ts";
import type { Item, Lane, Model } from "./model.ts";
import { laneOf, type LaneName, lanesInto, nameOf, type Place, placeOf, type SourceName } from "./places.ts";

/** Beads are read by a source, or taken out of a channel by a sum or a sink. */
export function takeBatch(model: Model, event: TraceEvent & { readonly kind: "batch" }): Model {
  const place = placeOf(event.at);
  const values = event.values as readonly number[];
  if (place.kind === "source") return read(model, place.source, values);
  const [only, ...others] = lanesInto(place);
  const lane =
    event.channel === undefined && others.length === 0 ? only : event.channel && laneOf(event.channel, place);
  if (lane === undefined) throw broken(`${nameOf(place)} got beads, but no channel is named`);
  const taken = takeBeads(model, lane, place, values);
  return place.kind === "sum" ? add(taken, place.parity, values) : write(taken, place.parity, values);
}

/** A barrier comes out of a channel. */
export function takeBarrier(model: Model, name: LaneName, checkpointId: number): Model {
  const lane = model.lanes[name];
  const [first, ...items] = lane.items;
  if (lane.blocked) throw broken(`barrier ${checkpointId} came out of channel ${name}, which is blocked`);
  if (first?.kind !== "barrier" || first.checkpointId !== checkpointId) {
    throw broken(`barrier ${checkpointId} came out of channel ${name}, where ${describe(first)} is next`);
  }
  return withLane(model, name, { ...lane, items, passed: checkpointId });
}

/** A channel gives nothing until the barriers of the others have come. */
export function block(model: Model, name: LaneName): Model {
  return withLane(model, name, { ...model.lanes[name], blocked: true });
}

function read(model: Model, source: SourceName, values: readonly number[]): Model {
  const position = model.sources[source].read;
  let next = model;
  values.forEach((value, index) => {
    const expected = model.beads[source][position + index];
    if (value !== expected) throw broken(`the ${source} source read ${value} where ${expected ?? "nothing"} was next`);
    next = put(next, `${source}>${parityOf(value)}`, value);
  });
  return { ...next, sources: { ...next.sources, [source]: { read: position + values.length, ended: false } } };
}

function takeBeads(model: Model, name: LaneName, place: Place, values: readonly number[]): Model {
  const lane = model.lanes[name];
  if (lane.blocked) throw broken(`${nameOf(place)} took ${values.join(", ")} from channel ${name}, which is blocked`);
  if (lane.passed === model.underway?.checkpointId && !model.underway.frozen.includes(nameOf(place))) {
    throw broken(`${nameOf(place)} took ${values.join(", ")} from behind barrier ${lane.passed} before its snapshot`);
  }
  values.forEach((value, index) => {
    const item = lane.items[index];
    if (item?.kind === "bead" && item.value === value) return;
    throw broken(`${nameOf(place)} took ${value} from channel ${name}, where ${describe(item)} is next`);
  });
  return withLane(model, name, { ...lane, items: lane.items.slice(values.length) });
}

/** Each bead makes a new total, which goes on to the sink. */
function add(model: Model, parity: Parity, values: readonly number[]): Model {
  let next = model;
  for (const value of values) {
    const sum = next.sums[parity] + value;
    next = put({ ...next, sums: { ...next.sums, [parity]: sum } }, `sum>${parity}`, sum);
  }
  return next;
}

function write(model: Model, parity: Parity, rows: readonly number[]): Model {
  const sink = model.sinks[parity];
  return { ...model, sinks: { ...model.sinks, [parity]: { ...sink, open: [...sink.open, ...rows] } } };
}

function put(model: Model, name: LaneName, value: number): Model {
  const lane = model.lanes[name];
  return withLane(model, name, { ...lane, items: [...lane.items, { kind: "bead", value }] });
}

function withLane(model: Model, name: LaneName, lane: Lane): Model {
  return { ...model, lanes: { ...model.lanes, [name]: lane } };
}

function describe(item: Item | undefined): string {
  if (item === undefined) return "nothing";
  return item.kind === "bead" ? `bead ${item.value}` : `barrier ${item.checkpointId}`;
}
