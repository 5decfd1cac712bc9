/**
 * What a person wants to know at the end, and the same for a program.
 *
 * @module
 */
import { throughputChart } from "./chart.ts";
import type { Attempt, Course } from "./course.ts";
import type { Flags } from "./flags.ts";
import { count, median, moment, plural, size, span } from "./numbers.ts";
import type { HoursCheck, LateCheck } from "./oracle.ts";
import { isClean, sumOf, type Verdict } from "./verdict.ts";

/** Everything that the report is made of. */
export interface Result {
  readonly flags: Flags;
  readonly course: Course;
  readonly hours: HoursCheck;
  readonly late: LateCheck;
  /** From the first start of the job to its end. */
  readonly runMs: number;
  readonly output: string;
}

/** The differences in both outputs together. Every flight must be in one of them. */
export function verdictOf(result: Result): Verdict {
  return sumOf(result.hours.verdict, result.late.verdict);
}

/** Lines to print. */
export function reportLines(result: Result): string[] {
  const { flags, course, hours, late, runMs } = result;
  const verdict = verdictOf(result);
  const kills = course.kills;
  return [
    "",
    ...throughputChart(
      course.samples,
      kills.map((kill) => kill.atMs),
      runMs,
    ),
    "",
    ...killLines(course),
    `${plural(flags.rows, "flight")} in ${span(runMs)}: ${count(eventsPerSecond(result))} a second, kills included`,
    `${plural(kills.length, "kill")} with SIGKILL, seed ${flags.seed}, parallelism ${flags.parallelism}, ${plural(flags.splits, "split")}, ${flags.backend}`,
    ...(kills.length < flags.kills ? [`only ${kills.length} of ${flags.kills} kills: the job was faster`] : []),
    checkpointLine(course),
    recoveryLine(result),
    `memory of the job ${size(course.memoryBytesMax)} at most`,
    "",
    `${count(hours.flights)} flights counted in ${count(hours.rows)} rows per airport and hour`,
    `${plural(late.rows, "flight")} in the late output: they came when their hour was over, by the bound of ${flags.bound}`,
    "compared with a plain loop over the data set:",
    `lost ${count(verdict.lost)}, doubled ${count(verdict.doubled)}, wrong ${count(verdict.wrong)}`,
    ...verdict.examples.map((example) => `  ${example}`),
    isClean(verdict) ? `every flight counts exactly once. The rows are in ${result.output}` : "THE OUTPUT IS NOT RIGHT",
  ];
}

/** The same as one object. */
export function reportObject(result: Result): Readonly<Record<string, unknown>> {
  const { flags, course, hours, late, runMs } = result;
  const verdict = verdictOf(result);
  const recoveries = recoveryTimes(course);
  const durations = durationsOf(course);
  return {
    rows: flags.rows,
    kills: course.kills.length,
    checkpoints: course.completed.size,
    lost: verdict.lost,
    doubled: verdict.doubled,
    wrong: verdict.wrong,
    eventsPerSecond: eventsPerSecond(result),
    seconds: Math.round(runMs) / 1_000,
    seed: flags.seed,
    backend: flags.backend,
    parallelism: flags.parallelism,
    splits: flags.splits,
    hourlyRows: hours.rows,
    flightsCounted: hours.flights,
    flightsLate: late.rows,
    replayed: replayedOf(result),
    recoveryMs: { median: Math.round(median(recoveries)), most: Math.round(Math.max(0, ...recoveries)) },
    checkpointMs: { median: Math.round(median(durations)), most: Math.round(Math.max(0, ...durations)) },
    memoryBytes: course.memoryBytesMax,
    phases: course.kills.map(({ phase, point, position }) => ({ phase, point, position })),
  };
}

function killLines(course: Course): string[] {
  if (course.kills.length === 0) return [];
  const table = [["", "killed", "at the point", "at record", "event time", "replayed", "back after", "caught up"]];
  course.attempts.forEach((attempt, index) => {
    const { kill } = attempt;
    if (kill === undefined) return;
    const next = course.attempts[index + 1];
    const caughtUpMs = next === undefined ? undefined : course.caughtUpMs(next);
    table.push([
      String(index + 1),
      kill.phase,
      kill.point,
      count(kill.position),
      moment(kill.eventTime),
      next?.restored === undefined ? "-" : count(kill.position - next.restored),
      next?.firstRecordMs === undefined
        ? next?.kill === undefined
          ? "-"
          : "killed again"
        : span(next.firstRecordMs - next.startedMs),
      next === undefined || caughtUpMs === undefined ? "-" : span(caughtUpMs - next.startedMs),
    ]);
  });
  return [...aligned(table), ""];
}

function aligned(table: readonly (readonly string[])[]): string[] {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  return table.map((cells) =>
    cells
      .map((cell, column) =>
        column === 1 || column === 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
}

function checkpointLine(course: Course): string {
  const durations = durationsOf(course);
  const sizes = [...course.checkpoints.values()].map((checkpoint) => checkpoint.bytes);
  return (
    `${plural(course.completed.size, "checkpoint")}: ${span(median(durations))} in the middle, ` +
    `${span(Math.max(0, ...durations))} at most; ${size(median(sizes))} in the middle, ${size(Math.max(0, ...sizes))} at most`
  );
}

function recoveryLine(result: Result): string {
  const times = recoveryTimes(result.course);
  const replayed = `${plural(replayedOf(result), "record")} read again after restores`;
  if (times.length === 0) return replayed;
  return `${replayed}; back at work ${span(median(times))} after a start in the middle, ${span(Math.max(...times))} at most`;
}

/** From the start of the process to its first record, after each kill. */
function recoveryTimes(course: Course): number[] {
  return course.attempts
    .slice(1)
    .flatMap(({ startedMs, firstRecordMs }: Attempt) =>
      firstRecordMs === undefined ? [] : [firstRecordMs - startedMs],
    );
}

function replayedOf({ course, flags }: Result): number {
  return Math.max(0, course.read - (flags.rows - (course.attempts[0]?.restored ?? 0)));
}

function durationsOf(course: Course): number[] {
  return [...course.checkpoints.values()].map((checkpoint) => checkpoint.durationMs);
}

function eventsPerSecond({ flags, runMs }: Result): number {
  return Math.round((flags.rows * 1_000) / runMs);
}
