import { box, sinkContent, sourceContent, sumContent } from "./boxes.ts";
import { type Line, padded, span, type Style } from "./ink.ts";
import { CROSSING, drawLane } from "./lanes.ts";
import { type LaneName, PARITIES, type PlaceName, SOURCES } from "./places.ts";
import type { Frame } from "./storyboard.ts";

const SOURCE_WIDTH = 12;
const LANE_WIDTH = 17;
const SUM_WIDTH = 12;
const ROWS_WIDTH = 21;
const SINK_WIDTH = 14;

/** The channel on each line between sources and sums, and between sums and sinks. */
const INTO_SUMS: Readonly<Record<number, LaneName>> = { 1: "fast>even", 2: "slow>even", 6: "fast>odd", 7: "slow>odd" };
const INTO_SINKS: Readonly<Record<number, LaneName>> = { 2: "sum>even", 7: "sum>odd" };

/** Two sources, two sums, two sinks, and what is between them: ten lines of 79 columns. */
export function picture(frame: Frame): readonly Line[] {
  const { model } = frame;
  const sources = SOURCES.flatMap((source) =>
    box({
      title: source,
      width: SOURCE_WIDTH,
      style: borderOf(frame, source),
      exits: [0, 1],
      content: sourceContent(model, source, SOURCE_WIDTH - 2),
    }),
  );
  const sums = PARITIES.flatMap((parity) =>
    box({
      title: `${parity} sum`,
      width: SUM_WIDTH,
      style: borderOf(frame, `sum(${parity})`),
      exits: [1],
      content: sumContent(model, parity, SUM_WIDTH - 2),
    }),
  );
  const sinks = PARITIES.flatMap((parity) =>
    box({
      title: `${parity} sink`,
      width: SINK_WIDTH,
      style: borderOf(frame, `sink(${parity})`),
      exits: [],
      content: sinkContent(model, parity, SINK_WIDTH - 2),
    }),
  );
  return CROSSING.map((crossing, index) => [
    ...(sources[index] ?? []),
    span(crossing, model.phase === "crashed" ? "blocked" : "dim"),
    ...lane(frame, INTO_SUMS[index], LANE_WIDTH),
    ...(sums[index] ?? []),
    ...lane(frame, INTO_SINKS[index], ROWS_WIDTH),
    ...(sinks[index] ?? []),
  ]);
}

function lane(frame: Frame, name: LaneName | undefined, width: number): Line {
  return name === undefined ? padded([], width) : drawLane(frame.model, name, width, frame.lanes.includes(name));
}

function borderOf({ model, places }: Frame, place: PlaceName): Style {
  if (model.phase === "crashed") return "blocked";
  if (!places.includes(place)) return "dim";
  return model.underway?.acknowledged.includes(place) === true ? "good" : "focus";
}
