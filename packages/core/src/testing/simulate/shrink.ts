import type { Fault } from "../sim/effect.ts";
import { type FaultPlan, faultsOfLife } from "../sim/plan.ts";
import type { TrialReport } from "./run-trial.ts";
import { Selection } from "./selection.ts";
import type { Trial } from "./trial.ts";

/** Runs a trial, and gives its report if it is wrong in the way that is looked for. */
export type Attempt = (trial: Trial) => Promise<TrialReport | undefined>;

/** What a failure is made smaller with. */
export interface ShrinkOptions {
  /** Runs a smaller trial. */
  readonly attempt: Attempt;
  /** How many records there are. */
  readonly records: number;
  /** Whether records may be left out. */
  readonly mayLeaveOut: boolean;
  /** Runs after which what was found by then is taken. */
  readonly runsMax: number;
}

/**
 * Makes a failing trial smaller, step by step, as long as it fails in the same way: fewer faults, gentler ones, one subtask,
 * fewer records, and again. Records go in halves, then quarters, down to single ones (ddmin of Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002).
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { calmSettings, runTrial, shrinkTrial, subjectOf, type Trial } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const subject = subjectOf(words, { backend: simMemory(), sources: { text: ["ebb", "flow"] } });
 *
 * const run = (trial: Trial) => runTrial(subject, trial, calmSettings({}), new Map([["out", ["ebb"]]]));
 * const failing = await run({ seed: 1, plan: [{ at: 9, form: "before" }] });
 * const smaller = await shrinkTrial(failing, { attempt: run, records: 2, mayLeaveOut: false, runsMax: 20 });
 * console.log(smaller.trial.plan);
 * // prints []
 * ```
 */
export async function shrinkTrial(failing: TrialReport, options: ShrinkOptions): Promise<TrialReport> {
  const shrinker = new Shrinker(failing, options);
  await shrinker.run();
  return shrinker.best;
}

class Shrinker {
  readonly #options: ShrinkOptions;
  #best: TrialReport;
  #runs = 0;

  constructor(failing: TrialReport, options: ShrinkOptions) {
    this.#best = failing;
    this.#options = options;
  }

  get best(): TrialReport {
    return this.#best;
  }

  async run(): Promise<void> {
    for (let round = 0; round < 3 && this.#hasRuns; round++) {
      const before = this.#best;
      await this.#oneFault();
      await this.#fewerFaults();
      await this.#gentlerFaults();
      await this.#oneSubtask();
      await this.#fewerRecords();
      if (this.#best === before) return;
    }
  }

  get #hasRuns(): boolean {
    return this.#runs < this.#options.runsMax;
  }

  async #try(change: Partial<Trial>): Promise<boolean> {
    if (!this.#hasRuns) return false;
    this.#runs++;
    const report = await this.#options.attempt({ ...this.#best.trial, ...change });
    if (report === undefined) return false;
    this.#best = report;
    return true;
  }

  /** None, or one alone, wherever it has to be then. */
  async #oneFault(): Promise<void> {
    const { plan } = this.#best.trial;
    if (plan.length === 0 || (await this.#try({ plan: [] })) || plan.length === 1) return;
    const last = plan.flatMap((_, life) => faultsOfLife(plan, life)).at(-1);
    if (last === undefined) return;
    for (const at of placesBelow(this.#best.effects.length)) if (await this.#try({ plan: [{ ...last, at }] })) return;
  }

  async #fewerFaults(): Promise<void> {
    for (let life = 0; life < this.#best.trial.plan.length;) {
      const { plan } = this.#best.trial;
      if (await this.#try({ plan: plan.toSpliced(life, 1) })) continue;
      for (let index = 0; index < faultsOfLife(this.#best.trial.plan, life).length;) {
        const faults = faultsOfLife(this.#best.trial.plan, life);
        const fewer = this.#best.trial.plan.with(life, faults.toSpliced(index, 1));
        if (faults.length < 2 || !(await this.#try({ plan: fewer }))) index++;
      }
      life++;
    }
  }

  async #gentlerFaults(): Promise<void> {
    await this.#eachFault(({ at, form, power, inFlight }) => [
      ...(power === true ? [{ at, form, power: false, inFlight: inFlight ?? "lost" }] : []),
      ...(inFlight !== "lost" ? [{ at, form, power: power ?? false, inFlight: "lost" as const }] : []),
    ]);
  }

  async #eachFault(gentler: (fault: Fault) => readonly Fault[]): Promise<void> {
    for (let life = 0; life < this.#best.trial.plan.length; life++) {
      for (let index = 0; index < faultsOfLife(this.#best.trial.plan, life).length; index++) {
        const faults = faultsOfLife(this.#best.trial.plan, life);
        for (const fault of gentler(faults[index]!)) {
          if (await this.#try({ plan: this.#best.trial.plan.with(life, faults.with(index, fault)) })) break;
        }
      }
    }
  }

  async #oneSubtask(): Promise<void> {
    if (this.#best.trial.parallelism !== 1) await this.#tryAnyCrash({ parallelism: 1 });
  }

  async #fewerRecords(): Promise<void> {
    if (!this.#options.mayLeaveOut) return;
    let left = this.#best.trial.records ?? Selection.all(this.#options.records);
    for (let size = Math.ceil(left.size / 2); size >= 1 && this.#hasRuns; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      // From the end: what comes after the crash is gone soonest, and without it the crash stays where it is.
      for (let end = left.size; end > 0 && this.#hasRuns; end -= size) {
        const fewer = new Selection(left.numbers.toSpliced(Math.max(0, end - size), Math.min(size, end)));
        if (await this.#tryAnyCrash({ records: fewer })) left = fewer;
      }
    }
  }

  /**
   * Another input has other effects, so the crash may have to be elsewhere. With a single fault places before its own are
   * tried, those next to it first.
   */
  async #tryAnyCrash(change: Partial<Trial>): Promise<boolean> {
    if (await this.#try(change)) return true;
    const { plan } = this.#best.trial;
    const [fault, ...others] = plan.length === 1 ? faultsOfLife(plan, 0) : [];
    if (fault === undefined || others.length > 0) return false;
    for (const at of placesNear(fault.at)) {
      if (await this.#try({ ...change, plan: [{ ...fault, at }] satisfies FaultPlan })) return true;
    }
    return false;
  }
}

const PLACES_MAX = 24;

/** Places before one, those next to it first, and from far away only some. */
function placesNear(at: number): readonly number[] {
  const near = Math.min(at, PLACES_MAX / 2);
  const far = placesBelow(at - near).toReversed();
  return [...Array.from({ length: near }, (_, index) => at - 1 - index), ...far];
}

/** Some places from 0 up to a bound, evenly. */
function placesBelow(bound: number): readonly number[] {
  const step = Math.max(1, Math.ceil((2 * bound) / PLACES_MAX));
  return Array.from({ length: Math.ceil(Math.max(0, bound) / step) }, (_, index) => index * step);
}
