import { describeRun, replayRun } from "../replay.ts";

/** Does one run again and tells it. @returns whether nothing is wrong. */
export async function runReplayMode(line: string, json: boolean): Promise<boolean> {
  const report = await replayRun(line);
  console.log(describeRun(report));
  if (json) console.log(JSON.stringify({ violations: report.violations, traceHash: report.traceHash }));
  return report.violations.length === 0;
}
