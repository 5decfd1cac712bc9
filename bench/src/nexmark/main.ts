/**
 * Nexmark: a query over a file of events, or all queries measured.
 *
 *     npm run nexmark -- --query q5 --input events.ndjson --output rows.ndjson
 *     npm run nexmark -- --query q5 --input events.ndjson --output rows.ndjson --parallelism 4 --crashes 5 --seed 1
 *     npm run nexmark -- --all --json
 */
import { NexmarkLineError } from "./generator/mod.ts";
import { measureAll } from "./measure/all.ts";
import { FlagError, HELP, readFileFlags } from "./run/flags.ts";
import { queryFile } from "./run/query-file.ts";

const programArguments = process.argv.slice(2);

try {
  if (programArguments.includes("--all")) await measureAll(programArguments);
  else await runOverFile();
} catch (error) {
  const isInput = error instanceof FlagError || error instanceof NexmarkLineError;
  console.error(isInput ? error.message : error);
  process.exitCode = isInput ? 2 : 1;
}

async function runOverFile(): Promise<void> {
  const flags = readFileFlags(programArguments);
  if (flags === undefined) return console.log(HELP);
  const { rows, crashes, ms } = await queryFile(flags);
  const killed = crashes === 0 ? "" : `, killed ${crashes} times`;
  console.error(`${flags.query}: ${rows} rows in ${flags.output}, ${ms} ms${killed}`);
}
