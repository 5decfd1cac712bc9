import {
  runTrial,
  ScriptedInput,
  type Selection,
  type SimOutput,
  type SimProcess,
  type Subject,
  subjectOf,
  topicLogs,
  type Trial,
  type TrialReport,
} from "@tidemark/core/testing";

import { Calls } from "./calls.ts";
import { buildDag, CALLS_MAX } from "./dag/build.ts";
import { interpret } from "./dag/interpret.ts";
import type { DagSpec, Rec, StepOf } from "./dag/spec.ts";
import { inspectionOf } from "./inspection.ts";
import { drawRun, type SwarmRun } from "./draw-run.ts";

/** Runs one seed of the swarm. */
export async function runSeed(seed: number): Promise<TrialReport> {
  const run = drawRun(seed);
  return await runTrialOf(run, { seed, plan: run.plan });
}

/** Runs what was drawn, as a trial says. */
export async function runTrialOf(run: SwarmRun, trial: Trial): Promise<TrialReport> {
  return await runTrial(subjectFor(run), trial, run.settings, interpret(withRecords(run.spec, trial.records)));
}

/** How many records the sources of a run have. */
export function recordsOf({ spec }: SwarmRun): number {
  return new ScriptedInput(sourcesOf(spec)).size;
}

function subjectFor({ seed, spec, guarantee, backend, settings, upgradedFrom }: SwarmRun): Subject {
  const subject = subjectOf(() => buildDag(spec, { upgraded: false, guarantee }), {
    backend,
    sources: sourcesOf(spec),
    sinks: tablesOf(spec),
  });
  const ofProcesses = new Map<SimProcess, Calls>();
  const callsOf = (process: SimProcess): Calls => {
    const calls = ofProcesses.get(process) ?? new Calls(CALLS_MAX * Math.max(...settings.run.parallelism));
    ofProcesses.set(process, calls);
    return calls;
  };
  return {
    ...subject,
    // Where barriers are only counted, state may be ahead of what the sources say.
    inspection: inspectionOf(({ records }) => (guarantee === "exactly-once" ? withRecords(spec, records) : undefined), {
      maxConcurrent: settings.run.checkpoint?.maxConcurrent ?? 1,
      retained: settings.run.checkpoint?.retained ?? 1,
      expires: settings.sink.expireMs !== undefined,
      callsOf,
      layout: (splits) => topicLogs(seed, splits, settings.topic),
    }),
    begin: () => {
      let starts = 0;
      return (process) => {
        const calls = callsOf(process);
        const wait = async (ms: number, step: string): Promise<void> => {
          const ended = calls.begin(step);
          await new Promise<void>((resolve) => process.env.schedule(ms, resolve));
          ended();
        };
        return buildDag(spec, { upgraded: starts++ >= upgradedFrom, guarantee, wait });
      };
    },
  };
}

/** Sinks of which only the last row of each key counts. */
function tablesOf(spec: DagSpec): Readonly<Record<string, SimOutput>> {
  const tables = spec.filter((step) => step.kind === "sink" && step.isTable === true) as readonly StepOf<"sink">[];
  return Object.fromEntries(tables.map(({ id }) => [id, { lastBy: ({ k }: Rec) => k }]));
}

function sourcesOf(spec: DagSpec): Readonly<Record<string, Readonly<Record<string, readonly Rec[]>>>> {
  return Object.fromEntries(spec.flatMap((step) => (step.kind === "source" ? [[step.id, step.splits]] : [])));
}

/** The same pipeline with some of its records alone. */
function withRecords(spec: DagSpec, records: Selection | undefined): DagSpec {
  if (records === undefined) return spec;
  const input = new ScriptedInput(sourcesOf(spec));
  return spec.map((step) =>
    step.kind === "source"
      ? { ...step, splits: input.of(step.id, records).splits as Readonly<Record<string, readonly Rec[]>> }
      : step,
  );
}
