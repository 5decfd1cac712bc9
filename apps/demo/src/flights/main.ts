/**
 * The demonstration: counts three million flights, kills the job that counts them again and again, and holds what it has
 * committed against a plain loop over the same data. `npm run demo -- --help` says what can be asked for.
 *
 * @module
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { drawAims } from "./aims.ts";
import { type FlightColumns, readColumns } from "./columns.ts";
import { committedRows } from "./committed.ts";
import { Course } from "./course.ts";
import { Display, watch } from "./display.ts";
import { type Feed, prepareFeed } from "./feed.ts";
import { FeedMap } from "./feed-map.ts";
import { durationMs, type Flags, FlagError, HELP, parseFlags } from "./flags.ts";
import { MINUTE_MS } from "./flight.ts";
import { beyondBound } from "./lateness.ts";
import { count, size, span } from "./numbers.ts";
import { checkHours, checkLate, expectedHours } from "./oracle.ts";
import { feedOrder, placesInFeed } from "./order.ts";
import { reportLines, reportObject, type Result, verdictOf } from "./report.ts";
import { takeRunFolder } from "./run-folder.ts";
import { supervise } from "./supervise.ts";
import { isClean } from "./verdict.ts";

/** The data, the order it flows in, and the file it flows from. */
interface Material {
  readonly columns: FlightColumns;
  readonly order: Uint32Array;
  readonly feed: Feed;
  readonly map: FeedMap;
}

async function prepare(flags: Flags, directory: string, display: Display): Promise<Material> {
  const part = (done: number) => `${count(done)} of ${count(flags.rows)} flights`;
  const columns = await readColumns(flags.rows, (done) => display.status(() => `  decoding: ${part(done)}`));
  const order = feedOrder(columns);
  const feed = await prepareFeed(directory, columns, order, (done) => {
    display.status(() => `  writing the feed: ${part(done)}`);
  });
  const map = new FeedMap(feed, placesInFeed(order), flags.splits);
  display.line(
    `${feed.reused ? "found" : "wrote"} the feed: ${count(feed.rows)} flights in the order they left, ` +
      `${size(feed.bytes)}, sha256 ${feed.sha256.slice(0, 12)}`,
  );
  return { columns, order, feed, map };
}

/** Runs the job under fire. Returns how it went and how long it took. */
async function run(
  flags: Flags,
  folder: string,
  material: Material,
  display: Display,
): Promise<{ course: Course; runMs: number }> {
  const { columns, order, feed, map } = material;
  const beganMs = performance.now();
  const now = () => performance.now() - beganMs;
  const course = new Course(map, now);
  const task = {
    feed: feed.path,
    sha256: feed.sha256,
    splits: flags.splits,
    backend: flags.backend,
    parallelism: flags.parallelism,
    bound: flags.bound,
    interval: flags.interval,
    state: join(folder, "state"),
    hours: join(folder, "hours"),
    late: join(folder, "late"),
  };
  const aims = drawAims(flags);
  // Splits are read side by side: a share of the feed is reached when the first split has come that far.
  const scheduleAt = (share: number) => {
    const place = Math.floor(((map.starts[1] ?? flags.rows) - 1) * share);
    return columns.scheduledMinute[order[place]!]! * MINUTE_MS;
  };
  await supervise(task, aims, scheduleAt, course, watch(display, course, flags.rows, flags.kills));
  map.close();
  return { course, runMs: now() };
}

async function judge(flags: Flags, folder: string, material: Material): Promise<Pick<Result, "hours" | "late">> {
  const { columns, order, map } = material;
  const beyond = beyondBound(columns, order, durationMs(flags.bound), map.starts);
  const late = await checkLate(columns, beyond, map.starts.length === 1, committedRows(join(folder, "late")));
  const hours = await checkHours(expectedHours(columns, late.late), committedRows(join(folder, "hours")));
  return { hours, late };
}

async function demonstrate(flags: Flags): Promise<boolean> {
  const directory = flags.directory ?? fileURLToPath(new URL("../../.data", import.meta.url));
  const display = new Display(flags.json ? process.stderr : process.stdout);
  for (const remark of flags.remarks) display.line(remark);
  const material = await prepare(flags, directory, display);
  const folder = await takeRunFolder(directory, flags.keep);
  const { course, runMs } = await run(flags, folder.path, material, display);
  display.line("the job has finished; comparing");
  const beganMs = performance.now();
  const output = relative(process.cwd(), folder.path);
  const result: Result = { flags, course, runMs, output, ...(await judge(flags, folder.path, material)) };
  await folder.leave();
  display.line(`compared in ${span(performance.now() - beganMs)}`);
  for (const line of reportLines(result)) display.line(line);
  if (flags.json) process.stdout.write(`${JSON.stringify(reportObject(result))}\n`);
  return isClean(verdictOf(result));
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const flags = parseFlags(args);
    if (flags.help) {
      process.stdout.write(HELP);
      return 0;
    }
    return (await demonstrate(flags)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(error instanceof FlagError ? `${error.message}\n\n${HELP}` : `${String(error)}\n`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
