/** A job whose subtasks keep lists and copies of a map, and tell at the end of the input what they have. */
import { emits, type Pipeline, pipeline, run, type RunOptions, type StateBackend } from "@tidemark/core";
import {
  broadcastState,
  type OperatorStateDescriptors,
  splitListState,
  subtaskProcess,
  unionListState,
} from "@tidemark/core/state";
import { frozenEnv } from "@tidemark/core/testing";

import { type LedgerSink, ledgerSink } from "./ledger-sink.ts";
import { pacedSource } from "./paced-source.ts";

/** What a subtask has at the end: where, and which numbers. */
export interface Found {
  readonly state: "split" | "union" | "restored" | "copy";
  readonly subtask: number;
  readonly numbers: readonly number[];
}

/** How many numbers the job reads. */
export const NUMBERS = 13;

/** Ids and states that another version of the job may have. */
export interface Version {
  readonly lists?: string;
  readonly state?: OperatorStateDescriptors;
}

/** Deals numbers out into lists, and gives all of them to every copy of a map. */
export function operatorStateJob(sink: LedgerSink<Found>["sink"], version: Version = {}): Pipeline {
  const job = pipeline("kept");
  const numbers = job.source("numbers", pacedSource([Array.from({ length: NUMBERS }, (_, index) => index)]), {
    parallelism: 1,
  });
  const lists = numbers.rebalance().process(
    version.lists ?? "lists",
    subtaskProcess({
      state: { split: splitListState<number>(), union: unionListState<number>(), ...version.state },
      emits: emits<Found>(),
      onRecord: (number: number, { state: { split, union } }) => {
        split.add(number);
        union.add(number);
      },
      onEnd: (context) => {
        const { subtask, state } = context;
        context.emit({ state: "split", subtask, numbers: state.split.get() });
        context.emit({ state: "union", subtask, numbers: state.union.get() });
        context.emit({ state: "restored", subtask, numbers: state.union.restored() });
      },
    }),
  );
  const copies = numbers.broadcast().process(
    "copies",
    subtaskProcess({
      state: { copy: broadcastState<number, string>() },
      emits: emits<Found>(),
      onRecord: (number: number, { state: { copy } }) => copy.set(number, String(number)),
      onEnd: (context) => {
        const numbers_ = [...context.state.copy.entries()].map(([number]) => number);
        context.emit({ state: "copy", subtask: context.subtask, numbers: numbers_ });
      },
    }),
  );
  lists.union(copies).sink("out", sink);
  return job;
}

/** Runs a part of it, or all that is left. */
export function runPart(
  backend: StateBackend,
  job: Pipeline,
  options: Partial<RunOptions> = {},
): ReturnType<typeof run>["finished"] {
  return run(job, { backend, env: frozenEnv().env, restart: "none", ...options }).finished;
}

/** Runs so many records at one parallelism, the rest at another, and answers what was found at the end. */
export async function movedOnce(
  backend: StateBackend,
  [before, after]: readonly [number, number],
  options: Partial<RunOptions> = {},
): Promise<readonly Found[]> {
  const ledger = ledgerSink<Found>();
  const job = (): Pipeline => operatorStateJob(ledger.sink);
  await runPart(backend, job(), { ...options, parallelism: before, until: { records: NUMBERS - 1 } });
  await runPart(backend, job(), { ...options, parallelism: after });
  return ledger.rows;
}
