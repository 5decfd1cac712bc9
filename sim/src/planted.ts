/** Puts each known bug into a copy of the packages, and counts the seeds that the swarm needs to find it. */
// @boundaries-ignore one way of planting bugs serves all packages, and is part of none
import { bugs as levelBugs } from "../../packages/backend-leveldb/test/sim/planted/bugs.ts";
// @boundaries-ignore as above
import type { PlantedBug } from "../../packages/core/test/sim/planted/bug.ts";
// @boundaries-ignore as above
import { bugs as coreBugs } from "../../packages/core/test/sim/planted/bugs.ts";
// @boundaries-ignore as above
import { runPlanted } from "../../packages/core/test/sim/planted/plant.ts";

import { knownBugs } from "./known-bugs.ts";
import { sourceBugs } from "./source-bugs.ts";
import { swarmBugs } from "./swarm-bugs.ts";

/** What became of one bug. */
export interface Hunted {
  readonly bug: string;
  /** How many seeds it took, those counted that it cannot show in; `undefined`: it was not found. */
  readonly seeds: number | undefined;
  /** How many seeds were run in vain. */
  readonly tried: number;
  /** What gave it away. */
  readonly found: string;
}

/** The bugs that are known. */
export const plantedBugs: readonly PlantedBug[] = [
  ...coreBugs,
  ...levelBugs,
  ...swarmBugs,
  ...sourceBugs,
  ...knownBugs,
];

/** The bugs whose names hold one of the texts; all, if there is no text. */
export function bugsOf(only: readonly string[]): readonly PlantedBug[] {
  return only.length === 0 ? plantedBugs : plantedBugs.filter(({ name }) => only.some((text) => name.includes(text)));
}

/** Hunts one bug. @param seedsMax after which it counts as not found. */
export async function huntWithSwarm(bug: PlantedBug, seedsMax: number): Promise<Hunted> {
  const where = bug.where === undefined ? [] : ["--where", bug.where];
  const parameters = ["--first", "--json", "--seeds", String(seedsMax), ...where];
  try {
    const { seeds, violations } = (await runPlanted(bug, "sim/src/main.ts", parameters)) as {
      readonly seeds: number;
      readonly violations: readonly { readonly seed: number; readonly found: readonly string[] }[];
    };
    const [first] = violations;
    return {
      bug: bug.name,
      seeds: first?.seed,
      tried: first === undefined ? seeds : seeds - 1,
      found: first?.found[0] ?? "",
    };
  } catch (error) {
    // The others are hunted all the same.
    return { bug: bug.name, seeds: undefined, tried: 0, found: String(error) };
  }
}

/** The median, and the largest, of the numbers of seeds. */
export function seedsNeeded(hunted: readonly Hunted[]): { readonly median: number; readonly worst: number } {
  const numbers = hunted.map(({ seeds }) => seeds ?? Infinity).toSorted((left, right) => left - right);
  return { median: numbers[numbers.length >> 1] ?? 0, worst: numbers.at(-1) ?? 0 };
}
