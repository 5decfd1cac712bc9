/**
 * Builds the packages, starts an S3 server if one is needed, and kills a job again and again.
 *
 *     npm run soak -- --help
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { execute } from "./execute.ts";
import { withS3 } from "./services/s3-server.ts";
import { ROOT } from "./workspace.ts";

const MAIN = join(ROOT, "service-tests/src/soak/main.ts");

const flags = process.argv.slice(2);
const wantsS3 = flags.some((flag, at) => flag === "--backend=s3" || (flag === "--backend" && flags[at + 1] === "s3"));

/** The packages as they are built: no condition makes them find their sources. */
async function soak(environment: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, [MAIN, ...flags], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

const build = await execute("npm", ["run", "--silent", "build"]);
if (!build.succeeded) {
  console.error(build.output);
  throw new Error("Cannot soak: the packages do not build");
}
if (!wantsS3 || flags.includes("--help")) {
  process.exitCode = await soak({});
} else {
  const ran = await withS3({ log: (line) => console.log(line) }, soak);
  if ("missing" in ran) console.error(`Cannot soak on s3: ${ran.missing}`);
  process.exitCode = "missing" in ran ? 1 : ran.result;
}
