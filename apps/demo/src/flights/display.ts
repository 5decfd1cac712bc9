/**
 * Shows how it goes: one line that is written again and again on a terminal, a line every few seconds elsewhere.
 *
 * @module
 */
import type { WriteStream } from "node:tty";
import type { Course } from "./course.ts";
import { count, moment, size, span } from "./numbers.ts";
import type { Watcher } from "./supervise.ts";

const TERMINAL_MS = 100;
const PLAIN_MS = 2_000;
/** The rate shown is that of the last so many milliseconds. */
const RATE_MS = 2_000;

/** Writes lines, and one line that stays at the bottom while it changes. */
export class Display {
  readonly #stream: WriteStream | NodeJS.WriteStream;
  #changing = "";
  #shownMs = -Infinity;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** A line that stays. */
  line(text = ""): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
    this.#shownMs = -Infinity;
  }

  /** A line that takes the place of the one before; seldom enough to be read. */
  status(text: () => string): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#stream.isTTY ? TERMINAL_MS : PLAIN_MS)) return;
    this.#shownMs = nowMs;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text()}\n`);
      return;
    }
    this.#clear();
    this.#changing = text().slice(0, (this.#stream.columns || 80) - 1);
    this.#stream.write(this.#changing);
  }

  /** Takes the changing line away. */
  #clear(): void {
    if (this.#changing !== "") this.#stream.write("\r\u001B[2K");
    this.#changing = "";
  }
}

/** Shows the course of a run. */
export function watch(display: Display, course: Course, rows: number, killsWanted: number): Watcher {
  return {
    progressed: () => display.status(() => statusOf(course, rows, killsWanted)),
    killed() {
      const { point, position, eventTime } = course.attempt.kill!;
      const which = `${course.kills.length} of ${killsWanted}`;
      display.line(`  SIGKILL ${which} at record ${count(position)}, ${moment(eventTime)}: ${point}`);
    },
  };
}

function statusOf(course: Course, rows: number, killsWanted: number): string {
  const { latest, position } = course;
  const share = Math.floor((position / rows) * 100);
  const last = [...course.checkpoints.values()].at(-1);
  const checkpoint =
    last === undefined ? "no checkpoint yet" : `checkpoint ${last.id}: ${span(last.durationMs)}, ${size(last.bytes)}`;
  return (
    `  ${count(position)} of ${count(rows)} (${share}%)  ${count(rateOf(course))}/s  ${moment(latest?.eventTime)}  ` +
    `${checkpoint}  kills ${course.kills.length}/${killsWanted}`
  );
}

function rateOf(course: Course): number {
  const { samples } = course;
  const to = samples.at(-1)!;
  const from = samples.find((sample) => sample.atMs >= to.atMs - RATE_MS)!;
  return to.atMs > from.atMs ? ((to.read - from.read) * 1_000) / (to.atMs - from.atMs) : 0;
}
