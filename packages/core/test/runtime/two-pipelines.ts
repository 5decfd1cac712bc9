/** Two pipelines of one job that share nothing, of which one fails. */
import assert from "node:assert/strict";

import { type Pipeline, pipeline } from "@tidemark/core";

import { type LedgerOptions, type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { pacedSource } from "./paced-source.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

type Numbers = ReturnType<typeof pacedSource<number>>;

/** A source, and how many readers of it were opened. */
export interface Counted {
  readonly source: Numbers;
  readonly readers: () => number;
}

function counted(source: Numbers): Counted {
  let readers = 0;
  return {
    source: {
      ...source,
      createReader: (context) => {
        readers++;
        return source.createReader(context);
      },
    },
    readers: () => readers,
  };
}

/** How the two pipelines are made. */
export interface TwoPipelinesOptions {
  /** Called with each record of the pipeline that fails. Default: nothing happens. */
  readonly pass?: (n: number) => number;
  /** Of the sink of the pipeline that fails. */
  readonly failingSink?: LedgerOptions;
  /** The sinks of an earlier run, to go on with. Default: new ones. */
  readonly sinks?: TwoSinks;
  /** Of each of two splits of each pipeline. Default: 60. */
  readonly records?: number;
}

/** The sinks of the two pipelines. */
export interface TwoSinks {
  readonly fails: LedgerSink<string>;
  readonly steady: LedgerSink<string>;
}

/** A job of two pipelines, its sinks, and how many readers each pipeline has opened. */
export interface TwoPipelines extends TwoSinks {
  readonly job: Pipeline;
  readonly failing: Counted;
  readonly going: Counted;
}

/** Two pipelines that keep running sums: one fails where it is told to. */
export function twoPipelines(options: TwoPipelinesOptions = {}): TwoPipelines {
  const { pass = (n) => n, records = 60, failingSink } = options;
  const { fails, steady } = options.sinks ?? { fails: ledgerSink<string>(failingSink), steady: ledgerSink<string>() };
  const failing = counted(pacedSource([numbers(records), numbers(records)], { lazy: true }));
  const going = counted(pacedSource([numbers(records), numbers(records)], { lazy: true }));
  const job = pipeline("two");
  job
    .source("failing", failing.source)
    .map(pass)
    .keyBy((n) => n % 3)
    .reduce("sum failing", (sum, n) => sum + n)
    .map(String)
    .sink("failing out", fails.sink);
  job
    .source("steady", going.source)
    .keyBy((n) => n % 3)
    .reduce("sum steady", (sum, n) => sum + n)
    .map(String)
    .sink("steady out", steady.sink);
  return { job, fails, steady, failing, going };
}

/** What each of the two pipelines gives, in any order: a sum for each record, of its key. */
function lastSums(records: number): readonly number[] {
  const sums = [0, 0, 0];
  for (const n of numbers(records)) sums[n % 3]! += 2 * n;
  return sums;
}

/** Each pipeline gives one row for each record of both splits, and in the end the sum of each key. */
export function assertWhole(rows: readonly string[], records: number = 60): void {
  assert.equal(rows.length, 2 * records, "rows are lost or doubled");
  for (const sum of lastSums(records)) assert.ok(rows.includes(String(sum)), `the sum ${sum} is missing`);
}

/** Throws once in each of some numbers of calls. */
export function throwsAt(...calls: readonly number[]): (n: number) => number {
  let call = 0;
  return (n) => {
    if (calls.includes(call++)) throw new RangeError(`call ${call - 1}`);
    return n;
  };
}
