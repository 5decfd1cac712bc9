import type { Guarantee } from "../../api/guarantee.ts";
import type { Pipeline } from "../../api/pipeline.ts";
import { type JobHandle, run } from "../../api/run.ts";
import { type ErrorCode, isTidemarkError } from "../../errors.ts";
import type { TraceEvent } from "../../runtime/trace.ts";
import type { SimBackend, SimStorage } from "../sim/job-scenario.ts";
import { type OutputCheck, outputCheck, type OutputTally } from "../sim/output-check.ts";
import type { SimProcess } from "../sim/process.ts";
import { faultsOfLife } from "../sim/plan.ts";
import type { CommitWatcher } from "../sim/ledger.ts";
import { type ProtocolCheck, protocolCheck } from "../sim/protocol-check.ts";
import { type PreparedScenario, runScenario, type ScenarioReport } from "../sim/scenario.ts";
import { simSink, type SimSink, type SimSinkOptions } from "../sim/sink.ts";
import { simTopic, type SimTopic } from "../sim/source.ts";
import { TopicMarks } from "../sim/topic-marks.ts";
import type { SimWorld } from "../sim/world.ts";
import type { JobInspection } from "./inspection.ts";
import type { ScriptedInput } from "./input.ts";
import { type Leg, Move, type StartLeg } from "./move.ts";
import { type EndIds, rewire } from "./rewire.ts";
import { rowText } from "./row-text.ts";
import { TraceProbes } from "./trace-probes.ts";
import type { Settings } from "./settings.ts";
import type { Trial } from "./trial.ts";
import { statePaging } from "../../operators/state-paging.ts";

/** What all runs of a simulation have in common. */
export interface Subject extends EndIds {
  /** The name of the pipeline. */
  readonly name: string;
  /** What the pipeline promises: with at-least-once rows may become visible more than once. */
  readonly guarantee: Guarantee;
  /** Where state and checkpoints live. */
  readonly backend: SimBackend;
  /** What its sources give. */
  readonly input: ScriptedInput;
  /** How sinks answer to commits, where that is not drawn. */
  readonly commits: ReadonlyMap<string, SimSinkOptions>;
  /** Of which sinks only the last row of each key counts. */
  readonly lastBy: ReadonlyMap<string, (row: unknown) => unknown>;
  /** Writes the pipeline as a program does when it starts; called once for each run of it. */
  begin(): (process: SimProcess) => Pipeline;
  /** Watches runs, and looks into what is stored in those whose settings ask for it. Default: nobody does. */
  readonly inspection?: JobInspection;
}

/** The rows of each sink. */
export type Rows = ReadonlyMap<string, readonly unknown[]>;

/** How one run went. */
export interface TrialReport extends ScenarioReport {
  /** What decided the run. */
  readonly trial: Trial;
  /** What became visible, by the id of the sink. */
  readonly rows: Rows;
}

/**
 * Runs a pipeline once, in a world of its own.
 *
 * @param expected what has to become visible; `undefined`: anything may.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { calmSettings, runTrial, subjectOf } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const subject = subjectOf(words, { backend: simMemory(), sources: { text: ["ebb", "flow"] } });
 * const { rows } = await runTrial(subject, { seed: 1, plan: [] }, calmSettings({}), undefined);
 * console.log(rows.get("out"));
 * // prints ["ebb","flow"]
 * ```
 */
export async function runTrial(
  subject: Subject,
  trial: Trial,
  settings: Settings,
  expected: Rows | undefined,
): Promise<TrialReport> {
  const sinks: TrialSinks = new Map();
  const scenario = {
    name: subject.name,
    disk: subject.backend.disk,
    prepare: (world: SimWorld) => new TrialRun(subject, trial, settings, world, expected).prepare(sinks),
  };
  const report = await runScenario(scenario, trial.seed, trial.plan, settings.world);
  return { ...report, trial, rows: new Map([...sinks].map(([id, each]) => [id, each.flatMap((sink) => sink.rows)])) };
}

/** What a job says that finds something spoilt. */
const OF_DAMAGE: ReadonlySet<string> = new Set<ErrorCode>(["STATE_CORRUPT", "CHECKPOINT_CORRUPT"]);

/** How many checkpoints in a row may be given up in haste before the attempt is. */
const TOLERABLE_IN_HASTE = 8;

/** Of how many records a story tells that they come once more, or late. */
const STRANGE_TOLD = 5;

