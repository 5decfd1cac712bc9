/**
 * Checks the flights job against its lock file, or writes the file with `--write`: `npm run demo:lock`.
 *
 * @module
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { checkLock } from "@tidemark/core/lock";
import { LOCK_FILE, lockedJob, readLock, writeLock } from "./file.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });
if (values.write) await writeLock();
const lock = await readLock();
const found = lock === undefined ? [] : checkLock(lockedJob(), lock);
const name = relative(process.cwd(), LOCK_FILE);
if (lock === undefined) console.log(`There is no ${name}. Write it with --write`);
else if (found.length === 0) console.log(`The job and ${name} agree`);
for (const { message, breaking } of found) console.log(`${breaking ? "BREAKS" : "differs"}  ${message}`);
process.exitCode = lock === undefined || found.length > 0 ? 1 : 0;
