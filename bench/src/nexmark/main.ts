/**
 * Nexmark: a query over a file of events.
 *
 *     npm run nexmark -- --query q5 --input events.ndjson --output rows.ndjson
 *     npm run nexmark -- --query q5 --input events.ndjson --output rows.ndjson --parallelism 4 --crashes 5 --seed 1
 */
import { NexmarkLineError } from "./generator/mod.ts";
import { FlagError, HELP, readFileFlags } from "./run/flags.ts";
import { queryFile } from "./run/query-file.ts";

try {
  const flags = readFileFlags(process.argv.slice(2));
  if (flags === undefined) {
    console.log(HELP);
  } else {
    const { rows, crashes, ms } = await queryFile(flags);
    const killed = crashes === 0 ? "" : `, killed ${crashes} times`;
    console.error(`${flags.query}: ${rows} rows in ${flags.output}, ${ms} ms${killed}`);
  }
} catch (error) {
  const isInput = error instanceof FlagError || error instanceof NexmarkLineError;
  console.error(isInput ? error.message : error);
  process.exitCode = isInput ? 2 : 1;
}
