import type { Guarantee } from "../../api/guarantee.ts";
import type { Pipeline } from "../../api/pipeline.ts";
import { type JobHandle, run } from "../../api/run.ts";
import { isTidemarkError } from "../../errors.ts";
import type { TraceEvent } from "../../runtime/trace.ts";
import type { SimBackend } from "../sim/job-scenario.ts";
import { outputCheck, type OutputTally } from "../sim/output-check.ts";
import type { SimProcess } from "../sim/process.ts";
import { protocolCheck } from "../sim/protocol-check.ts";
import { type PreparedScenario, runScenario, type ScenarioReport } from "../sim/scenario.ts";
import { simSink, type SimSink } from "../sim/sink.ts";
import { simTopic, type SimTopic } from "../sim/source.ts";
import { TopicMarks } from "../sim/topic-marks.ts";
import type { SimWorld } from "../sim/world.ts";
import type { ScriptedInput } from "./input.ts";
import { type EndIds, rewire } from "./rewire.ts";
import { rowText } from "./row-text.ts";
import { TraceProbes } from "./trace-probes.ts";
import type { Settings } from "./settings.ts";
import type { Trial } from "./trial.ts";

/** What all runs of a simulation have in common. */
export interface Subject extends EndIds {
  readonly name: string;
  /** What the pipeline promises: with at-least-once rows may become visible more than once. */
  readonly guarantee: Guarantee;
  readonly backend: SimBackend;
  readonly input: ScriptedInput;
  /** Of which sinks only the last row of each key counts. */
  readonly lastBy: Readonly<Record<string, (row: unknown) => unknown>>;
  /** Writes the pipeline as a program does when it starts; called once for each run of it. */
  begin(): (process: SimProcess) => Pipeline;
}

/** The rows of each sink. */
export type Rows = ReadonlyMap<string, readonly unknown[]>;

/** How one run went. */
export interface TrialReport extends ScenarioReport {
  readonly trial: Trial;
  readonly rows: Rows;
}

/**
 * Runs a pipeline once, in a world of its own.
 *
 * @param expected what has to become visible; `undefined`: anything may.
 */
export async function runTrial(
  subject: Subject,
  trial: Trial,
  settings: Settings,
  expected: Rows | undefined,
): Promise<TrialReport> {
  const sinks = new Map<string, SimSink<unknown>>();
  const scenario = {
    name: subject.name,
    disk: subject.backend.disk,
    prepare: (world: SimWorld) => new TrialRun(subject, trial, settings, world, expected).prepare(sinks),
  };
  const report = await runScenario(scenario, trial.seed, trial.plan, settings.world);
  return { ...report, trial, rows: new Map([...sinks].map(([id, sink]) => [id, sink.rows])) };
}

class TrialRun {
  readonly #subject: Subject;
  readonly #trial: Trial;
  readonly #settings: Settings;
  readonly #world: SimWorld;
  readonly #expected: Rows | undefined;
  readonly #probes = new TraceProbes();
  /** Whether the job has said that it cannot commit what a sink has let go. */
  #isRefused = false;
  #handle: JobHandle | undefined;

  constructor(subject: Subject, trial: Trial, settings: Settings, world: SimWorld, expected: Rows | undefined) {
    this.#subject = subject;
    this.#trial = trial;
    this.#settings = settings;
    this.#world = world;
    this.#expected = expected;
  }

