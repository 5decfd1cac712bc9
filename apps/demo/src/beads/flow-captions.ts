import type { Caption } from "./caption.ts";
import { COSTS } from "./costs.ts";
import { beadsIn, isReplaying, type Model, type Underway } from "./model.ts";
import { LANES, type LaneName, lanesInto, lanesOutOf, originOf, PARITIES, type Place, SOURCES } from "./places.ts";

/** What is said while beads move and nothing else happens. */
export function flowCaption(model: Model): Caption {
  const { underway, sources } = model;
  if (underway !== undefined) return underwayCaption(model, underway);
  if (isReplaying(model)) {
    return {
      title: "The same beads once more",
      text:
        "The sources read again what came after the checkpoint. The sums have forgotten these beads, and the sinks had not " +
        "committed their rows: so nothing is counted twice.",
    };
  }
  if (sources.fast.ended && sources.slow.ended) {
    return {
      title: "The last beads",
      text: "Both sources have come to their end. What is in the channels still flows.",
    };
  }
  if (model.crashes === 0 && model.completed.length === 0) {
    return {
      title: "Beads flow",
      text:
        "Two sources send integers. Even ones go to the upper sum, odd ones to the lower. Each sum adds them up and sends " +
        "every new total to its sink. The sinks are slower than the sources, so queues build up.",
    };
  }
  return {
    title: "Beads flow",
    text: "Until the next checkpoint: whatever happens now would be done again after a crash.",
  };
}

function underwayCaption(model: Model, underway: Underway): Caption {
  const { checkpointId: id, frozen, acknowledged } = underway;
  const held = SOURCES.filter((source) => !frozen.includes(source));
  if (held.length > 0) {
    const full = held.some((source) => lanesOutOf({ kind: "source", source }).some((lane) => isFull(model, lane)));
    return {
      title: `The ${held.join(" and the ")} source ${held.length > 1 ? "have" : "has"} not sent barrier ${id} yet`,
      text: full
        ? "One of its channels is full, and a full channel stops its writer, for barriers as for beads. As soon as there is " +
          "room the barrier goes before the next bead."
        : "It was not its turn yet. When it is, the barrier goes before the next bead.",
    };
  }
  const blocked = LANES.filter((lane) => model.lanes[lane].blocked);
  if (blocked.length > 0) return waitingCaption(model, blocked, id);
  const sums = PARITIES.filter((parity) => !frozen.includes(`sum(${parity})`));
  if (sums.length > 0) {
    return {
      title: "Beads flow, and the barriers with them",
      text: `The barriers keep their places in the queues, on their way to the ${sums.join(" and the ")} sum. They overtake nothing.`,
    };
  }
  const sinks = PARITIES.filter((parity) => !frozen.includes(`sink(${parity})`));
  if (sinks.length > 0) {
    return {
      title: "Beads flow, and the barrier with them",
      text:
        `Barrier ${id} keeps its place in the queue, on its way to the ${sinks.join(" and the ")} sink. It overtakes nothing. Meanwhile the ` +
        "snapshots are being written; the sums have long gone on adding.",
    };
  }
  const all = acknowledged.length === 6;
  return {
    title: `Checkpoint ${id} is being stored`,
    text: all
      ? "Everybody has acknowledged. What is left is written in the background: the manifest, then the head record."
      : `The barrier has passed everybody. ${acknowledged.length} of 6 have acknowledged; the others are still being written.`,
  };
}

function isFull(model: Model, lane: LaneName): boolean {
  return beadsIn(model.lanes[lane]) >= COSTS.channelBeads;
}

function waitingCaption(model: Model, blocked: readonly LaneName[], id: number): Caption {
  const sentences = PARITIES.flatMap((parity) => {
    const place: Place = { kind: "sum", parity };
    const lanes = lanesInto(place);
    const closed = lanes.find((lane) => blocked.includes(lane));
    const open = lanes.find((lane) => lane !== closed);
    if (closed === undefined || open === undefined) return [];
    const { items } = model.lanes[open];
    const before = items.findIndex((item) => item.kind === "barrier" && item.checkpointId === id);
    const behind = beadsIn(model.lanes[closed]);
    const waiting = behind === 0 ? "" : `, while ${behind} from the ${originOf(closed)} one must wait`;
    const more = before > 0 ? `takes ${before} more` : "has all that it needs";
    return [`The ${parity} sum ${more} from the ${originOf(open)} source${waiting}.`];
  });
  return {
    title: "One input waits while the other catches up",
    text: `${sentences.join(" ")} Only this input waits, and only until barrier ${id} is here from both sides.`,
  };
}
