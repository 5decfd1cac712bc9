/**
 * Nexmark: a query over a file of events, or all queries measured.
 *
 *     npm run nexmark -- --query q5 --input events.ndjson --output rows.ndjson
 *     npm run nexmark -- --query q5 --input events.ndjson --output rows.ndjson --parallelism 4 --crashes 5 --seed 1
 *     npm run nexmark -- --all --json
 */
import { NexmarkLineError } from "./generator/parse.ts";
import { FlagError, HELP, readFileFlags } from "./run/flags.ts";

const programArguments = process.argv.slice(2);

try {
  if (programArguments.includes("--all")) await measure();
  else await runOverFile();
} catch (error) {
  const isInput = error instanceof FlagError || error instanceof NexmarkLineError;
  console.error(isInput ? error.message : error);
  process.exitCode = isInput ? 2 : 1;
}

// Each loads what it needs, once it is known that it can run: the engine takes a second, which no refusal has to wait for.
async function measure(): Promise<void> {
  const { measureAll } = await import("./measure/all.ts");
  await measureAll(programArguments);
}

async function runOverFile(): Promise<void> {
  const flags = readFileFlags(programArguments);
  if (flags === undefined) return console.log(HELP);
  const { queryFile } = await import("./run/query-file.ts");
  const { rows, crashes, ms } = await queryFile(flags);
  const killed = crashes === 0 ? "" : `, killed ${crashes} times`;
  console.error(`${flags.query}: ${rows} rows in ${flags.output}, ${ms} ms${killed}`);
}
