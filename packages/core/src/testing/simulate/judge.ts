import { rowText } from "./row-text.ts";
import { latest, type Rows, type Subject, type TrialReport } from "./run-trial.ts";

/** Rows of a sink that are missing, or that should not be there. */
export interface RowDifference {
  /** The id of the sink. */
  readonly sink: string;
  /** The rows that should have become visible and did not, as text. */
  readonly missing: readonly string[];
  /** The rows that became visible and should not have, as text. */
  readonly unexpected: readonly string[];
}

/**
 * In what way a run is wrong, so that a smaller run can be told to be wrong in the same way.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { calmSettings, runTrial, subjectOf, symptomsOf } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const subject = subjectOf(words, { backend: simMemory(), sources: { text: ["ebb", "flow"] } });
 * const report = await runTrial(subject, { seed: 1, plan: [] }, calmSettings({}), undefined);
 * console.log(symptomsOf(report).size);
 * // prints 0
 * ```
 */
export function symptomsOf(report: TrialReport): ReadonlySet<string> {
  const { lost, doubled, wrong } = report.tally;
  const rows = Object.entries({ lost, doubled, wrong }).flatMap(([name, count]) => (count > 0 ? [name] : []));
  if (rows.length > 0) return new Set(rows);
  // Numbers and names differ from run to run; the words around them do not.
  return new Set(report.violations.map((text) => text.split(/["\d(\n]/, 1)[0]!.trim()));
}

/** Compares what became visible with what had to. */
export function differences(subject: Subject, expected: Rows, actual: Rows): readonly RowDifference[] {
  return subject.sinks.flatMap((sink) => {
    const keyOf = subject.lastBy.get(sink);
    const counted = (rows: readonly unknown[]): readonly unknown[] =>
      keyOf === undefined ? rows : latest(rows, keyOf);
    const wanted = counted(expected.get(sink) ?? []).map(rowText);
    const found = counted(actual.get(sink) ?? []).map(rowText);
    const missing = without(wanted, found);
    const unexpected = without(found, wanted);
    return missing.length + unexpected.length === 0 ? [] : [{ sink, missing, unexpected }];
  });
}

/** The rows that remain when each of `taken` has taken one away. */
function without(rows: readonly string[], taken: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const row of taken) counts.set(row, (counts.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = counts.get(row) ?? 0;
    counts.set(row, count - 1);
    return count <= 0;
  });
}