/** The sinks of a run by id: one each, or two where a fork of the job writes to other places. */
type TrialSinks = Map<string, readonly SimSink<unknown>[]>;

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

  prepare(sinks: TrialSinks): PreparedScenario {
    const { sources } = this.#subject;
    const { move } = this.#settings;
    const topics = new Map(sources.map((id) => [id, this.#topic(id)]));
    const checks = this.#subject.sinks.map((id) => this.#check(id, sinks));
    const build = this.#subject.begin();
    const legs = this.#legs();
    let last: Leg = 0;
    const start: StartLeg = (process, leg, from, trace) => {
      const { backendOf, protocol } = legs[leg];
      const listener = protocol.listener(process);
      const watcher = this.#subject.inspection?.watch?.(this.#world, process);
      last = leg;
      const ends = {
        source: (id: string) => topics.get(id)!.source(process),
        sink: (id: string) => (sinks.get(id)![leg] ?? sinks.get(id)![0]!).sink(process),
      };
      this.#handle = run(rewire(build(process), ends), {
        ...this.#runOptions(process),
        ...(from === undefined ? {} : { from }),
        backend: backendOf(process),
        env: process.env,
        pick: (count, ready) => process.pick(count, ready),
        trace: (event) => {
          listener(event);
          watcher?.(event);
          this.#tell(process, event);
          trace(event);
        },
      });
      return this.#handle;
    };
    const launch = move === undefined ? toItsEnd(start) : moving(new Move(this.#world, move, start));
    return {
      launch: (process) => launch(process).catch((error: unknown) => this.#refusal(error, sinks)),
      output: {
        end: () => (this.#isRefused ? undefined : checks.forEach((check) => check.end())),
        get tally(): OutputTally {
          return sum(checks.map(({ tally }) => tally));
        },
      },
      end: () => {
        if (this.#isRefused) return [];
        const open = [...sinks].flatMap(([id, each]) => leftOpen(id, each));
        return [...open, ...(legs[last].backendOf.leftovers?.() ?? [])];
      },
      ...(this.#settings.inspects === true && this.#subject.inspection !== undefined
        ? this.#inspections(legs, topics, sinks, checks)
        : {}),
    };
  }

  #inspections(
    legs: readonly [TrialLeg, TrialLeg],
    topics: ReadonlyMap<string, SimTopic<unknown>>,
    sinks: TrialSinks,
    checks: readonly SinkCheck[],
  ): Pick<PreparedScenario, "inspect" | "goBack"> {
    const { inspection, name: job } = this.#subject;
    const places = legs[0] === legs[1] ? [legs[0]] : legs;
    // What is spoilt need not be readable, though the job got by without it.
    const isOutOfSight = (): boolean => this.#isRefused || this.#world.isDamaged;
    return {
      inspect: async (process, isOver) => {
        if (isOutOfSight()) return [];
        const wrong: string[] = [];
        for (const { backendOf } of places) {
          const place = { job, backend: backendOf(process), process };
          wrong.push(...(await inspection!.inspect(place, { world: this.#world, trial: this.#trial, isOver })));
        }
        return wrong;
      },
      goBack: async (process) => {
        if (isOutOfSight() || places.length > 1) return false;
        const place = { job, backend: legs[0].backendOf(process), process };
        const checkpointId = await inspection!.goBack(place, (count) => this.#world.random.below(count));
        if (checkpointId === undefined) return false;
        this.#world.reach("job taken back to an older checkpoint");
        this.#world.tell(`the job is taken back to checkpoint ${checkpointId}`);
        legs[0].protocol = protocolCheck(this.#world, { blocks: this.#isExact, isFork: true });
        for (const topic of topics.values()) topic.goBack();
        for (const [index, each] of [...sinks.values()].entries()) {
          for (const sink of each) checks[index]!.unwatch(sink.goBack(checkpointId));
        }
        return true;
      },
    };
  }

  /** Where the job runs before it moves, and after that. */
  #legs(): readonly [TrialLeg, TrialLeg] {
    const { move } = this.#settings;
    const blocks = this.#isExact;
    const protocol = protocolCheck(this.#world, { blocks });
    const first = { backendOf: this.#subject.backend.prepare(this.#world), protocol };
    if (move === undefined) return [first, first];
    const backendOf = move.backend.prepare(this.#world);
    // A fork has generations and ids of its own.
    const isFork = move.how === "fork";
    return [first, { backendOf, protocol: isFork ? protocolCheck(this.#world, { blocks, isFork }) : protocol }];
  }

  /** A sink that let go what it held, or a medium that spoilt it, cannot be helped: the job has to end, and to say so. */
  #refusal(error: unknown, sinks: TrialSinks): void {
    if (!isTidemarkError(error)) throw error;
    const isExpired = [...sinks.values()].flat().some((sink) => sink.hasExpired);
    const isOfSink = isExpired && error.code === "COMMIT_FAILED";
    if (!isOfSink && !(this.#world.isDamaged && OF_DAMAGE.has(error.code))) throw error;
    this.#isRefused = true;
    this.#world.reach(`${REFUSED}${isOfSink ? "without what had expired" : "with what was spoilt"}`);
  }

  #topic(id: string): SimTopic<unknown> {
    const { input } = this.#subject;
    // A run that shows what is right is not disturbed.
    const seed = this.#expected === undefined ? undefined : this.#trial.seed;
    const { splits, marks, strange } = input.of(id, this.#trial.records, seed);
    for (const record of strange.slice(0, STRANGE_TOLD)) {
      this.#world.tell(`source "${id}" gives once more, or late: ${rowText(record)}`);
    }
    const stops = new TopicMarks(marks, () => this.#handle?.stop());
    const { topic } = this.#settings;
    // A split that is handed out while others are read may come late as a whole, so windows would depend on when it is.
    const lazy = topic.lazy === true && !this.#subject.timed.has(id);
    const ways = seed === undefined ? {} : input.topicOf(id);
    return simTopic(this.#world, splits, { ...topic, ...ways, name: id, lazy }, stops);
  }

  /** @param watch called with rows as they become visible, wherever they do. */
  #sinksOf(id: string, watch: CommitWatcher<unknown>): readonly SimSink<unknown>[] {
    // A run that shows what is right is not disturbed.
    const commits = this.#expected === undefined ? {} : this.#subject.commits.get(id);
    const one = (): SimSink<unknown> => simSink(this.#world, watch, { ...this.#settings.sink, ...commits, name: id });
    return this.#settings.move?.how === "fork" ? [one(), one()] : [one()];
  }

  #check(id: string, sinks: TrialSinks): SinkCheck {
    const lastBy = this.#subject.lastBy.get(id);
    const rows = this.#expected?.get(id);
    const name = `sink "${id}"`;
    const tell = (committed: readonly unknown[]): void =>
      this.#world.tell(`${committed.length} rows appear in ${name}`);
    if (rows === undefined || lastBy !== undefined) {
      const all = this.#sinksOf(id, tell);
      sinks.set(id, all);
      if (rows === undefined || lastBy === undefined) return NO_CHECK;
      // What came before the last row of a key may have been anything, so only the end is judged.
      const check = outputCheck<unknown>(this.#world, name, { rows: latest(rows, lastBy), describe: rowText });
      const watched: unknown[] = [];
      return {
        tally: check.tally,
        unwatch: () => check.unwatch(watched.splice(0)),
        end: () => {
          watched.push(
            ...latest(
              all.flatMap((sink) => sink.rows),
              lastBy,
            ),
          );
          check.watch(watched);
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
    sinks.set(id, this.#sinksOf(id, watch));
    return check;
  }

  #runOptions(
    process: SimProcess,
  ): Omit<Settings["run"], "parallelism" | "evictions" | "stateBytes"> & { parallelism: number } {
    const { evictions = 0, stateBytes, parallelism, ...rest } = this.#settings.run;
    const evict = (): boolean => {
      const goes = evictions > 0 && this.#world.random.chance(evictions);
      if (goes) this.#world.reach("entry evicted");
      return goes;
    };
    return {
      ...rest,
      ...this.#haste(process),
      parallelism: this.#trial.parallelism ?? parallelism[process.incarnation] ?? parallelism.at(-1)!,
      ...(stateBytes === undefined ? {} : { state: { evict, limitBytes: stateBytes, paging: statePaging } }),
      ...(evictions === 0 || stateBytes !== undefined ? {} : { state: { evict, paging: statePaging } }),
    };
  }

  /** Where checkpoints are given up before they can be complete, a job has no end but by a crash. */
  #haste({ incarnation }: SimProcess): Pick<Settings["run"], "checkpoint"> {
    const { hasteMs, run: asDrawn } = this.#settings;
    // Of two faults at one effect the last one strikes.
    const faults = new Map(faultsOfLife(this.#trial.plan, incarnation).map(({ at, form }) => [at, form]));
    const isKilled = [...faults.values()].some((form) => /^(before|after|torn)/.test(form));
    if (hasteMs === undefined || !isKilled) return {};
    return { checkpoint: { ...asDrawn.checkpoint, timeout: `${hasteMs}ms`, tolerableFailures: TOLERABLE_IN_HASTE } };
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

/** A place where a job runs. */
interface TrialLeg {
  readonly backendOf: SimStorage;
  protocol: ProtocolCheck;
}

/** What is held against what one sink must show. */
type SinkCheck = Pick<OutputCheck<unknown>, "unwatch" | "end" | "tally">;

function toItsEnd(start: StartLeg): (process: SimProcess) => Promise<void> {
  return async (process) => {
    for (;;) {
      const { outcome } = await start(process, 0, undefined, () => undefined).finished;
      if (outcome === "finished") return;
    }
  };
}

function moving(move: Move): (process: SimProcess) => Promise<void> {
  return (process) => move.run(process);
}

/** What is wrong with the sinks of one id when the job is over; the last of them is that of the job that came to its end. */
function leftOpen(id: string, sinks: readonly SimSink<unknown>[]): readonly string[] {
  // What a job that was forked leaves behind is cleared away when it is started again, and it is not.
  const open = sinks.at(-1)!.open;
  return [
    ...open.map((name) => `sink "${id}": "${name}" was staged and is neither committed nor cleared`),
    ...(sinks.some((sink) => sink.finished) ? [] : [`sink "${id}": was not told that the job is over`]),
  ];
}

/** How the probes begin of runs that could not be helped, and said so. */
export const REFUSED = "job refused to go on ";
const NOTHING: OutputTally = { lost: 0, doubled: 0, wrong: 0 };
const NO_CHECK: SinkCheck = { tally: NOTHING, unwatch: () => undefined, end: () => undefined };

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
