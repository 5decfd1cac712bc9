import type { Pipeline } from "../../api/pipeline.ts";
import { ConfigurationError } from "../../errors.ts";
import { ScriptedInput } from "./input.ts";
import { durationMs } from "../../time/duration.ts";
import type { SimSinkOptions } from "../sim/sink.ts";
import type { SimCommits, SimulateOptions } from "./options.ts";
import { endsOf } from "./rewire.ts";
import type { Subject } from "./run-trial.ts";

/**
 * What the runs of a simulation have in common, from its options.
 *
 * @throws {ConfigurationError} OPTION_INVALID if they do not fit the pipeline.
 *
 * @example
 * ```ts
 * import { simMemory } from "@tidemark/backend-memory/testing";
 * import { fromArray, toArray } from "@tidemark/connectors/iterable";
 * import { pipeline } from "@tidemark/core";
 * import { subjectOf } from "@tidemark/core/testing";
 *
 * const words = pipeline("words");
 * words.source("text", fromArray<string>([])).sink("out", toArray<string>().sink);
 * const subject = subjectOf(words, { backend: simMemory(), sources: { text: ["ebb", "flow"] } });
 * console.log(subject.name, subject.input.size);
 * // prints words 2
 * ```
 */
export function subjectOf<Outside>(
  pipeline: Pipeline | ((outside: Outside) => Pipeline),
  {
    backend,
    sources,
    sinks = {},
    outside,
  }: Pick<SimulateOptions<Outside>, "backend" | "sources" | "sinks" | "outside">,
): Subject {
  const begin = (): (() => Pipeline) => {
    if (typeof pipeline !== "function") return () => pipeline;
    const things = outside?.() as Outside;
    return () => pipeline(things);
  };
  const { name, guarantee, graph } = begin()();
  const ends = endsOf(graph);
  check("source", ends.sources, sources, true);
  check("sink", ends.sinks, sinks, false);
  const lastBy = Object.entries(sinks).flatMap(([id, output]) =>
    output.lastBy === undefined ? [] : [[id, output.lastBy as (row: unknown) => unknown] as const],
  );
  const commits = Object.entries(sinks).map(([id, output]) => [id, commitsOf(id, output.commits)] as const);
  return {
    name,
    guarantee,
    backend,
    input: new ScriptedInput(sources),
    ...ends,
    commits: new Map(commits),
    lastBy: new Map(lastBy),
    begin,
  };
}

function commitsOf(id: string, { latency, retries, timeout }: SimCommits = {}): SimSinkOptions {
  if (retries !== undefined && !(retries >= 0 && retries <= 1)) {
    throw invalid(`the sink "${id}": its "retries" are ${retries}, and have to be from 0 to 1`);
  }
  return {
    ...(latency === undefined ? {} : { commitMs: durationMs(latency, "commits.latency") }),
    ...(retries === undefined ? {} : { retries }),
    ...(timeout === undefined ? {} : { expireMs: durationMs(timeout, "commits.timeout") }),
  };
}

function check(what: string, ids: readonly string[], given: Readonly<Record<string, unknown>>, all: boolean): void {
  const known = ids.map((id) => `"${id}"`).join(", ");
  for (const id of Object.keys(given)) {
    if (!ids.includes(id)) throw invalid(`the ${what} "${id}": the pipeline has the ${what}s ${known}`);
  }
  const missing = all ? ids.find((id) => !Object.hasOwn(given, id) || given[id] === undefined) : undefined;
  if (missing !== undefined) {
    throw invalid(`a pipeline whose ${what} "${missing}" gives nothing: say in "${what}s" what it gives`);
  }
}

/** @throws {ConfigurationError} OPTION_INVALID if no run of it can be held against another one. */
export function checkExact({ name, guarantee }: Subject): void {
  if (guarantee === "exactly-once") return;
  throw invalid(`the pipeline "${name}": it promises ${guarantee}, so what it commits may differ from run to run`);
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("OPTION_INVALID", `Cannot simulate ${what}`);
}
