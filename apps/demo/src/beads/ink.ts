/**
 * Text with colours: lines are made of spans, and only the last step knows whether there is a terminal.
 *
 * @module
 */

export type Style =
  | "plain"
  | "dim"
  | "strong"
  | "even"
  | "odd"
  | "row"
  | "barrier"
  | "blocked"
  | "good"
  | "focus"
  | "lost"
  | "crash"
  | "title";

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

/** Turns a line into what is written. */
export type Ink = (line: Line) => string;

const CODES: Readonly<Record<Style, string>> = {
  plain: "",
  dim: "90",
  strong: "1",
  even: "1;30;46",
  odd: "1;30;43",
  row: "1;37",
  barrier: "1;97;45",
  blocked: "1;31",
  good: "1;32",
  focus: "1;97",
  lost: "9;31",
  crash: "1;97;41",
  title: "1;97",
};

export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

/** Without colours. */
export const plainInk: Ink = (line) =>
  line
    .map(({ text }) => text)
    .join("")
    .trimEnd();

/** With the colours of a terminal. */
export const colourInk: Ink = (line) =>
  line.map(({ text, style }) => (CODES[style] === "" ? text : `\u001B[${CODES[style]}m${text}\u001B[0m`)).join("");

export function widthOf(line: Line): number {
  return line.reduce((width, { text }) => width + text.length, 0);
}

/** The line, filled up with blanks. */
export function padded(line: Line, width: number): Line {
  return [...line, span(" ".repeat(Math.max(0, width - widthOf(line))))];
}

/** Words in lines no longer than `width`. */
export function wrapped(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
