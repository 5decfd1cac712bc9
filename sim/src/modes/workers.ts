import { fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";

import { type Sums, Totals } from "../totals.ts";
import { runHere, type SwarmMode } from "./run-here.ts";

/** What a worker tells while it runs, and at its end. */
interface Word {
  readonly sums: Sums;
  readonly isLast: boolean;
}

/** After how many seeds a worker says how far it is. */
const SEEDS_PER_WORD = 50;

/**
 * Divides the seeds among processes: one takes the first, the third and so on, another one the second, the fourth. A process that
 * dies is a violation.
 *
 * @param progress told how far all of them are together.
 */
export async function runWorkers(mode: SwarmMode, progress: (sums: Sums) => void): Promise<Sums> {
  const words: (Word | undefined)[] = [];
  const so = (): Sums => {
    const totals = new Totals();
    for (const word of words) if (word !== undefined) totals.addSums(word.sums);
    return totals.sums(0);
  };
  // Their workers hear a signal to the group as well; the parent goes on until they have said their last word.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => undefined);
  await Promise.all(
    Array.from({ length: mode.jobs }, async (_, index) => {
      const child = fork(process.argv[1]!, argumentsOf(mode, index), {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
      });
      child.on("message", (word) => {
        words[index] = word as Word;
        progress(so());
      });
      const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
      if (words[index]?.isLast !== true) words[index] = died(mode.seed + index, words[index], code ?? signal);
    }),
  );
  return so();
}

function argumentsOf({ seed, seeds, minutes, jobs, first, where }: SwarmMode, index: number): readonly string[] {
  const share = Math.ceil((seeds - index) / jobs);
  return [
    "--worker",
    "--seed",
    String(seed + index),
    "--stride",
    String(jobs),
    ...(Number.isFinite(seeds) ? ["--seeds", String(share)] : []),
    ...(Number.isFinite(minutes) ? ["--minutes", String(minutes)] : []),
    ...(first ? ["--first"] : []),
    ...(where === undefined ? [] : ["--where", where]),
  ];
}

function died(seed: number, last: Word | undefined, how: number | string | null): Word {
  const totals = new Totals();
  if (last !== undefined) totals.addSums(last.sums);
  totals.violated(seed, [`a worker died (${how}) after ${totals.seeds} seeds`], `seed=${seed}`);
  return { sums: totals.sums(0), isLast: true };
}

/** Runs a share of the seeds, and tells the process that asked for it. */
export async function runWorker(mode: SwarmMode): Promise<boolean> {
  const tell = (sums: Sums, isLast: boolean): void => void process.send?.({ sums, isLast } satisfies Word);
  const sums = await runHere(mode, (totals) => {
    if (totals.seeds % SEEDS_PER_WORD === 0) tell(totals.sums(process.cpuUsage().user / 1000), false);
  });
  tell(sums, true);
  process.disconnect?.();
  return sums.violations.length === 0;
}
