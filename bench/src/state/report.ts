import { formatMachine, type Machine } from "../machine.ts";
import type { Churn, Measured, Requests, Written } from "./measure.ts";
import type { Spread } from "./turns.ts";

/** What the state benchmark found, and where. */
export interface Report extends Machine {
  readonly benchmark: "state";
  readonly valueBytes: number;
  readonly records: number;
  readonly heapMiB: number | null;
  readonly latencyMs: number;
  readonly rows: readonly Measured[];
}

/** What each figure should not exceed. */
export const BOUNDS = {
  checkpointOverChanged: 1.3,
  storedOverLive: 3,
  /** What a chain may have, the small layers that stand in a handle, and what was spilled since the last seal. */
  layers: 52,
  /** Of folding, for one checkpoint: a fold reads half a mebibyte with a request, and writes eight. */
  compactionRequests: 64,
  turnP99Ms: 5,
  /** Time to the first record for each GB of state. */
  firstRecordMs: { memory: 500, leveldb: 500, s3: 2_000 },
} as const;

/** The amounts of a row that are beyond their bounds. Times are not among them: they depend on the machine. */
export function exceeded(row: Measured): readonly string[] {
  const amounts: readonly (readonly [what: string, value: number | undefined | null, bound: number | undefined])[] = [
    ["written over changed, loads", row.loadWritten?.overChanged, row.loadWritten?.overChangedMax],
    ["written over changed, updates", row.updatesWritten?.overChanged, row.updatesWritten?.overChangedMax],
    ...row.churn.flatMap(
      ({ percent, checkpointOverChanged, written }) =>
        [
          [`checkpoint over changed, ${percent} of 100`, checkpointOverChanged, BOUNDS.checkpointOverChanged],
          [`written over changed, ${percent} of 100`, written?.overChanged, written?.overChangedMax],
        ] as const,
    ),
    ["space over live bytes", row.storedOverLive, BOUNDS.storedOverLive],
    ["layers of the longest chain", row.layers, BOUNDS.layers],
    ["requests for a checkpoint", row.requests?.ofCheckpoint, row.requests?.ofCheckpointMax],
    ["requests of compaction", row.requests?.ofCompaction, BOUNDS.compactionRequests],
  ];
  return amounts.flatMap(([what, value, bound = Infinity]) =>
    (value ?? 0) > bound ? [`${what}, ${(value ?? 0).toFixed(2)} of ${bound.toFixed(2)}`] : [],
  );
}

const BAR_WIDTH = 20;

/** The report for people: each figure beside its bound, and a bar of how much of the bound it takes. */
export function formatReport(report: Report): string {
  const { valueBytes, records, latencyMs } = report;
  const network = latencyMs === 0 ? "" : `, ${latencyMs} ms for each request`;
  return [
    `Keys with ${valueBytes} bytes each, ${records} reads and updates${network}, ${formatMachine(report)}`,
    ...report.rows.flatMap((row) => ["", ...formatRow(row)]),
  ].join("\n");
}

function formatRow(row: Measured): readonly string[] {
  const lines: Line[] = [
    ["loads", `${row.loadsPerSecond}/s`, ""],
    ["updates", `${row.updatesPerSecond}/s`, ""],
    ["reads", `${row.readsPerSecond}/s`, ""],
    ...writtenLines("loads", row.loadWritten),
    ...writtenLines("updates", row.updatesWritten),
    ...row.churn.flatMap(churnLines),
    bounded("space over live bytes", row.storedOverLive, BOUNDS.storedOverLive),
    bounded("layers of the longest chain", row.layers, BOUNDS.layers),
    ["segments", row.segments === null ? "not told" : String(row.segments), ""],
    ...(row.requests === null ? [] : requestLines(row.requests)),
    bounded("first record, ms", row.firstRecordMs, BOUNDS.firstRecordMs[row.backend]),
    bounded("first record, ms of processor time", row.firstRecordCpuMs, BOUNDS.firstRecordMs[row.backend]),
    ["90 of 100 of the full rate, ms", String(row.fullRateMs), ""],
    ...turnLines("", row.turnMs.wall),
    ...turnLines(" in processor time", row.turnMs.processor),
    ["resident set", megabytes(row.rssBytes), ""],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const shown = lines.map(([name, value, bar]) => `  ${name.padEnd(width)}  ${value.padStart(14)}  ${bar}`.trimEnd());
  const limit = row.limitBytes === null ? "all of it in memory" : `${megabytes(row.limitBytes)} in memory`;
  return [`${row.backend}, ${row.keys} keys, ${megabytes(row.stateBytes)} of encoded state, ${limit}`, ...shown];
}

type Line = readonly [name: string, value: string, bar: string];

function requestLines(requests: Requests): readonly Line[] {
  return [
    bounded("requests for a checkpoint", requests.ofCheckpoint, Number(requests.ofCheckpointMax.toFixed(2))),
    bounded("requests of compaction, for a checkpoint", requests.ofCompaction, BOUNDS.compactionRequests),
    ["requests that delete, for a checkpoint", requests.ofCleanUp.toFixed(2), ""],
    ["requests for 1,000 updates, of what is not in memory", requests.ofThousandUpdates.toFixed(1), ""],
    ["requests for 1,000 reads, of what is not in memory", requests.ofThousandReads.toFixed(1), ""],
    ["requests before the first record", String(requests.ofStart), ""],
    ["bytes read before the first record", megabytes(requests.startBytes), ""],
  ];
}

function turnLines(of: string, { p50, p99, max }: Spread): readonly Line[] {
  return [
    bounded(`turn of the event loop${of}, p99, ms`, p99, BOUNDS.turnP99Ms),
    [`turn of the event loop${of}, p50 and longest, ms`, `${p50.toFixed(1)} ${max.toFixed(1)}`, ""],
  ];
}

function churnLines({ percent, rounds, checkpointOverChanged, written }: Churn): readonly Line[] {
  const part = `${percent} of 100`;
  return [
    bounded(`checkpoint over changed, ${part}`, checkpointOverChanged, BOUNDS.checkpointOverChanged),
    ...writtenLines(rounds === 1 ? part : `${part}, ${rounds} times`, written),
  ];
}

function writtenLines(when: string, written: Written | null): readonly Line[] {
  const most = Number(written?.overChangedMax.toFixed(1) ?? 0);
  const all = bounded(`written over changed, ${when}`, written?.overChanged ?? null, most);
  if (written === null || written.parts === null) return [all];
  const { log, flushed, compacted } = written.parts;
  const parts = [log, flushed, compacted].map((part) => part.toFixed(2)).join(" ");
  return [all, ["  of that log, new tables, compaction", parts, ""]];
}

function bounded(name: string, value: number | null, bound: number): Line {
  if (value === null) return [name, "not told", ""];
  const filled = Math.min(BAR_WIDTH, Math.round((value / bound) * BAR_WIDTH));
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  return [name, value.toFixed(2), `${bar} of ${bound}${value > bound ? ", exceeded" : ""}`];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
