/** What a soak prints: a line for each life, a histogram, and all figures as one JSON object. */
import type { SoakProgress, SoakResult } from "./soak.ts";

const BAR_CHARACTERS = 40;

/** What is known of a run besides its result. */
export interface RunFacts {
  readonly backend: string;
  readonly seed: number;
  readonly seconds: number;
  /** How often each fault of the proxy struck. */
  readonly faults: Readonly<Record<string, number>> | undefined;
}

/** The line of one life. */
export function progressLine({ kills, life, aim }: SoakProgress, all: number, seconds: number): string {
  const end = life.end === "missed" ? "missed" : life.detail;
  const what = aim === undefined ? "ran to the end" : `${aim.phase}, ${end}`;
  return `${String(kills).padStart(4)} of ${all}, ${seconds.toFixed(1)} s: ${what}; ${life.checkpoints} checkpoints`;
}

/** Phases and hits, and the verdict. */
export function reportLines(result: SoakResult, complaints: readonly string[]): readonly string[] {
  const { hits, missed, verdict, audit } = result;
  const most = Math.max(...Object.values(hits), 1);
  const line = (name: string, times: number, bar: string): string =>
    `${name.padEnd(28)} ${String(times).padStart(4)} ${bar}`.trimEnd();
  return [
    "",
    ...Object.entries(hits).map(([phase, times]) =>
      line(phase, times, "#".repeat(Math.ceil((times / most) * BAR_CHARACTERS))),
    ),
    line("missed", missed, ""),
    "",
    `lost ${verdict.lost}, doubled ${verdict.doubled}, wrong ${verdict.wrong} of ${verdict.rows} rows`,
    `${orphansOf(result)} orphans among ${audit.stored} that are stored`,
    ...complaints.map((what) => `FAILED: ${what}`),
  ];
}

/** The figures. */
export function reportObject(result: SoakResult, complaints: readonly string[], facts: RunFacts): object {
  const { verdict, audit, ...others } = result;
  const { rows, lost, doubled, wrong } = verdict;
  return {
    passed: complaints.length === 0,
    ...facts,
    ...others,
    rows,
    lost,
    doubled,
    wrong,
    stored: audit.stored,
    needed: audit.referenced,
    orphans: orphansOf(result),
    complaints,
  };
}

function orphansOf({ audit }: SoakResult): number {
  return audit.orphaned.length + audit.pending.length;
}
