import { memory } from "@tidemark/backend-memory";
import { run } from "@tidemark/core";

import { spreadOf, type Spread } from "../../statistics.ts";
import { partitionedSource } from "../partitioned-source.ts";
import type { Sale } from "../sales.ts";
import { standBy } from "../standing-job.ts";
import { stopwatch, type Timed } from "../stopwatch.ts";
import { d2ts } from "./d2ts.ts";
import { dbIvm } from "./db-ivm.ts";
import { engineTotals, loopTotals } from "./engine-totals.ts";
import type { Rival, Totals } from "./rival.ts";
import { rxjs } from "./rxjs.ts";

export const RIVALS: readonly Rival[] = [rxjs, dbIvm, d2ts];

/** The engine beside another library, in one process. */
export interface RivalRow {
  readonly rival: string;
  readonly keys: number;
  /** Sales that the library was given, and the engine. */
  readonly rivalSales: number;
  readonly engineSales: number;
  readonly rivalPerSecond: Spread;
  /** Exactly-once, with a checkpoint each second. */
  readonly enginePerSecond: Spread;
  /** How many times as fast as the library the engine is, pair by pair. */
  readonly ratio: Spread;
  /** The same of processor time, which what else the machine does is not in. */
  readonly processorRatio: Spread;
}

/**
 * Measures every rival and the engine by turns. The first round warms up and is thrown away.
 *
 * @throws {Error} if somebody's totals are not those of the loop.
 */
export async function measureRivals(
  sales: readonly Sale[],
  options: { readonly keys: number; readonly repeat: number; readonly progress: (done: string) => void },
): Promise<readonly RivalRow[]> {
  const rows: RivalRow[] = [];
  const standing = standBy({ build: engineTotals }, { sales: [sales], returns: [] });
  for (const rival of RIVALS) {
    const own = sales.slice(0, Math.min(sales.length, rival.salesMax));
    const pairs: { readonly rival: Rate; readonly engine: Rate }[] = [];
    for (let round = 0; round <= options.repeat; round++) {
      const pair = { rival: rivalRate(rival, own), engine: await engineRate(sales) };
      if (round > 0) pairs.push(pair);
    }
    options.progress(rival.name);
    rows.push({
      rival: rival.name,
      keys: options.keys,
      rivalSales: own.length,
      engineSales: sales.length,
      rivalPerSecond: spreadOf(pairs.map((pair) => pair.rival.perSecond)),
      enginePerSecond: spreadOf(pairs.map((pair) => pair.engine.perSecond)),
      ratio: spreadOf(pairs.map((pair) => pair.engine.perSecond / pair.rival.perSecond)),
      processorRatio: spreadOf(pairs.map((pair) => pair.engine.perProcessorSecond / pair.rival.perProcessorSecond)),
    });
  }
  standing.stop();
  await standing.finished;
  return rows;
}

/** Sales per second, and per second of processor time. */
interface Rate {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

function rateOf(sales: readonly Sale[], { ms, processorMs }: Timed): Rate {
  return { perSecond: (sales.length / ms) * 1_000, perProcessorSecond: (sales.length / processorMs) * 1_000 };
}

function rivalRate(rival: Rival, sales: readonly Sale[]): Rate {
  globalThis.gc?.();
  const elapsed = stopwatch();
  const totals = rival.run(sales);
  const timed = elapsed();
  checkTotals(rival.name, totals, loopTotals(sales).totals);
  return rateOf(sales, timed);
}

async function engineRate(sales: readonly Sale[]): Promise<Rate> {
  const { job, out } = engineTotals(partitionedSource([sales]));
  globalThis.gc?.();
  const elapsed = stopwatch();
  await run(job, { backend: memory(), checkpoint: { interval: "1s" } }).finished;
  const timed = elapsed();
  const expected = { results: sales.length, checksum: loopTotals(sales).checksum };
  const found = out.committed();
  if (found.results !== expected.results || found.checksum !== expected.checksum) {
    throw new Error(
      `Cannot count a run of the engine: it gave ${JSON.stringify(found)}, the loop ${JSON.stringify(expected)}`,
    );
  }
  return rateOf(sales, timed);
}

function checkTotals(name: string, found: Totals, expected: Totals): void {
  for (const [product, total] of expected) {
    if (found.get(product) !== total) {
      throw new Error(
        `Cannot count a run of ${name}: ${product} came to ${found.get(product)}, and in the loop to ${total}`,
      );
    }
  }
}
