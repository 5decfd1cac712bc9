import type { EffectRecord, Fault, FaultForm } from "./effect.ts";
import { type FaultPlan, faultsOfLife, formatPlan } from "./plan.ts";
import { runScenario, type Scenario, type ScenarioReport } from "./scenario.ts";

/** How thorough a sweep is. */
export interface SweepOptions {
  /** Default: 1. */
  readonly seed?: number;
  /** Whether the process dies before, in the middle of, and after effects. Default: `true`. */
  readonly crashes?: boolean;
  /** Whether effects also fail without the process dying. Default: `false`. */
  readonly failures?: boolean;
  /** Whether effects that were in flight also take place, at once or late. Default: `false`. */
  readonly inFlight?: boolean;
  /** Whether reads are struck as well. A crash at a read is a crash at the next write. Default: `false`. */
  readonly reads?: boolean;
  /**
   * Whether the process that starts after a crash is killed too, while it recovers: at every effect, or at one of them
   * that is another one each time. Default: `"never"`.
   */
  readonly again?: "never" | "once" | "everywhere";
  /** Strikes every n-th effect only. Default: 1. */
  readonly stride?: number;
  /** Ends the sweep after so many failing runs. Default: 10. */
  readonly failuresMax?: number;
  /** Takes no notice of other violations. Default: all are noticed. */
  readonly only?: RegExp;
}

/** A run that went wrong. */
export interface SweepFailure {
  /** The faults of the run. */
  readonly plan: FaultPlan;
  /** What was wrong, in order. */
  readonly violations: readonly string[];
  /** What replays it: scenario, seed and plan. */
  readonly replay: string;
  /** The last lines of its trace. */
  readonly tail: readonly string[];
}

/** What a sweep found. */
export interface SweepReport {
  /** The name of the scenario. */
  readonly scenario: string;
  /** The seed of all its runs. */
  readonly seed: number;
  /** Effects of the run without a fault. */
  readonly effects: number;
  /** Checkpoints that the run without a fault completed. */
  readonly checkpoints: number;
  /** How many runs there were, that without a fault included. */
  readonly runs: number;
  /** How many rows were missing, over all runs. */
  readonly lost: number;
  /** How many rows came more often than expected, over all runs. */
  readonly doubled: number;
  /** How many rows came that nobody expected, over all runs. */
  readonly wrong: number;
  /** Empty if the engine kept its promise in every run. */
  readonly failures: readonly SweepFailure[];
}

/**
 * Runs a scenario without a fault, and then once for each effect and each way to strike there: the process dies before
 * it, in the middle of it, or after it without having been told. Since code under simulation touches the outside only
 * through effects, these are all the single crashes that this schedule has. What a crash after one effect leaves, a crash
 * before the next one leaves too: of these two, only the second is tried.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, jobScenario, sweepCrashPoints } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob({ splits: 2, records: 3 }), simMemory(), { checkpoint: { interval: "20ms" } });
 * const report = await sweepCrashPoints(scenario, { stride: 10 });
 * console.log(report.failures, report.lost, report.doubled);
 * // prints [] 0 0
 * ```
 */
export async function sweepCrashPoints(scenario: Scenario, options: SweepOptions = {}): Promise<SweepReport> {
  const seed = options.seed ?? 1;
  const failuresMax = options.failuresMax ?? 10;
  const reference = await runScenario(scenario, seed);
  const tally = { lost: 0, doubled: 0, wrong: 0 };
  const failures: SweepFailure[] = [];
  let runs = 0;
  const judge = (report: ScenarioReport): void => {
    runs++;
    tally.lost += report.tally.lost;
    tally.doubled += report.tally.doubled;
    tally.wrong += report.tally.wrong;
    const violations = report.violations.filter((text) => options.only?.test(text) !== false);
    if (violations.length > 0) failures.push(failureOf({ ...report, violations }));
  };
  judge(reference);
  const again = await runScenario(scenario, seed);
  judge(again.traceHash === reference.traceHash ? again : notTheSame(again, "a second run of the same seed differs"));
  for (const fault of faultsOf(reference.effects, scenario.disk, options)) {
    if (failures.length >= failuresMax) break;
    const report = await runScenario(scenario, seed, [fault]);
    judge(samePrefix(reference, report, fault) ? report : notTheSame(report, "the run differs before its fault"));
    for (const second of secondFaults(report, options.again ?? "never", runs)) {
      judge(await runScenario(scenario, seed, [fault, second]));
    }
  }
  return {
    scenario: scenario.name,
    seed,
    effects: reference.effects.length,
    checkpoints: reference.points.get("head.written") ?? 0,
    runs,
    ...tally,
    failures,
  };
}

