/**
 * Keyed state on every backend: how fast, how much is written, how much is kept, how soon after a start.
 *
 * @module
 */
import { runApart } from "../apart.ts";
import { machine } from "../machine.ts";
import { type Flags, readFlags } from "./flags.ts";
import { growthBench } from "./growth.ts";
import { measure, type Measured, type Subject } from "./measure.ts";
import { exceeded, formatReport, type Report } from "./report.ts";

/**
 * Measures, prints tables, and with `--json` the same as one object on the last line. An amount beyond its bound fails the
 * command; what depends on the machine is only told.
 */
export async function stateBench(programArguments: readonly string[]): Promise<void> {
  const flags = readFlags(programArguments);
  if (flags.growth) return growthBench(flags);
  const rows: Measured[] = [];
  for (const subject of subjectsOf(flags)) {
    const progress = (done: string): void => console.error(`${subject.backend}: ${done}, ${processorSeconds()}`);
    rows.push(flags.here ? await measure(subject, flags, progress) : await measureApart(subject, flags));
  }
  const { valueBytes, records, latencyMs } = flags;
  const report: Report = {
    benchmark: "state",
    ...machine(),
    valueBytes,
    records,
    heapMiB: flags.heapMiB ?? null,
    latencyMs,
    rows,
  };
  console.log(formatReport(report));
  if (flags.json) console.log(JSON.stringify(report));
  const missed = flags.here ? [] : rows.flatMap((row) => exceeded(row).map((what) => `${row.backend}: ${what}`));
  if (missed.length === 0) return;
  console.error(`More than its bound:\n${missed.map((what) => `  ${what}`).join("\n")}`);
  process.exitCode = 1;
}

/** Each backend with each number of keys, within each limit that it knows: what is kept in memory alone knows none. */
function subjectsOf({ backends, keys, limits }: Flags): readonly Subject[] {
  return backends.flatMap((backend) =>
    keys.flatMap((count) =>
      limits
        .filter((limitBytes) => backend !== "memory" || limitBytes === undefined)
        .map((limitBytes) => ({ backend, keys: count, limitBytes })),
    ),
  );
}

/** What a phase costs can be seen by the difference. */
function processorSeconds(): string {
  const { user, system } = process.cpuUsage();
  return `${((user + system) / 1e6).toFixed(0)} s of processor time so far`;
}

/** In a process of its own: its heap can be limited, and its resident set is that of one backend. */
async function measureApart({ backend, keys, limitBytes }: Subject, flags: Flags): Promise<Measured> {
  const sizes = [
    ["--backend", backend],
    ["--keys", String(keys)],
    ["--value-bytes", String(flags.valueBytes)],
    ["--records", String(flags.records)],
    ["--churn", String(flags.churnPercent)],
    ["--parallelism", String(flags.parallelism)],
    ["--write-buffer-mib", String(flags.writeBufferMiB)],
    ["--latency-ms", String(flags.latencyMs)],
    ["--limit-mb", limitBytes === undefined ? "all" : String(limitBytes / 1_000_000)],
  ].flat();
  const report = await runApart({
    main: new URL("../main.ts", import.meta.url),
    programArguments: ["state", "--here", "--json", ...sizes],
    nodeFlags: flags.heapMiB === undefined ? [] : heapFlags(flags.heapMiB),
  });
  const [row] = (report as Report).rows;
  if (row === undefined) throw new Error(`Cannot go on: measuring ${backend} gave nothing`);
  return row;
}

/** Beside a small heap new objects may not take the 128 MiB that Node lets them take: there would be no room to move them to. */
function heapFlags(heapMiB: number): readonly string[] {
  return [`--max-old-space-size=${heapMiB}`, `--max-semi-space-size=${Math.min(16, Math.ceil(heapMiB / 10))}`];
}
