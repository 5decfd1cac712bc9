import { bugsOf, type Hunted, huntWithSwarm, seedsNeeded } from "../planted.ts";

/** Which bugs to hunt, and for how long. */
export interface PlantedMode {
  /** Texts of which the name of a bug holds one; empty: all bugs. */
  readonly only: readonly string[];
  /** After how many seeds a bug counts as not found. */
  readonly seedsMax: number;
  readonly json: boolean;
}

/** Hunts known bugs. @returns whether all were found. */
export async function runPlantedMode({ only, seedsMax, json }: PlantedMode): Promise<boolean> {
  const hunted: Hunted[] = [];
  for (const bug of bugsOf(only)) {
    const one = await huntWithSwarm(bug, seedsMax);
    hunted.push(one);
    console.error(lineOf(one));
  }
  const missed = hunted.filter(({ seeds }) => seeds === undefined).map(({ bug }) => bug);
  const { median, worst } = seedsNeeded(hunted);
  const found = hunted.length - missed.length;
  console.error(`${found} of ${hunted.length} found, median ${median} seeds, worst ${worst}`);
  if (json) console.log(JSON.stringify({ bugs: hunted.length, found, median, worst, missed, hunted }));
  return hunted.length > 0 && missed.length === 0;
}

function lineOf({ bug, seeds, tried, found }: Hunted): string {
  const why = found.split("\n", 1)[0];
  return seeds === undefined ? `NOT FOUND in ${tried} runs: ${bug} ${why}` : `seed ${seeds}: ${bug}: ${why}`;
}
