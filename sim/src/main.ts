/**
 * Runs random pipelines on all backends under random faults, one seed after the other.
 *
 *     npm run sim -- --seeds 10000
 *     npm run sim -- --minutes 60 --seed 500000
 *     npm run sim -- --replay "seed=7;faults=41:after"
 *     npm run sim -- --sweep --json
 *     npm run sim -- --planted --json
 */
import { parseArgs } from "node:util";

import { runPlantedMode } from "./modes/planted-mode.ts";
import { runReplayMode } from "./modes/replay-mode.ts";
import { runSwarmMode } from "./modes/swarm-mode.ts";
import { runSweepMode } from "./modes/sweep-mode.ts";

const { values } = parseArgs({
  options: {
    /** How many seeds; with --planted, after how many a bug counts as not found. */
    seeds: { type: "string" },
    minutes: { type: "string" },
    /** The first seed. */
    seed: { type: "string", default: "1" },
    /** Ends with the first violation, and leaves it as it is. */
    first: { type: "boolean", default: false },
    replay: { type: "string" },
    sweep: { type: "boolean", default: false },
    planted: { type: "boolean", default: false },
    /** One object on the last line. */
    json: { type: "boolean", default: false },
  },
});

function numberOf(name: "seeds" | "minutes" | "seed", otherwise: number): number {
  const text = values[name];
  const number = text === undefined ? otherwise : Number(text);
  if (number >= 0) return number;
  throw new RangeError(`Cannot use --${name} ${text}: give a number`);
}

async function run(): Promise<boolean> {
  const { json, first, replay } = values;
  if (replay !== undefined) return await runReplayMode(replay, json);
  if (values.sweep) return await runSweepMode(json);
  if (values.planted) return await runPlantedMode(numberOf("seeds", 20_000), json);
  const minutes = numberOf("minutes", Infinity);
  const seeds = numberOf("seeds", minutes < Infinity ? Infinity : 1_000);
  return await runSwarmMode({ seed: numberOf("seed", 1), seeds, minutes, first, json });
}

process.exitCode = (await run()) ? 0 : 1;
