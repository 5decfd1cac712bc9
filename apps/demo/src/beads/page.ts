import { type Line, span, wrapped } from "./ink.ts";
import { picture } from "./picture.ts";
import { progressLines } from "./progress.ts";
import type { Frame } from "./storyboard.ts";

/** How wide and how high a page is at most. */
export const PAGE_COLUMNS = 79;
export const PAGE_ROWS = 24;

const CAPTION_LINES = 4;
const COLUMN_TITLES = "  sources       channels: beads      sums       channels: totals       sinks";

/** What a page shows besides its frame. */
export interface PageOptions {
  readonly number: number;
  readonly total: number;
  /** Lines under the caption: the comparison, if there is one. */
  readonly below: readonly Line[];
}

/** A frame as lines, always the same number of them. */
export function pageLines(frame: Frame, { number, total, below }: PageOptions): readonly Line[] {
  const { caption, model, kind } = frame;
  const text = wrapped(caption.text, PAGE_COLUMNS - 2);
  const body = Array.from({ length: CAPTION_LINES }, (_, index): Line => [span(`  ${text[index] ?? ""}`)]);
  const title: Line = [span(` ${caption.title} `, kind === "crash" ? "crash" : "title")];
  return [
    header(frame, number, total),
    [span(COLUMN_TITLES, "dim")],
    ...picture(frame),
    legend(model.underway?.checkpointId ?? model.completed.at(-1) ?? 1),
    ...progressLines(model),
    [],
    title,
    ...body,
    ...below,
  ];
}

function header({ atMs, model }: Frame, number: number, total: number): Line {
  const left = `Tidemark, bead by bead   ${(atMs / 1000).toFixed(3)} s   attempt ${Math.max(1, model.attempt)}`;
  const right = `frame ${number} of ${total}`;
  return [span(left, "strong"), span(right.padStart(PAGE_COLUMNS - left.length), "dim")];
}

function legend(checkpointId: number): Line {
  return [
    span("14", "even"),
    span(" even  ", "dim"),
    span("27", "odd"),
    span(" odd  ", "dim"),
    span(`┃${checkpointId}┃`, "barrier"),
    span(` barrier of checkpoint ${checkpointId}  `, "dim"),
    span("╌✕", "blocked"),
    span(" input that waits  ", "dim"),
    span("✓", "good"),
    span(" stored", "dim"),
  ];
}
