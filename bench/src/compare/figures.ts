/** The figures of a report that two revisions are compared by. */

/** A figure by name; more is better. */
export type Figures = ReadonlyMap<string, number>;

type Report = Readonly<Record<string, unknown>>;
type ReportRow = Readonly<Record<string, unknown>>;

const READERS: Readonly<Record<string, (row: ReportRow) => Iterable<readonly [string, unknown]>>> = {
  core: coreFigures,
  nexmark: nexmarkFigures,
};

/**
 * Takes the figures out of a report. A revision may have no rows that another has, and a spread where the other has a
 * number.
 *
 * @throws {RangeError} if nothing is known of such reports, or there is nothing in it.
 */
export function figuresOf(report: Report): Figures {
  const benchmark = String(report["benchmark"]);
  const read = READERS[benchmark];
  if (read === undefined) {
    throw new RangeError(`Cannot compare benchmark "${benchmark}": there is ${Object.keys(READERS).join(", ")}`);
  }
  const figures = new Map<string, number>();
  for (const row of (report["rows"] ?? []) as readonly ReportRow[]) {
    for (const [name, value] of read(row)) {
      const figure = middleOf(value);
      if (figure !== undefined) figures.set(name, figure);
    }
  }
  if (figures.size === 0) throw new RangeError(`Cannot compare a report of ${benchmark} without rows`);
  return figures;
}

/** The engine beside the loop, by processor time: what else the machine does touches neither. */
function coreFigures(row: ReportRow): readonly (readonly [string, unknown])[] {
  const { computation, keys, parallelism, checkpoints } = row;
  // Earlier reports say whether there is one each second.
  const given = typeof checkpoints === "string" ? checkpoints : "none";
  const interval = checkpoints === true ? "1s" : given;
  const where = `${String(keys)} keys, parallelism ${String(parallelism)}, checkpoints: ${interval}`;
  return [[`${String(computation)}, ${where}`, row["processorRatio"]]];
}

function nexmarkFigures(row: ReportRow): readonly (readonly [string, unknown])[] {
  const { query, profile, setup, eventsPerSecondPerCore } = row;
  return [[`${String(query)}, ${String(profile)}, ${String(setup)}`, eventsPerSecondPerCore]];
}

function middleOf(value: unknown): number | undefined {
  const middle = typeof value === "object" && value !== null && "median" in value ? value.median : value;
  return typeof middle === "number" && middle > 0 ? middle : undefined;
}
