/** Runs random pipelines on all backends under random faults, one seed after the other: `npm run sim -- --help`. */
import { type Flags, flagsOf, HELP } from "./flags.ts";
import { runPlantedMode } from "./modes/planted-mode.ts";
import { runReplayMode } from "./modes/replay-mode.ts";
import { runSwarmMode } from "./modes/swarm-mode.ts";
import { runSweepMode } from "./modes/sweep-mode.ts";
import { runWorker } from "./modes/workers.ts";

async function run({
  mode,
  replay,
  seed,
  seeds,
  stride,
  jobs,
  minutes,
  first,
  where,
  only,
  json,
}: Flags): Promise<boolean> {
  const count = seeds ?? (minutes === undefined ? 1_000 : Infinity);
  const swarm = { seed, seeds: count, stride, jobs, minutes: minutes ?? Infinity, first, where, json };
  switch (mode) {
    case "help":
      console.log(HELP);
      return true;
    case "replay":
      return await runReplayMode(replay, json);
    case "sweep":
      return await runSweepMode(json);
    case "planted":
      return await runPlantedMode({ only, seedsMax: seeds ?? 20_000, json });
    case "worker":
      return await runWorker(swarm);
    case "swarm":
      return await runSwarmMode(swarm);
  }
}

function flags(): Flags | undefined {
  try {
    return flagsOf(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    return undefined;
  }
}

const asked = flags();
process.exitCode = asked === undefined ? 2 : (await run(asked)) ? 0 : 1;
