import { type Line, padded, span, type Style, widthOf } from "./ink.ts";
import { type Model, safeSnapshot } from "./model.ts";
import type { Parity } from "./job.ts";
import type { PlaceName, SourceName } from "./places.ts";

/** Lines of text in each box. */
const CONTENT_LINES = 3;

/** A box, and where channels come in and go out of it. */
export interface BoxOptions {
  readonly title: string;
  readonly width: number;
  readonly style: Style;
  /** The content lines at which a channel leaves. */
  readonly exits: readonly number[];
  readonly content: readonly Line[];
}

/** A box with its content: five lines. */
export function box({ title, width, style, exits, content }: BoxOptions): readonly Line[] {
  const inner = width - 2;
  const lines: Line[] = [[span(`╭ ${title} `.padEnd(width - 1, "─"), style), span("╮", style)]];
  for (let index = 0; index < CONTENT_LINES; index++) {
    const right = exits.includes(index) ? "├" : "│";
    lines.push([span("│", style), ...padded(content[index] ?? [], inner), span(right, style)]);
  }
  lines.push([span(`╰${"─".repeat(inner)}╯`, style)]);
  return lines;
}

/** What a source shows: how far it is, what comes next, and what a checkpoint has noted of it. */
export function sourceContent(model: Model, source: SourceName, inner: number): readonly Line[] {
  const { read, ended } = model.sources[source];
  const beads = model.beads[source];
  const next = beads[read];
  if (model.phase === "crashed") return [between("read", "lost", inner, "crash")];
  return [
    between("read", `${read}/${beads.length}`, inner),
    next === undefined ? [span(ended ? "at its end" : "all read", "dim")] : between("next", String(next), inner, "dim"),
    noted(model, source, (snapshot) => snapshot.positions[source], inner),
  ];
}

/** What a sum shows: its total, and what a checkpoint has noted of it. */
export function sumContent(model: Model, parity: Parity, inner: number): readonly Line[] {
  if (model.phase === "crashed") return [between("sum", "lost", inner, "crash")];
  return [
    between("sum", String(model.sums[parity]), inner, "strong"),
    [],
    noted(model, `sum(${parity})`, (snapshot) => snapshot.sums[parity], inner),
  ];
}

/** What a sink shows: rows that everybody sees, rows set aside for a checkpoint, and rows since its barrier. */
export function sinkContent(model: Model, parity: Parity, inner: number): readonly Line[] {
  const { open, sealed, committed } = model.sinks[parity];
  const visible = between("committed", String(committed.length), inner, "good");
  if (model.phase === "crashed") return [visible, between("others", "lost", inner, "crash")];
  const aside = sealed.reduce((rows, { rows: more }) => rows + more.length, 0);
  const done = model.underway?.acknowledged.includes(`sink(${parity})`) === true;
  return [
    visible,
    between("set aside", `${aside}${done ? "✓" : ""}`, inner),
    between("open", String(open.length), inner),
  ];
}

type Noted = (snapshot: NonNullable<ReturnType<typeof safeSnapshot>>) => number | undefined;

/** The value in the snapshot under way, ticked when it is stored; otherwise the one that a crash would go back to. */
function noted(model: Model, place: PlaceName, pick: Noted, inner: number): Line {
  const { underway, snapshots } = model;
  if (underway?.frozen.includes(place) === true) {
    const snapshot = snapshots.find(({ checkpointId }) => checkpointId === underway.checkpointId);
    const value = snapshot === undefined ? undefined : pick(snapshot);
    const tick = underway.acknowledged.includes(place) ? "✓" : " ";
    const mark = span(`┃${underway.checkpointId}┃`, "barrier");
    const text = span(`${value ?? ""}${tick}`, "good");
    return [mark, span(" ".repeat(Math.max(0, inner - widthOf([mark, text])))), text];
  }
  const safe = safeSnapshot(model);
  const value = safe === undefined ? undefined : pick(safe);
  return value === undefined ? [] : between("safe", `${value} `, inner, "dim");
}

function between(left: string, right: string, width: number, style: Style = "plain"): Line {
  return [span(left, "dim"), span(right.padStart(width - left.length), style)];
}
