/**
 * `npm run demo:beads`: the algorithm on the classic picture.
 *
 * @module
 */
import type { ReadStream, WriteStream } from "node:tty";
import { type Comparison, compare, comparisonLines, comparisonSummary } from "./comparison.ts";
import { COSTS } from "./costs.ts";
import { type Beads, dealBeads } from "./deal.ts";
import { type BeadFlags, BeadFlagError, HELP, parseBeadFlags } from "./flags.ts";
import { colourInk, plainInk, wrapped } from "./ink.ts";
import { Keys } from "./keys.ts";
import { PAGE_COLUMNS, pageLines } from "./page.ts";
import { type Page, play } from "./player.ts";
import { record, type Recording } from "./record.ts";
import { framesOf } from "./storyboard.ts";
import { judge } from "./verdict.ts";

/** The checkpoint in the middle of which the plug is pulled; not in the comparison, where only pauses are to differ. */
const CRASH_IN = 2;

async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = parseBeadFlags(args);
    if (flags.help) {
      process.stdout.write(HELP);
      return 0;
    }
    return await demonstrate(flags);
  } catch (error) {
    if (error instanceof BeadFlagError) process.stderr.write(`${error.message}\n\n${HELP}`);
    else process.stderr.write(`${error instanceof ScreenError ? error.message : String(error)}\n`);
    return 2;
  }
}

async function demonstrate(flags: BeadFlags): Promise<number> {
  const { seed } = flags;
  const beads = dealBeads(seed);
  const common = { beads, costs: COSTS, seed };
  const recording = await record({ ...common, checkpoints: true, crashIn: flags.pauseTheWorld ? undefined : CRASH_IN });
  const comparison = flags.pauseTheWorld
    ? compare(recording, await record({ ...common, checkpoints: false, crashIn: undefined }), COSTS)
    : undefined;
  const pages = pagesOf(beads, recording, comparison);
  const screen = screenFor(flags, pages[0]?.lines.length ?? 0);
  if (screen === undefined) printPages(pages);
  else await playOn(screen, pages, flags);
  return conclude(beads, recording, comparison);
}

function pagesOf(beads: Beads, recording: Recording, comparison: Comparison | undefined): readonly Page[] {
  const frames = framesOf(beads, recording.events);
  return frames.map((frame, index) => ({
    kind: frame.kind,
    familiar: (frames[index - 1]?.model.completed.length ?? 0) > 0,
    lines: pageLines(frame, {
      number: index + 1,
      total: frames.length,
      below: comparison === undefined ? [] : comparisonLines(comparison, frame.atMs),
    }),
  }));
}

/** There is no terminal for it, or not one that is large enough. */
class ScreenError extends Error {
  override readonly name = "ScreenError";
}

interface Screen {
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** The terminal to play on; `undefined`: there is none, or it is not wanted. */
function screenFor(flags: BeadFlags, pageRows: number): Screen | undefined {
  const { stdin: input, stdout: output } = process;
  if (flags.frames) return undefined;
  if (!input.isTTY || !output.isTTY) {
    if (flags.step) {
      throw new ScreenError("Cannot use --step: there is no terminal to read keys from. --frames prints all frames");
    }
    return undefined;
  }
  const rows = pageRows + 1;
  if (output.columns < PAGE_COLUMNS || output.rows < rows) {
    throw new ScreenError(
      `Cannot show it: the terminal has ${output.columns} columns and ${output.rows} rows, and the picture needs ` +
        `${PAGE_COLUMNS} and ${rows}. Make it larger, or print all frames with --frames`,
    );
  }
  return { input, output };
}

function printPages(pages: readonly Page[]): void {
  for (const { lines } of pages) {
    process.stdout.write(`${lines.map(plainInk).join("\n")}\n${"═".repeat(PAGE_COLUMNS)}\n`);
  }
}

async function playOn({ input, output }: Screen, pages: readonly Page[], flags: BeadFlags): Promise<void> {
  const colour = flags.colour && (process.env["NO_COLOR"] ?? "") === "";
  const keys = new Keys(input);
  try {
    await play(pages, { output, keys, ink: colour ? colourInk : plainInk, speed: flags.speed, step: flags.step });
  } finally {
    keys.close();
  }
}

/** The committed rows against a plain loop. */
function conclude(beads: Beads, { committed, events }: Recording, comparison: Comparison | undefined): number {
  const { right, lines } = judge(beads, committed);
  const crashed = events.some(({ event }) => event.kind === "attempt-failed");
  const out = [...lines];
  if (right) out.push(crashed ? "Committed once, in spite of the crash." : "Committed once.");
  else out.push("NOT what a plain loop gives: something was lost or counted twice.");
  if (comparison !== undefined) {
    out.push("");
    for (const text of comparisonSummary(comparison)) out.push(...wrapped(text, PAGE_COLUMNS));
  }
  process.stdout.write(`${out.join("\n")}\n`);
  return right ? 0 : 1;
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 2));
process.exitCode = await main(process.argv.slice(2));
