/**
 * What a frame says, in plain English.
 *
 * @module
 */
import type { TraceEvent } from "@tidemark/core";
import type { Beat } from "./beats.ts";
import type { Caption } from "./caption.ts";
import { flowCaption } from "./flow-captions.ts";
import { inFlight, type Item, type Model, safeSnapshot } from "./model.ts";
import {
  labelOf,
  laneOf,
  type LaneName,
  lanesInto,
  nameOf,
  originOf,
  PARITIES,
  type Place,
  placeOf,
  PLACES,
} from "./places.ts";

/** What the caption of a beat says. */
export function caption(beat: Beat): Caption {
  switch (beat.kind) {
    case "flow":
      return flowCaption(beat.after);
    case "trigger":
      return triggerCaption(beat);
    case "cut":
      return cutCaption(beat);
    case "align":
      return alignCaption(beat);
    case "acknowledge":
      return acknowledgeCaption(beat);
    case "manifest":
      return {
        title: "The manifest is stored",
        text:
          `All ${PLACES.length} subtasks have acknowledged. The manifest lists their parts: with it everything of checkpoint ` +
          `${idOf(beat)} is in storage. It does not count yet: a crash right now would still go back to the one before.`,
      };
    case "complete":
      return completeCaption(beat);
    case "crash":
      return crashCaption(beat);
    case "begin":
      return beginCaption(beat);
  }
}

function triggerCaption({ before, after, ...beat }: Beat): Caption {
  const id = idOf(beat);
  const title = `Checkpoint ${id} begins`;
  if (after.sources.fast.ended && after.sources.slow.ended) {
    return { title, text: "The sources have ended. One more checkpoint takes in whatever came after the last one." };
  }
  const skipped = before.crashes > 0 && id > (before.completed.at(-1) ?? 0) + 1;
  return {
    title,
    text:
      `Each source is asked to put barrier ${id} into its channels. Nothing is stopped. ` +
      (skipped
        ? "The number has jumped: ids that the attempt before had set apart for itself are never used again, so a late " +
          "message from it can do no harm."
        : "A barrier is no more than a mark between two beads: what is before it belongs to this checkpoint, what is " +
          "behind it to the next."),
  };
}

function cutCaption(beat: Beat): Caption {
  const place = firstPlace(beat);
  if (place.kind !== "source") return flowCaption(beat.after);
  const { source } = place;
  const id = idOf(beat);
  const read = beat.after.sources[source].read;
  const total = beat.after.beads[source].length;
  return {
    title: `The ${source} source sends barrier ${id}`,
    text:
      `It notes its position, ${read} of ${total}, and puts the barrier behind its last bead, into both of its channels. ` +
      (read === total ? "It has no beads left, but barriers it still passes." : "Then it reads on."),
  };
}

function alignCaption(beat: Beat): Caption {
  const place = firstPlace(beat);
  const id = idOf(beat);
  const label = labelOf(place);
  if (beat.after.underway?.frozen.includes(nameOf(place)) !== true) return blockedCaption(beat, place, id);
  if (place.kind === "sum") {
    return {
      title: `${capital(label)} takes its snapshot: ${beat.after.sums[place.parity]}`,
      text:
        `Barrier ${id} has now come from both sources, so the sum holds every bead before the barriers and none from behind ` +
        "them. That is the moment to note it. The barrier goes on to the sink, and both inputs are open again.",
    };
  }
  const rows = place.kind === "sink" ? rowsSealed(beat.after, place.parity, id) : 0;
  const aside =
    rows === 0
      ? "Nothing was written since the barrier before it. "
      : `What was written before it, ${rowsOf(rows)}, is set aside for checkpoint ${id}, where nobody sees it yet. `;
  return {
    title: `Barrier ${id} has reached ${label}`,
    text: `${aside}Rows from behind the barrier go to the next checkpoint.`,
  };
}

function blockedCaption({ after, events }: Beat, place: Place, id: number): Caption {
  const lane = laneBlocked(events, place);
  const others = lanesInto(place).filter((other) => other !== lane && !after.lanes[other].blocked);
  const other = others[0];
  if (lane === undefined || other === undefined) return flowCaption(after);
  const from = originOf(lane);
  const behind = beadsBeforeBarrier(after.lanes[other].items, id);
  const slower = originOf(other);
  const why =
    behind === undefined
      ? `The ${slower} source has not even sent its barrier yet.`
      : behind === 0
        ? `The barrier from the ${slower} source is the next there.`
        : `In the other channel ${beadsOf(behind)} from the ${slower} source ${behind === 1 ? "is" : "are"} still before it.`;
  return {
    title: `Barrier ${id} has come to ${labelOf(place)} from the ${from} source: that input waits`,
    text:
      `${why} Until both barriers are here nothing is taken from behind the first one: added now, such a bead would be part ` +
      "of the snapshot, and after a crash it would be read and added a second time.",
  };
}

