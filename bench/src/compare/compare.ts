/** Two revisions, measured in turns. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { runApart } from "../apart.ts";
import { spreadOf, type Spread } from "../statistics.ts";
import { type Figures, figuresOf } from "./figures.ts";
import { checkOut } from "./revision.ts";

/** What is compared, and how often. */
export interface Comparison {
  /** The root of this revision, as its files are now. */
  readonly root: string;
  readonly revision: string;
  /** The benchmark and its flags, as for `npm run bench`, or `nexmark` and those of `npm run nexmark`. */
  readonly benchmark: readonly string[];
  readonly rounds: number;
  readonly progress: (done: string) => void;
}

/** One figure of both. */
export interface ComparedFigure {
  readonly name: string;
  readonly here: Spread;
  readonly there: Spread;
  /** This revision's figure in parts of the other's, turn by turn: above 1 this one is better. */
  readonly ratio: Spread;
}

/** What two revisions came to. */
export interface Compared {
  readonly commit: string;
  readonly figures: readonly ComparedFigure[];
}

/**
 * Checks a revision out, runs a benchmark in both, in turns, and takes the other one away again. Who begins changes with
 * every round, so that a machine that gets slower or faster favours none.
 *
 * @throws {Error} if there is no such revision, or a run fails. @throws {RangeError} if reports have nothing to compare.
 */
export async function compareRevisions(comparison: Comparison): Promise<Compared> {
  const { root, revision, rounds, progress } = comparison;
  const other = await checkOut(root, revision);
  try {
    const pairs: { readonly here: Figures; readonly there: Figures }[] = [];
    for (let round = 0; round < rounds; round++) {
      const measure = (directory: string): Promise<Figures> => measureIn(directory, comparison);
      if (round % 2 === 0) {
        const here = await measure(root);
        pairs.push({ here, there: await measure(other.directory) });
      } else {
        const there = await measure(other.directory);
        pairs.push({ here: await measure(root), there });
      }
      progress(`round ${round + 1} of ${rounds}`);
    }
    return { commit: other.commit, figures: compareFigures(pairs) };
  } finally {
    await other.dispose();
  }
}

async function measureIn(directory: string, { benchmark }: Comparison): Promise<Figures> {
  const [name = "", ...flags] = benchmark;
  const isNexmark = name === "nexmark";
  const program = isNexmark ? "nexmark/main.ts" : "main.ts";
  const report = await runApart({
    main: pathToFileURL(join(directory, "bench/src", program)),
    programArguments: [...(isNexmark ? ["--all"] : [name]), ...flags, "--json"],
  });
  return figuresOf(report as Readonly<Record<string, unknown>>);
}

function compareFigures(
  pairs: readonly { readonly here: Figures; readonly there: Figures }[],
): readonly ComparedFigure[] {
  const names = [...(pairs[0]?.here.keys() ?? [])].filter((name) =>
    pairs.every(({ here, there }) => here.has(name) && there.has(name)),
  );
  if (names.length === 0) throw new RangeError("Cannot compare the revisions: their reports have no figure in common");
  return names.map((name) => {
    const here = pairs.map((pair) => pair.here.get(name) ?? 0);
    const there = pairs.map((pair) => pair.there.get(name) ?? 0);
    const ratios = here.map((figure, round) => figure / (there[round] ?? 0));
    return { name, here: spreadOf(here), there: spreadOf(there), ratio: spreadOf(ratios) };
  });
}
