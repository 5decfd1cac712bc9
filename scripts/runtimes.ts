/** The runtimes that npm installs for the tests, and where their programs are. */
import { existsSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./workspace.ts";

/** The names of the runtimes, as a test file's first line writes them. */
export const RUNTIMES = ["node24", "node20", "deno", "bun", "workerd"] as const;

/** The name of a runtime. */
export type Runtime = (typeof RUNTIMES)[number];

const platform = `${process.platform}-${process.arch}`;
const bunPlatform = platform.replace("arm64", "aarch64");
const workerdPlatform = platform.replace("x64", "64");
const denoPlatform = process.platform === "linux" ? `${platform}-glibc` : platform;

// No install script ever runs here, so the programs are called where their platform packages put them. The two versions
// of Node have the same package name: the second one stays inside the workspace that asks for it.
const PROGRAMS: Readonly<Record<Runtime, string>> = {
  node24: `node_modules/node-${platform}/bin/node`,
  node20: `runtime-tests/node_modules/node-${platform}/bin/node`,
  deno: `node_modules/@deno/${denoPlatform}/deno`,
  bun: `node_modules/@oven/bun-${bunPlatform}/bin/bun`,
  workerd: `node_modules/@cloudflare/workerd-${workerdPlatform}/bin/workerd`,
};

/** The full path of a runtime's program, or `undefined` where npm has none for this machine. */
export function programOf(runtime: Runtime): string | undefined {
  const path = join(ROOT, PROGRAMS[runtime]);
  return existsSync(path) ? path : undefined;
}