/**
 * All single faults of a schedule, in the order of its effects.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, faultsOf, jobScenario, runScenario } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob(), simMemory(), { checkpoint: { interval: "20ms" } });
 * const { effects } = await runScenario(scenario, 1);
 * const [first] = faultsOf(effects, scenario.disk);
 * console.log(first?.form);
 * // prints before
 * ```
 */
export function* faultsOf(
  effects: readonly EffectRecord[],
  disk: boolean,
  options: SweepOptions = {},
): Generator<Fault, void> {
  const stride = options.stride ?? 1;
  const power = disk ? [false, true] : [false];
  for (let index = 0; index < effects.length; index += stride) {
    const effect = effects[index]!;
    if (effect.read && options.reads !== true) continue;
    if (options.crashes !== false) {
      const isNextStruck = nothingUntilNext(effects, index, options);
      for (const form of crashForms(effect)) {
        const isRepeated = form === "after" && isNextStruck;
        for (const cut of isRepeated ? [] : power) yield { at: effect.ordinal, form, power: cut };
        if (options.inFlight === true) {
          yield { at: effect.ordinal, form, inFlight: "applied" };
          yield { at: effect.ordinal, form, inFlight: "late" };
        }
      }
    }
    if (options.failures === true && effect.fails) {
      yield { at: effect.ordinal, form: "refused" };
      if (!effect.read) yield { at: effect.ordinal, form: "unanswered" };
    }
  }
}

/** Whether a crash before the next effect that is struck finds everything outside as a crash after this one does. */
function nothingUntilNext(effects: readonly EffectRecord[], index: number, options: SweepOptions): boolean {
  const { stride = 1, reads = false } = options;
  for (let next = index + 1; next < effects.length; next++) {
    const isRead = effects[next]!.read;
    if (next % stride === 0 && (reads || !isRead)) return true;
    if (!isRead) return false;
  }
  return false;
}

/** Effects of a restart that count as its recovery: those of the first checkpoints are in it. */
const RECOVERY_EFFECTS = 30;

/** Crashes of the process that was started after a crash. */
function secondFaults(report: ScenarioReport, again: "never" | "once" | "everywhere", turn: number): readonly Fault[] {
  if (again === "never" || report.lives < 2) return [];
  const recovery = report.effects.filter((effect) => effect.incarnation === 1).slice(0, RECOVERY_EFFECTS);
  const power = faultsOfLife(report.plan, 0)[0]?.power === true;
  const all = [...faultsOf(recovery, false)].map((fault): Fault => ({ ...fault, power }));
  if (again === "everywhere") return all;
  const one = all[turn % all.length];
  return one === undefined ? [] : [one];
}

function crashForms(effect: EffectRecord): readonly FaultForm[] {
  if (effect.read) return ["before"];
  const torn = Array.from({ length: effect.torn }, (_, index): FaultForm => `torn${index}`);
  return ["before", ...torn, "after"];
}

/** Up to the effect that is struck, a run must be the run without a fault. */
function samePrefix(reference: ScenarioReport, report: ScenarioReport, fault: Fault): boolean {
  for (let index = 0; index <= fault.at; index++) {
    if (report.effects[index]?.name !== reference.effects[index]?.name) return false;
  }
  return true;
}

function notTheSame(report: ScenarioReport, why: string): ScenarioReport {
  return { ...report, violations: [...report.violations, `not deterministic: ${why}`] };
}

function failureOf(report: ScenarioReport): SweepFailure {
  const replay = `${report.scenario} ${report.seed} ${formatPlan(report.plan)}`;
  return { plan: report.plan, violations: report.violations, replay, tail: report.tail };
}

/**
 * Says what a sweep found: one line if all is well, otherwise also how to replay what is not.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { countingJob, describeSweep, jobScenario, sweepCrashPoints } from "@tidemark/core/testing";
 *
 *
 * const scenario = jobScenario(countingJob({ splits: 2, records: 3 }), simMemory(), { checkpoint: { interval: "20ms" } });
 * const report = await sweepCrashPoints(scenario, { stride: 10 });
 * console.log(describeSweep(report).split("\n").length);
 * // prints 1
 * ```
 */
export function describeSweep(report: SweepReport): string {
  const { scenario, seed, effects, checkpoints, runs, lost, doubled, wrong, failures } = report;
  const head = `${scenario}, seed ${seed}: ${effects} effects, ${checkpoints} checkpoints, ${runs} runs`;
  const lines = [`${head}, ${lost} lost, ${doubled} doubled, ${wrong} wrong, ${failures.length} failing runs`];
  for (const failure of failures) {
    lines.push(`  replay: SIM="${failure.replay}"`);
    for (const violation of failure.violations.slice(0, 5)) lines.push(`    ${violation}`);
  }
  return lines.join("\n");
}