  get #isExact(): boolean {
    return this.#subject.guarantee === "exactly-once";
  }

  prepare(sinks: Map<string, SimSink<unknown>>): PreparedScenario {
    const { backend, sources } = this.#subject;
    const topics = new Map(sources.map((id) => [id, this.#topic(id)]));
    const checks = this.#subject.sinks.map((id) => this.#check(id, sinks));
    const backendOf = backend.prepare(this.#world);
    const protocol = protocolCheck(this.#world, { blocks: this.#isExact });
    const build = this.#subject.begin();
    const pipelineOf = (process: SimProcess): Pipeline =>
      rewire(build(process), {
        source: (id) => topics.get(id)!.source(process),
        sink: (id) => sinks.get(id)!.sink(process),
      });
    return {
      launch: async (process) => {
        const opened = backendOf(process);
        const listener = protocol.listener(process);
        let outcome: string | undefined;
        while (outcome !== "finished") {
          this.#handle = run(pipelineOf(process), {
            ...this.#runOptions(process),
            backend: opened,
            env: process.env,
            pick: (count) => process.pick(count),
            trace: (event) => {
              listener(event);
              this.#tell(process, event);
            },
          });
          ({ outcome } = await this.#handle.finished.catch((error: unknown) => this.#refusal(error, sinks)));
        }
      },
      output: {
        end: () => (this.#isRefused ? undefined : checks.forEach((check) => check.end())),
        get tally(): OutputTally {
          return sum(checks.map(({ tally }) => tally));
        },
      },
      end: () =>
        (this.#isRefused ? [] : [...sinks]).flatMap(([id, sink]) => [
          ...sink.open.map((name) => `sink "${id}": "${name}" was staged and is neither committed nor cleared`),
          ...(sink.finished ? [] : [`sink "${id}": was not told that the job is over`]),
        ]),
    };
  }

  /** A sink that let go what it held cannot be helped: the job has to end, and to say so. */
  #refusal(error: unknown, sinks: ReadonlyMap<string, SimSink<unknown>>): { readonly outcome: string } {
    const isExpired = [...sinks.values()].some((sink) => sink.hasExpired);
    if (!isExpired || !isTidemarkError(error) || error.code !== "COMMIT_FAILED") throw error;
    this.#isRefused = true;
    this.#world.reach("job refused to go on without what had expired");
    return { outcome: "finished" };
  }

  #topic(id: string): SimTopic<unknown> {
    const isMarked = this.#expected !== undefined;
    const { splits, marks } = this.#subject.input.of(id, this.#trial.records, isMarked);
    const stops = new TopicMarks(marks, () => this.#handle?.stop());
    const { topic } = this.#settings;
    // A split that is handed out while others are read may come late as a whole, so windows would depend on when it is.
    const lazy = topic.lazy === true && !this.#subject.timed.has(id);
    return simTopic(this.#world, splits, { ...topic, name: id, lazy }, stops);
  }

  #check(id: string, sinks: Map<string, SimSink<unknown>>): { end(): void; readonly tally: OutputTally } {
    const lastBy = this.#subject.lastBy[id];
    const rows = this.#expected?.get(id);
    const name = `sink "${id}"`;
    const tell = (committed: readonly unknown[]): void =>
      this.#world.tell(`${committed.length} rows appear in ${name}`);
    if (rows === undefined || lastBy !== undefined) {
      const sink = simSink<unknown>(this.#world, tell, { ...this.#settings.sink, name: id });
      sinks.set(id, sink);
      if (rows === undefined || lastBy === undefined) return { end: () => undefined, tally: NOTHING };
      // What came before the last row of a key may have been anything, so only the end is judged.
      const check = outputCheck<unknown>(this.#world, name, { rows: latest(rows, lastBy), describe: rowText });
      return {
        tally: check.tally,
        end: () => {
          check.watch(latest(sink.rows, lastBy));
          check.end();
        },
      };
    }
    const check = outputCheck<unknown>(this.#world, name, { rows, describe: rowText, mayRepeat: !this.#isExact });
    const watch = (committed: readonly unknown[]): void => {
      tell(committed);
      const before = this.#world.violations.length;
      check.watch(committed);
      for (const wrong of this.#world.violations.slice(before)) this.#world.tell(`  ${wrong}`);
    };
    sinks.set(id, simSink<unknown>(this.#world, watch, { ...this.#settings.sink, name: id }));
    return check;
  }

  #runOptions(process: SimProcess): Omit<Settings["run"], "parallelism" | "evictions"> & { parallelism: number } {
    const { evictions = 0, parallelism, ...rest } = this.#settings.run;
    const evict = (): boolean => {
      const goes = this.#world.random.chance(evictions);
      if (goes) this.#world.reach("entry evicted");
      return goes;
    };
    return {
      ...rest,
      parallelism: this.#trial.parallelism ?? parallelism[process.incarnation] ?? parallelism.at(-1)!,
      ...(evictions === 0 ? {} : { state: { evict } }),
    };
  }

  #tell({ incarnation }: SimProcess, event: TraceEvent): void {
    const probe = this.#probes.of(event);
    if (probe !== undefined) this.#world.reach(probe);
    const line = storyLine(event);
    if (line !== undefined) this.#world.tell(`process ${incarnation}: ${line}`);
  }
}

/** What of the protocol a story tells. */
function storyLine(event: TraceEvent): string | undefined {
  switch (event.kind) {
    case "attempt-started":
      return event.restoredFrom === undefined
        ? "starts from nothing"
        : `starts from checkpoint ${event.restoredFrom}, as generation ${event.generation}`;
    case "attempt-failed":
      return `fails: ${event.code}: ${event.message}`;
    case "checkpoint-triggered":
      return `checkpoint ${event.checkpointId} begins, barriers go out`;
    case "head-written":
      return `checkpoint ${event.checkpointId} is complete: the head lists it`;
    case "checkpoint-aborted":
      return `checkpoint ${event.checkpointId} is given up: ${event.reason}`;
    default:
      return undefined;
  }
}

const NOTHING: OutputTally = { lost: 0, doubled: 0, wrong: 0 };

function sum(tallies: readonly OutputTally[]): OutputTally {
  return tallies.reduce(
    (all, one) => ({ lost: all.lost + one.lost, doubled: all.doubled + one.doubled, wrong: all.wrong + one.wrong }),
    NOTHING,
  );
}

/** The last row of each key. */
export function latest(rows: readonly unknown[], keyOf: (row: unknown) => unknown): readonly unknown[] {
  return [...new Map(rows.map((row) => [rowText(keyOf(row)), row])).values()];
}
