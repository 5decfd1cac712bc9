import { simTrace, type TrialReport } from "@tidemark/core/testing";

/** A run that went wrong. */
export interface Violation {
  readonly seed: number;
  /** What was found, at most a few lines of it. */
  readonly found: readonly string[];
  /** What `--replay` takes. */
  readonly replay: string;
}

const FOUND_MAX = 5;

/** Adds up the runs of a swarm. */
export class Totals {
  seeds = 0;
  crashes = 0;
  checkpoints = 0;
  virtualMs = 0;
  readonly probes: Map<string, number> = new Map();
  readonly violations: Violation[] = [];
  readonly #trace = simTrace();

  /** A hash of the traces of all runs. The same seeds have the same on every runtime. */
  get traceHash(): string {
    return this.#trace.hash();
  }

  add(report: TrialReport): void {
    this.seeds++;
    this.crashes += report.crashes;
    this.checkpoints += report.points.get("head.written") ?? 0;
    this.virtualMs += report.virtualMs;
    this.#trace.note(report.traceHash);
    for (const [name, count] of report.points) this.probes.set(name, (this.probes.get(name) ?? 0) + count);
  }

  violated(seed: number, found: readonly string[], replay: string): void {
    this.violations.push({ seed, found: found.slice(0, FOUND_MAX), replay });
  }
}
