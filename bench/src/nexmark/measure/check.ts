/** Whether the rows of a run are the oracle's. */
import { checkAnswer, isTied, ORACLE, type QueryName, type Row } from "../oracle/mod.ts";
import { type Fingerprint, Fingerprints, fingerprintOf } from "../oracle/fingerprint.ts";
import { QUERIES } from "../queries/mod.ts";
import type { Output } from "../run/job.ts";
import { Table } from "../run/table.ts";
import type { Workload } from "./workload.ts";

/** Compares what a run has committed. @throws {Error} if it is not the oracle's answer. */
export type Check = (outputs: readonly Output[]) => void;

/** Asks the oracle once, for all runs of a query over the same events. */
export function checkOf(query: QueryName, { log, profile }: Workload): Check {
  // By the clock on the wall: the windows are those of the run, and only the sum can be known.
  if (query === "q12") return (outputs) => requireAllBids(outputs, log.bids.length);
  const expected = isTied(query) ? undefined : fingerprintOf(ORACLE[query](log));
  return (outputs) => {
    if (expected !== undefined && same(expected, changesOf(query, outputs))) return;
    const { missing, unexpected } = checkAnswer(query, tableOf(query, outputs), log);
    if (missing.length + unexpected.length === 0) return;
    throw new Error(
      `Cannot count a run of ${query} (${profile}): ${missing.length} rows are missing and ${unexpected.length} ` +
        `are not expected, such as ${missing[0] ?? unexpected[0]}`,
    );
  };
}

function requireAllBids(outputs: readonly Output[], bids: number): void {
  const counted = outputs.reduce((sum, row) => sum + Number(row[1]), 0);
  if (counted !== bids) throw new Error(`Cannot count a run of q12: it has ${counted} of ${bids} bids`);
}

function same(a: Fingerprint, b: Fingerprint): boolean {
  return a.rows === b.rows && a.first === b.first && a.second === b.second;
}

function changesOf(query: QueryName, outputs: readonly Output[]): Fingerprint {
  if (QUERIES[query].kind === "append") return fingerprintOf(outputs as readonly Row[]);
  const sum = new Fingerprints();
  for (const [sign, row] of outputs as readonly (readonly [1 | -1, Row])[]) sum.add(sign, row);
  return sum.fingerprint;
}

/** The rows of a query, or the table that its changes come to. */
export function tableOf(query: QueryName, outputs: readonly Output[]): Iterable<Row> {
  if (QUERIES[query].kind === "append") return outputs as readonly Row[];
  const table = new Table();
  for (const [sign, row] of outputs as readonly (readonly [1 | -1, Row])[]) table.add(sign, row);
  return table.rows();
}
