/** Runs steps in a whole job, in any way and from checkpoint to checkpoint, and holds what they commit against their meaning. */
import assert from "node:assert/strict";

import { type Pipeline, pipeline, run, type Stream } from "@tidemark/core";
import { bytesHost, frozenEnv } from "@tidemark/core/testing";
import { statePaging } from "@tidemark/core/state";
import fc from "fast-check";

import { checkAsync } from "../bytes/property.ts";
import type { Item } from "../reference/windows.ts";
import { type Crashes, crashesAfter } from "../runtime/crash.ts";
import { endsWithin } from "../runtime/ends-within.ts";
import { type LedgerSink, ledgerSink } from "../runtime/ledger-sink.ts";
import { memory } from "../runtime/memory.ts";
import { pacedSource } from "../runtime/paced-source.ts";
import { type Input, inTurn, type Places } from "./input.ts";

/** A stream of a trial. */
export type Items = Stream<Item, "exactly-once">;

/** A step of a job, and its rows by the definition: in any order, and without the engine. */
export interface Step<S> {
  /** What it is made with. */
  readonly settings: fc.Arbitrary<S>;
  /** @param other the same stream, if there is only one. */
  build(stream: Items, settings: S, other: Items): Stream<string, "exactly-once">;
  meaning(input: Input, settings: S, other: Input): readonly string[];
}

/** Steps that read the same streams side by side, each by its name. */
export type Steps = Readonly<Record<string, Step<unknown>>>;

/** A step of {@link Steps}. */
export function step<S>(
  settings: fc.Arbitrary<S>,
  build: Step<S>["build"],
  meaning: Step<S>["meaning"],
): Step<unknown> {
  return { settings, build, meaning } as Step<unknown>;
}

/** How a job is run: up to some record at one parallelism, and to the end at another. */
const way = fc.record({
  parallelism: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  /** Read before the job stops and goes on at the other parallelism. */
  records: fc.integer({ min: 1, max: 150 }),
  /** It crashes at the first record after so many checkpoints. */
  crashAfter: fc.uniqueArray(fc.nat(8), { minLength: 1, maxLength: 3 }),
  checkpointEveryMs: fc.constantFrom(5, 15, 40),
  perPoll: fc.constantFrom(1, 4, 20),
  channelRecords: fc.constantFrom(1, 3, 4096),
  /** At least as many as any step has subtasks. */
  keyGroups: fc.constantFrom(8, 16),
  host: fc.nat(7).map((n) => (n === 0 ? bytesHost : ("local" as const))),
  fuse: fc.boolean(),
  /** Of so many entries that could leave memory one does, whenever it may; 0: all stay. */
  evictOneOf: fc.constantFrom(0, 0, 0, 3),
  picks: fc.array(fc.nat(7), { minLength: 1, maxLength: 12 }),
});
type Way = typeof way extends fc.Arbitrary<infer W> ? W : never;

/** The streams that all steps read. */
type Inputs = readonly [Input, ...Input[]];
type Settings = Readonly<Record<string, unknown>>;

interface Trial {
  readonly steps: Steps;
  readonly settings: Settings;
  readonly inputs: Inputs;
  readonly perPoll: number;
  readonly crashes: Crashes;
  readonly ledger: LedgerSink<string>;
}

function jobOf({ steps, settings, inputs, perPoll, crashes, ledger }: Trial): Pipeline {
  const job = pipeline("trial");
  const streams = inputs.map(({ splits, boundMs }, number) => {
    // Several readers would hold time back for what lies outside the bound of one split.
    const reading = splits.length === 1 ? { parallelism: 1 } : {};
    const time = { eventTime: ({ at }: Item) => at, outOfOrder: `${boundMs}ms` } as const;
    return job
      .source(`input-${number}`, pacedSource(splits, { perPoll }), { ...time, ...reading })
      .map((item) => crashes.pass(item), reading);
  });
  const [first, ...others] = Object.entries(steps).map(([name, each]) =>
    each.build(streams[0] as Items, settings[name], streams.at(-1) as Items).map((row) => `${name}: ${row}`),
  );
  first?.union(...others).sink("out", ledger.sink);
  return job;
}

/** What a leg may take on its own clock, and how much later the next one begins. */
const LEG_MS = 100_000;

/** The rows that all steps commit, each with the name of its step. */
async function committed(
  steps: Steps,
  settings: Settings,
  inputs: Inputs,
  { parallelism, records, crashAfter, checkpointEveryMs, perPoll, picks, evictOneOf, ...options }: Way,
): Promise<readonly string[]> {
  const backend = memory();
  const ledger = ledgerSink<string>();
  const crashes = crashesAfter(...crashAfter.toSorted((one, other) => one - other));
  let [picked, asked] = [0, 0];
  const evict = (): boolean => asked++ % evictOneOf === 0;
  for (const [leg, until] of [{ records }, "end" as const].entries()) {
    const { env } = frozenEnv({ now: leg * LEG_MS });
    const job = run(jobOf({ steps, settings, inputs, perPoll, crashes, ledger }), {
      ...options,
      backend,
      env,
      parallelism: parallelism[leg] as number,
      checkpoint: { interval: `${checkpointEveryMs}ms` },
      ...(evictOneOf === 0 ? {} : { state: { evict, paging: statePaging } }),
      restart: { attempts: 3 * crashAfter.length, delay: "1ms" },
      trace: crashes.trace,
      until,
      pick: (count) => (picks[picked++ % picks.length] as number) % count,
    });
    await endsWithin(LEG_MS, env, job);
  }
  return ledger.rows;
}

function rowsOf(name: string, rows: readonly string[]): readonly string[] {
  const before = `${name}: `;
  return rows.filter((row) => row.startsWith(before)).map((row) => row.slice(before.length));
}

/**
 * Whether steps commit what they mean, for random streams, settings and ways to run them.
 *
 * @param inputs a stream for each of those that the steps read.
 * @param runs how many random jobs are run. Each tries every step once.
 */
export async function agrees(
  steps: Steps,
  inputs: readonly [fc.Arbitrary<Input>, ...fc.Arbitrary<Input>[]],
  runs: number,
): Promise<void> {
  const settings = fc.record(
    Object.fromEntries(Object.entries(steps).map(([name, each]) => [name, each.settings] as const)),
  );
  await checkAsync(
    fc.asyncProperty(settings, fc.tuple(...inputs), way, async (drawn, given, way) => {
      const rows = await committed(steps, drawn, given, way);
      for (const [name, { meaning }] of Object.entries(steps)) {
        const expected = meaning(given[0], drawn[name], given.at(-1) as Input);
        assert.deepEqual(rowsOf(name, rows).toSorted(), expected.toSorted(), name);
      }
    }),
    runs,
  );
}

/** Random jobs of each group of steps; a hunt has more of them. */
export const JOBS = 10;
/** Random streams that a job reads, one after the other: {@link JOBS} times as many are tried on each step. */
export const STREAMS: Places = inTurn(25);