function acknowledgeCaption(beat: Beat): Caption {
  const names: string[] = [];
  let bytes = 0;
  for (const event of beat.events) {
    if (event.kind === "acknowledged") names.push(labelOf(placeOf(event.at)));
    if (event.kind === "snapshot-written") bytes += event.bytes;
  }
  const others = names.slice(1);
  const who = others.length > 1 ? `${names.length} subtasks` : names.join(" and ");
  const what = bytes > 0 && others.length === 0 ? `Its snapshot, ${bytes} bytes,` : "What there is to remember";
  const done = beat.after.underway?.acknowledged.length ?? PLACES.length;
  const flowing = bytes > 0 && others.length === 0 && inFlight(beat.after) > 0;
  return {
    title: `${capital(who)} acknowledge${others.length === 0 ? "s" : ""} checkpoint ${idOf(beat)}`,
    text:
      `${what} is in safe hands. Done: ${done} of ${PLACES.length} subtasks.` +
      (flowing ? " It was written while beads went on flowing; whatever they changed since is not in it." : ""),
  };
}

function completeCaption({ before, after, events }: Beat): Caption {
  const id = after.completed.at(-1) ?? 0;
  const completed = events.find((event) => event.kind === "checkpoint-completed");
  const took = completed === undefined ? "" : `, after ${Math.round(completed.durationMs)} ms`;
  const rows = committedRows(after) - committedRows(before);
  const all = after.beads.fast.length + after.beads.slow.length;
  if (committedRows(after) === all) {
    return {
      title: `Checkpoint ${id} is complete, and so is the job`,
      text: `The last ${rowsOf(rows)} are committed. That makes ${all} in all, one for each bead.`,
    };
  }
  return {
    title: `Checkpoint ${id} is complete`,
    text:
      `One small write decided it: the head record now names checkpoint ${id}${took}. From here on a crash goes back to it. ` +
      `Only now the sinks make its rows visible: ${rows} committed, ${committedRows(after)} in all.`,
  };
}

function crashCaption({ before, after, events }: Beat): Caption {
  const failed = events.find((event) => event.kind === "attempt-failed");
  const why = failed?.message.split("threw: ").at(-1) ?? "it failed";
  const underway = before.underway?.checkpointId;
  const middle = underway === undefined ? "" : ` Checkpoint ${underway}, half done, counts for nothing.`;
  const safe = safeSnapshot(after)?.checkpointId;
  return {
    title: `CRASH: ${why}`,
    text:
      `What was in memory is gone: ${beadsOf(inFlight(before))} in flight, both sums, and every row that is not committed.` +
      `${middle} ${safe === undefined ? "There is no checkpoint to go back to." : `Safe is what checkpoint ${safe} holds.`}`,
  };
}

function beginCaption({ before, after }: Beat): Caption {
  const from = after.completed.at(-1);
  if (after.crashes === 0 || from === undefined) {
    return {
      title: "Beads",
      text:
        "Two sources send the integers from 1 to 62, each of them once. Even numbers go to one sum, odd ones to the other. " +
        "Each sum passes every new total on to its sink. A sink is slow: beads queue up in the channels.",
    };
  }
  const { readBefore, sources, sums } = after;
  const backs = (["fast", "slow"] as const).map(
    (source) => `${source} from ${readBefore[source]} to ${sources[source].read}`,
  );
  const sumsBack = PARITIES.map((parity) => `${parity} from ${before.sums[parity]} to ${sums[parity]}`);
  return {
    title: `REWIND: attempt ${after.attempt} begins from checkpoint ${from}`,
    text:
      `Sources go back: ${backs.join(", ")}. So do the sums: ${sumsBack.join(", ")}. All to the same cut through ` +
      `the streams, so they fit together. The ${committedRows(after)} committed rows are from before that cut, and stay.`,
  };
}

function idOf({ events }: Pick<Beat, "events">): number {
  for (const event of events) if ("checkpointId" in event) return event.checkpointId;
  return 0;
}

function firstPlace({ events }: Beat): Place {
  for (const event of events) if ("at" in event) return placeOf(event.at);
  throw new RangeError("Cannot say where it happened: no event of the beat names a subtask");
}

function laneBlocked(events: readonly TraceEvent[], place: Place): LaneName | undefined {
  const blocked = events.find((event) => event.kind === "channel-blocked");
  return blocked === undefined ? undefined : laneOf(blocked.channel, place);
}

/** How many beads are before a barrier; `undefined` if the barrier is not there. */
function beadsBeforeBarrier(items: readonly Item[], id: number): number | undefined {
  const index = items.findIndex((item) => item.kind === "barrier" && item.checkpointId === id);
  return index < 0 ? undefined : index;
}

function rowsSealed({ sinks }: Model, parity: "even" | "odd", id: number): number {
  return sinks[parity].sealed.find(({ checkpointId }) => checkpointId === id)?.rows.length ?? 0;
}

function committedRows({ sinks }: Model): number {
  return sinks.even.committed.length + sinks.odd.committed.length;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function beadsOf(count: number): string {
  return count === 1 ? "1 bead" : `${count} beads`;
}

function rowsOf(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}
