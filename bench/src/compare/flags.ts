/** The flags of `npm run bench:compare`. */
import { parseArgs } from "node:util";

/** What is compared. */
export interface CompareFlags {
  readonly revision: string;
  readonly rounds: number;
  /** A benchmark and its flags. */
  readonly benchmark: readonly string[];
  readonly json: boolean;
}

/** A flag that cannot be used as it was given. */
export class CompareFlagError extends Error {
  override readonly name = "CompareFlagError";
}

/** Some minutes: enough to see five in a hundred. */
const DEFAULT_BENCHMARK = "core --only count,hourly-total --records 1000000 --repeat 3 --parallelism 1".split(" ");

/** What stands behind `--` is the benchmark. @throws {CompareFlagError} with a sentence. */
export function readCompareFlags(programArguments: readonly string[]): CompareFlags {
  const end = programArguments.indexOf("--");
  const own = end < 0 ? programArguments : programArguments.slice(0, end);
  const benchmark = end < 0 ? DEFAULT_BENCHMARK : programArguments.slice(end + 1);
  const { values, positionals } = parse(own);
  const [revision, ...others] = positionals;
  if (revision === undefined || others.length > 0) {
    throw new CompareFlagError("Cannot compare: give one revision to compare with, such as main or HEAD~1");
  }
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new CompareFlagError(`Cannot use --rounds ${values.rounds}: it must be a whole number, at least 1`);
  }
  if (benchmark.length === 0) throw new CompareFlagError("Cannot compare nothing: a benchmark belongs behind --");
  return { revision, rounds, benchmark, json: values.json };
}

function parse(own: readonly string[]) {
  try {
    return parseArgs({
      args: [...own],
      allowPositionals: true,
      options: { rounds: { type: "string", default: "5" }, json: { type: "boolean", default: false } },
    });
  } catch (error) {
    throw new CompareFlagError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
