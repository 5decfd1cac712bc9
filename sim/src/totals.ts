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

/** What runs of a swarm come to, as plain data. */
export interface Sums {
  readonly seeds: number;
  readonly crashes: number;
  readonly checkpoints: number;
  readonly virtualMs: number;
  readonly cpuMs: number;
  readonly traceHash: string;
  readonly probes: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/** Adds up the runs of a swarm. */
export class Totals {
  seeds = 0;
  crashes = 0;
  checkpoints = 0;
  virtualMs = 0;
  /** Time that other processes spent. */
  #cpuMs = 0;
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
    for (const [name, count] of report.points) this.#reached(name, count);
  }

  /** Adds what another process has done. */
  addSums({ seeds, crashes, checkpoints, virtualMs, cpuMs, traceHash, probes, violations }: Sums): void {
    this.seeds += seeds;
    this.crashes += crashes;
    this.checkpoints += checkpoints;
    this.virtualMs += virtualMs;
    this.#cpuMs += cpuMs;
    this.#trace.note(traceHash);
    this.violations.push(...violations);
    for (const [name, count] of Object.entries(probes)) this.#reached(name, count);
  }

  /** @param cpuMs what this process has spent. */
  sums(cpuMs: number): Sums {
    const { seeds, crashes, checkpoints, virtualMs, traceHash, probes, violations } = this;
    const sorted = [...probes].toSorted(([left], [right]) => (left < right ? -1 : 1));
    const counts = { seeds, crashes, checkpoints, virtualMs, cpuMs: this.#cpuMs + cpuMs };
    return { ...counts, traceHash, probes: Object.fromEntries(sorted), violations };
  }

  #reached(name: string, count: number): void {
    this.probes.set(name, (this.probes.get(name) ?? 0) + count);
  }

  violated(seed: number, found: readonly string[], replay: string): void {
    this.violations.push({ seed, found: found.slice(0, FOUND_MAX), replay });
  }
}
