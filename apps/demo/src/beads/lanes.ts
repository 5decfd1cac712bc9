import { type Line, span, type Style, widthOf } from "./ink.ts";
import { parityOf } from "./job.ts";
import type { Item, Model } from "./model.ts";
import type { LaneName } from "./places.ts";

/** A channel: the next bead to be taken is the last before the arrow. */
export function drawLane(model: Model, name: LaneName, width: number, focused: boolean): Line {
  const { items, blocked } = model.lanes[name];
  const crashed = model.phase === "crashed";
  const wire: Style = crashed || blocked ? "blocked" : focused ? "focus" : "dim";
  const filler = blocked ? "╌" : "─";
  const end = span(blocked || crashed ? "✕" : "▶", wire);
  const drawn = items.map((item) => drawItem(item, name, filler, wire, crashed));
  const room = width - end.text.length;
  while (widthOf(drawn.flat()) > room) drawn.pop();
  const beads = drawn.reverse().flat();
  return [span(filler.repeat(room - widthOf(beads)), wire), ...beads, end];
}

function drawItem(item: Item, lane: LaneName, filler: string, wire: Style, crashed: boolean): Line {
  if (item.kind === "barrier") return [span(`┃${item.checkpointId}┃`, crashed ? "lost" : "barrier")];
  const style = lane.startsWith("sum") ? "row" : parityOf(item.value);
  return [span(filler, wire), span(String(item.value).padStart(2), crashed ? "lost" : style)];
}

/** The channels from the fast source to the odd sum and from the slow source to the even sum cross. */
export const CROSSING: readonly string[] = ["   ", "───", "╮ ╭", "│ │", " ╳ ", "│ │", "╯ ╰", "───", "   ", "   "];
