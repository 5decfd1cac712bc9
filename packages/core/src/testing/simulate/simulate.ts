import type { Pipeline } from "../../api/pipeline.ts";
import { checkWhole } from "../../invalid-option.ts";
import type { SimBackend } from "../sim/job-scenario.ts";
import { faultsOfLife } from "../sim/plan.ts";
import { simRandom } from "../sim/random.ts";
import { faultsOf } from "../sim/sweep.ts";
import { drawFaults } from "./faults.ts";
import { differences, symptomsOf } from "./judge.ts";
import type { MoveSettings } from "./move.ts";
import type { SimSweep, SimulateOptions, SimulationReport } from "./options.ts";
import { REFUSED, type Rows, runTrial, type Subject, type TrialReport } from "./run-trial.ts";
import type { Selection } from "./selection.ts";
import { calmSettings, drawSettings } from "./settings.ts";
import { shrinkTrial } from "./shrink.ts";
import { failureMessage, SimulationError, type SimulationFinding } from "./simulation-error.ts";
import { checkExact, subjectOf } from "./subject.ts";
import { formatTrial, parseTrial, type Trial } from "./trial.ts";

const SEEDS = 50;
const SHRINK_RUNS = 400;

/**
 * Runs a pipeline many times in one thread, on a virtual clock, under schedules and faults that follow from a seed: it is
 * killed before, in the middle of and after what it does to the outside, is started again on other numbers of subtasks, its
 * stores fail and answer late. Whatever happens, what it commits has to be what a run without a fault commits: no row lost,
 * doubled or wrong, at any moment. The pipeline is used as it is; its sources and sinks are replaced, by their ids.
 *
 * @param pipeline the pipeline, or a function that writes it: a program that is started again writes its pipeline anew, and
 * what its functions kept in variables is gone. With a function that is so here too.
 * @returns what was done, if nothing is wrong.
 * @throws {SimulationError} SIMULATION_FAILED if something is, told as a story with a line that repeats it.
 * @throws {ConfigurationError} OPTION_INVALID if an option cannot work.
 *
 * @example
 * ```ts
 * import { pipeline } from "@tidemark/core";
 * import { simulate } from "@tidemark/core/testing";
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([]))
 *   .map((word) => ({ word, count: 1 }))
 *   .keyBy((entry) => entry.word)
 *   .reduce("count", (sum, entry) => ({ word: entry.word, count: sum.count + entry.count }))
 *   .sink("counts", toArray<{ word: string; count: number }>().sink);
 *
 * await simulate(words, { backend: simMemory(), sources: { text: ["to", "be", "or", "not", "to", "be"] }, seeds: 5 });
 * ```
 */
export async function simulate<Outside = undefined>(
  pipeline: Pipeline | ((outside: Outside) => Pipeline),
  options: SimulateOptions<Outside>,
): Promise<SimulationReport> {
  return await new Simulation(pipeline, options).run();
}

class Simulation<Outside> {
  readonly #options: SimulateOptions<Outside>;
  readonly #subject: Subject;
  /** Of the selection of records that was asked for last, and of all records. */
  readonly #references: Map<string, TrialReport> = new Map();

