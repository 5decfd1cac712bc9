/**
 * End-to-end latency at half load, on a schedule that waits for nobody.
 *
 * @module
 */
import { runApart } from "../apart.ts";
import { machine } from "../machine.ts";
import { count } from "../core/computations/count.ts";
import { makeSales, type Sale } from "../core/sales.ts";
import { standBy } from "../core/standing-job.ts";
import { type Flags, readFlags } from "./flags.ts";
import { capacity, measureLatency } from "./measure.ts";
import { formatReport, type LatencyRow, type Report } from "./report.ts";

const RECORDS = 1_000_000;

/** Measures, prints a table, and with `--json` the same as one object on the last line. */
export async function latencyBench(programArguments: readonly string[]): Promise<void> {
  const flags = readFlags(programArguments);
  const rows: LatencyRow[] = [];
  for (const keys of flags.keys) {
    rows.push(...(flags.here ? await measureHere(flags, keys) : await measureApart(flags, keys)));
  }
  const report: Report = { benchmark: "latency", ...machine(), seconds: flags.seconds, rows };
  console.log(formatReport(report));
  if (flags.json) console.log(JSON.stringify(report));
}

/** Each interval in a process of its own: garbage of one run is not collected within the next. All at the rate of the first. */
async function measureApart(flags: Flags, keys: number): Promise<readonly LatencyRow[]> {
  const rows: LatencyRow[] = [];
  for (const checkpoints of flags.checkpoints) {
    const rate = rows[0]?.recordsPerSecond ?? flags.recordsPerSecond;
    const measuring = `latency --here --json --keys ${keys} --seconds ${flags.seconds} --warm-up ${flags.warmUpSeconds} --records ${flags.records} --load ${flags.load} --checkpoints ${checkpoints}`;
    const report = await runApart({
      main: new URL("../main.ts", import.meta.url),
      programArguments: [...measuring.split(" "), ...(rate === undefined ? [] : ["--rate", String(rate)])],
      nodeFlags: ["--expose-gc"],
    });
    rows.push(...(report as Report).rows);
  }
  return rows;
}

async function measureHere(flags: Flags, keys: number): Promise<readonly LatencyRow[]> {
  const sales = makeSales(Math.min(RECORDS, flags.records), keys);
  const standing = flags.warmUpSeconds > 0 ? [standBy(count, { sales: sales.partitions(1), returns: [] })] : [];
  const rows = await measureRows(flags, keys, sales.all);
  for (const job of standing) job.stop();
  await Promise.all(standing.map((job) => job.finished));
  return rows;
}

async function measureRows(flags: Flags, keys: number, sales: readonly Sale[]): Promise<readonly LatencyRow[]> {
  // The first run teaches the compiler; the better one of two is what the machine can do.
  const full = Math.max(await capacity(sales), await capacity(sales));
  const recordsPerSecond = Math.max(1, Math.floor(flags.recordsPerSecond ?? full * flags.load));
  console.error(`${keys} keys: ${Math.round(full)} records a second at most, ${recordsPerSecond} on schedule`);
  const warmUpSeconds = Math.min(flags.warmUpSeconds, flags.seconds);
  if (warmUpSeconds > 0) await measureLatency(sales, { recordsPerSecond, seconds: warmUpSeconds, checkpoints: "1s" });
  const rows: LatencyRow[] = [];
  for (const checkpoints of flags.checkpoints) {
    const latency = await measureLatency(sales, { recordsPerSecond, seconds: flags.seconds, checkpoints });
    rows.push({ keys, capacityPerSecond: full, recordsPerSecond, ...latency });
    console.error(`${keys} keys, checkpoints ${checkpoints}: measured`);
  }
  return rows;
}
