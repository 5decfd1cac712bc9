import { type Line, span } from "./ink.ts";
import { type Model, safeSnapshot, type Underway } from "./model.ts";
import { PLACES } from "./places.ts";

/** How far the checkpoint is, and what a crash would go back to: two lines. */
export function progressLines(model: Model): readonly Line[] {
  return [checkpointLine(model), safeLine(model)];
}

function checkpointLine({ underway, completed, phase }: Model): Line {
  if (phase === "crashed") return [span("no checkpoint under way: nothing runs", "dim")];
  if (underway !== undefined) return underwayLine(underway);
  const last = completed.at(-1);
  return [span(last === undefined ? "no checkpoint yet" : `checkpoint ${last} is complete`, "dim")];
}

function underwayLine({ checkpointId, frozen, acknowledged, manifest, head }: Underway): Line {
  const all = PLACES.length;
  return [
    span(`┃${checkpointId}┃`, "barrier"),
    span(" snapshots ", "dim"),
    counted(frozen.length, all),
    span("  acknowledged ", "dim"),
    counted(acknowledged.length, all),
    span("  manifest ", "dim"),
    ticked(manifest),
    span("  head ", "dim"),
    ticked(head),
    span("  committed ", "dim"),
    ticked(false),
  ];
}

function safeLine(model: Model): Line {
  const safe = safeSnapshot(model);
  if (safe === undefined) return [span("a crash now would go back to the beginning", "dim")];
  const { positions, sums, checkpointId } = safe;
  const committed = model.sinks.even.committed.length + model.sinks.odd.committed.length;
  return [
    span(`a crash goes back to ${checkpointId}: `, "dim"),
    span(
      `fast ${positions.fast}, slow ${positions.slow}, even ${sums.even}, odd ${sums.odd}; ${committed} rows stay`,
      "dim",
    ),
  ];
}

function counted(done: number, all: number) {
  return span(`${done}/${all}`, done === all ? "good" : "plain");
}

function ticked(done: boolean) {
  return done ? span("✓", "good") : span("·", "dim");
}