  constructor(pipeline: Pipeline | ((outside: Outside) => Pipeline), options: SimulateOptions<Outside>) {
    this.#options = options;
    this.#subject = subjectOf(pipeline, options);
    checkExact(this.#subject);
  }

  async run(): Promise<SimulationReport> {
    const { seed = 1, sweep, seeds = sweep === undefined ? SEEDS : 1, replay } = this.#options;
    checkWhole("seed", seed, 0);
    checkWhole("seeds", seeds, 1);
    const reference = await this.#reference(undefined);
    if (replay !== undefined) {
      const report = await this.#attempt(parseTrial(replay));
      if (report.violations.length > 0) throw await this.#failed(report);
      return summary([report], reference);
    }
    const reports: TrialReport[] = [];
    for (let next = seed; next < seed + seeds; next++) {
      const drawn = sweep === undefined ? [this.#draw(next, reference)] : this.#sweep(next, sweep);
      for await (const trial of drawn) {
        const report = await this.#attempt(trial);
        if (report.violations.length > 0) throw await this.#failed(await this.#shrink(report));
        reports.push(brief(report));
      }
    }
    return summary(reports, reference);
  }

  /** A run without a fault, and then each with one of all those that can strike it. */
  async *#sweep(seed: number, { every = 1 }: SimSweep): AsyncGenerator<Trial, void> {
    const { faults = {} } = this.#options;
    yield { seed, plan: [] };
    const { effects } = await this.#attempt({ seed, plan: [] });
    const disk = this.#ground(seed).disk && faults.power !== false;
    const failures = faults.failures !== undefined && faults.failures > 0;
    for (const fault of faultsOf(effects, disk, { stride: every, failures })) yield { seed, plan: [fault] };
  }

  #draw(seed: number, reference: TrialReport): Trial {
    const ground = { effects: reference.effects.length, backend: this.#ground(seed) };
    return { seed, plan: drawFaults(simRandom(seed).fork(), ground, this.#options.faults) };
  }

  /** What faults can strike in the runs of a seed. Nobody moves a job while another process of it is only held up. */
  #ground(seed: number): Pick<SimBackend, "disk" | "shared"> {
    const { backend } = this.#subject;
    const move = this.#move(seed);
    return move === undefined ? backend : { disk: backend.disk || move.backend.disk, shared: false };
  }

  #move(seed: number): MoveSettings | undefined {
    const { savepoints } = this.#options;
    if (savepoints === undefined) return undefined;
    const random = simRandom(seed ^ 0x5afe901);
    const drawn = (["claim", "fork", "stay"] as const)[random.below(3)]!;
    const afterRecords = random.below(this.#subject.input.size);
    if (!random.chance(savepoints.share ?? 0.5)) return undefined;
    return { how: savepoints.how ?? drawn, afterRecords, backend: savepoints.backend ?? this.#subject.backend };
  }

  async #attempt(trial: Trial): Promise<TrialReport> {
    const { seed } = trial;
    const settings = { ...drawSettings(seed, this.#options.run ?? {}), move: this.#move(seed) };
    return await runTrial(this.#subject, trial, settings, await this.#expected(trial.records));
  }

  async #expected(records: Selection | undefined): Promise<Rows> {
    const sinks = new Map(Object.entries(this.#options.sinks ?? {}));
    const { rows } = await this.#reference(records);
    const input = this.#subject.input.records(records) as Readonly<Record<string, readonly never[]>>;
    return new Map([...rows].map(([id, found]) => [id, sinks.get(id)?.expected?.(input) ?? found]));
  }

  /** A run in which nothing happens but the pipeline. */
  async #reference(records: Selection | undefined): Promise<TrialReport> {
    const name = records?.toString() ?? "all";
    const known = this.#references.get(name);
    if (known !== undefined) return known;
    const settings = calmSettings({ ...this.#options.run, restart: "none" });
    const report = await runTrial(this.#subject, { seed: 0, plan: [], records }, settings, undefined);
    if (report.violations.length > 0) throw this.#error("broken", report, new Map());
    for (const other of this.#references.keys()) if (other !== "all") this.#references.delete(other);
    this.#references.set(name, report);
    return report;
  }

  async #shrink(failing: TrialReport): Promise<TrialReport> {
    const symptoms = symptomsOf(failing);
    return await shrinkTrial(failing, {
      records: this.#subject.input.size,
      mayLeaveOut: true,
      runsMax: this.#options.shrinkRuns ?? SHRINK_RUNS,
      attempt: async (trial) => {
        const report = await this.#attempt(trial).catch(leaveOut);
        return report !== undefined && [...symptomsOf(report)].some((symptom) => symptoms.has(symptom))
          ? report
          : undefined;
      },
    });
  }

  async #failed(report: TrialReport): Promise<SimulationError> {
    const { trial } = report;
    const { input } = this.#subject;
    const isFaultless = trial.plan.length === 0 && !input.hasStops && this.#move(trial.seed) === undefined;
    const { lost, doubled, wrong } = report.tally;
    const ofRows = input.isDisordered ? "sources" : "timing";
    return this.#error(
      isFaultless && lost + doubled + wrong > 0 ? ofRows : "faults",
      report,
      await this.#expected(trial.records),
    );
  }

  #error(finding: SimulationFinding, report: TrialReport, expected: Rows): SimulationError {
    const { trial, violations, story, rows } = report;
    const records = trial.records?.size ?? this.#subject.input.size;
    const faults = trial.plan.reduce((sum, _, life) => sum + faultsOfLife(trial.plan, life).length, 0);
    const failure = {
      finding,
      replay: formatTrial(trial),
      seed: trial.seed,
      faults,
      records,
      violations,
      differences: finding === "broken" ? [] : differences(this.#subject, expected, rows),
      story,
    };
    const setting = `seed ${trial.seed}, on ${this.#subject.backend.name}, ${records} records, ${faults} faults`;
    return new SimulationError(failureMessage(this.#subject.name, setting, failure), failure);
  }
}

/** A smaller input that does not even run is no smaller failure. */
function leaveOut(error: unknown): undefined {
  if (error instanceof SimulationError) return undefined;
  throw error;
}

/** Without what takes up room. */
function brief(report: TrialReport): TrialReport {
  return { ...report, effects: [], story: [], tail: [], rows: new Map() };
}

function summary(reports: readonly TrialReport[], reference: TrialReport): SimulationReport {
  const total = (count: (report: TrialReport) => number): number => reports.reduce((sum, one) => sum + count(one), 0);
  return {
    runs: reports.length,
    crashes: total(({ crashes }) => crashes),
    checkpoints: total(({ points }) => points.get("head.written") ?? 0),
    savepoints: total(({ points }) => points.get("savepoint written") ?? 0),
    refusals: total(({ points }) => ([...points.keys()].some((name) => name.startsWith(REFUSED)) ? 1 : 0)),
    simulatedSeconds: total(({ virtualMs }) => virtualMs) / 1000,
    rows: Object.fromEntries([...reference.rows].map(([id, rows]) => [id, rows.length])),
  };
}
