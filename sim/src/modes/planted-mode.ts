import { type Hunted, huntWithSwarm, plantedBugs, seedsNeeded } from "../planted.ts";

/** Hunts every known bug. @returns whether all were found. */
export async function runPlantedMode(seedsMax: number, json: boolean): Promise<boolean> {
  const hunted: Hunted[] = [];
  for (const bug of plantedBugs) {
    const one = await huntWithSwarm(bug, seedsMax);
    hunted.push(one);
    console.error(
      `${one.seeds === undefined ? `NOT FOUND in ${seedsMax} seeds` : `seed ${one.seeds}`}: ${one.bug}: ${one.found}`,
    );
  }
  const missed = hunted.filter(({ seeds }) => seeds === undefined).map(({ bug }) => bug);
  const { median, worst } = seedsNeeded(hunted);
  console.error(`${hunted.length - missed.length} of ${hunted.length} found, median ${median} seeds, worst ${worst}`);
  const found = hunted.length - missed.length;
  if (json) console.log(JSON.stringify({ bugs: hunted.length, found, median, worst, missed, hunted }));
  return missed.length === 0;
}
