/** What a comparison came to, for people. */
import type { Compared, ComparedFigure } from "./compare.ts";
import { tableLines } from "../table.ts";

/** A table with a line for each figure. */
export function formatCompared(revision: string, { commit, figures }: Compared): string {
  const header = ["", "this", revision, "this/that", "spread", ""];
  const body = figures.map((figure) => [
    figure.name,
    shown(figure.here.median),
    shown(figure.there.median),
    figure.ratio.median.toFixed(3),
    `${figure.ratio.least.toFixed(3)} to ${figure.ratio.greatest.toFixed(3)}`,
    verdict(figure),
  ]);
  return [
    `This revision, as its files are now, against ${commit.slice(0, 10)}; middle of the turns, more is better.`,
    "",
    ...tableLines([header, ...body]),
  ].join("\n");
}

/** Only what every turn agrees on counts. */
function verdict({ ratio }: ComparedFigure): string {
  if (ratio.least > 1) return "faster in every turn";
  return ratio.greatest < 1 ? "slower in every turn" : "no difference that shows";
}

function shown(figure: number): string {
  return figure >= 1_000 ? String(Math.round(figure)) : figure.toFixed(3);
}
