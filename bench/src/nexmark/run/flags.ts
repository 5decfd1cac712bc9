/** The flags of `npm run nexmark`. */
import { parseArgs } from "node:util";

import type { Duration } from "@tidemark/core";

import { ORACLE, type QueryName } from "../oracle/mod.ts";

/** A query over a file. */
export interface FileFlags {
  readonly query: QueryName;
  readonly input: string;
  readonly output: string;
  readonly parallelism: number;
  readonly outOfOrder: Duration;
  readonly crashes: number;
  readonly seed: number;
}

/** A flag that cannot be used as it was given. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

export const HELP = `npm run nexmark -- --query <name> --input <file> --output <file> [flags]

npm run nexmark -- --all [--only q0,q1] [--profiles 10M/s,10k/s] [--setups memory,leveldb,file-sink] [--events 500000]
  [--rounds 3] [--markdown] [--json]

Runs a query of the Nexmark benchmark over a file of events: one {"person":{…}}, {"auction":{…}} or {"bid":{…}} on each
line. Each line of the output is a row, as a JSON array.

  --query <name>           q0 to q22
  --input <file>           the events, as lines of JSON
  --output <file>          where the rows go; of a query whose answer is a table that changes, the table at the end
  --parallelism <n>        subtasks of each stage, and parts of the input that are read side by side: 1 to 64 (default 1)
  --out-of-order <duration>  by how much an event may be behind the latest one (default 10s)
  --crashes <n>            how often the job is killed with SIGKILL and started again: 0 to 1000 (default 0)
  --seed <n>               draws where it is killed (default 1)
  --all                    measures all queries instead, each answer compared with the oracle
  --help                   this text

Ends with 0 if the output is written, 2 if a flag or a line of the input cannot be used, 1 if something else failed.
`;

const DURATION = /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/;

/**
 * Reads the flags; `undefined` if help was asked for.
 *
 * @throws {FlagError} with a sentence.
 */
export function readFileFlags(programArguments: readonly string[]): FileFlags | undefined {
  const values = parse(programArguments);
  if (values.help === true) return undefined;
  const { query = "", input, output } = values;
  if (!Object.hasOwn(ORACLE, query)) throw new FlagError(`Cannot run --query ${query}: there are q0 to q22`);
  if (input === undefined) throw new FlagError("Cannot run without --input: give it a file of events");
  if (output === undefined) throw new FlagError("Cannot run without --output: give it a file for the rows");
  const outOfOrder = values["out-of-order"] ?? "10s";
  if (!DURATION.test(outOfOrder)) {
    throw new FlagError(`Cannot use --out-of-order ${outOfOrder}: it is a duration such as 10s or 500ms`);
  }
  return {
    query: query as QueryName,
    input,
    output,
    parallelism: whole("parallelism", values.parallelism, { from: 1, to: 64, otherwise: 1 }),
    outOfOrder: outOfOrder as Duration,
    crashes: whole("crashes", values.crashes, { from: 0, to: 1000, otherwise: 0 }),
    seed: whole("seed", values.seed, { from: 0, to: 2 ** 32 - 1, otherwise: 1 }),
  };
}

type Values = Partial<
  Record<"query" | "input" | "output" | "parallelism" | "out-of-order" | "crashes" | "seed", string>
>;

function parse(programArguments: readonly string[]): Values & { readonly help?: boolean } {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      args: [...programArguments],
      options: {
        query: text,
        input: text,
        output: text,
        parallelism: text,
        "out-of-order": text,
        crashes: text,
        seed: text,
        help: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    throw new FlagError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function whole(
  flag: string,
  text: string | undefined,
  { from, to, otherwise }: { readonly from: number; readonly to: number; readonly otherwise: number },
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= from && value <= to) return value;
  throw new FlagError(`Cannot use --${flag} ${text}: it must be a whole number from ${from} to ${to}`);
}
