import type { KeyedTable } from "../../state/keyed-table.ts";
import type { TimeWindow } from "../../time/windows.ts";
import { namespaceOf } from "./namespace.ts";
import type { Span } from "./window-spans.ts";

/** The spans that a window not yet fired may need. */
export class OpenSpans {
  readonly #table: KeyedTable;
  /** By their starts. Several that start together have other ends, as after a change of the rules that made them. */
  readonly #byStart = new Map<number, Span[]>();

  constructor(table: KeyedTable) {
    this.#table = table;
  }

  get({ start, end }: TimeWindow): Span | undefined {
    return this.#byStart.get(start)?.find(({ window }) => window.end === end);
  }

  add(window: TimeWindow): Span {
    const span = { window, space: this.#table.space(namespaceOf(window)) };
    const siblings = this.#byStart.get(window.start);
    if (siblings === undefined) this.#byStart.set(window.start, [span]);
    else siblings.push(span);
    return span;
  }

  delete({ window }: Span): void {
    const siblings = this.#byStart.get(window.start)?.filter((span) => span.window.end !== window.end) ?? [];
    if (siblings.length === 0) this.#byStart.delete(window.start);
    else this.#byStart.set(window.start, siblings);
  }
}
