/**
 * Everything that can be said about the repository without running the engine.
 *
 *     npm run check
 *     npm run check -- --only lint,types
 *     npm run check -- --only docs
 */
import { join } from "node:path";
import { parseArgs } from "node:util";

import { undocumented } from "./api-docs.ts";
import { bundleSizes } from "./bundle-size.ts";
import { execute, seconds } from "./execute.ts";
import { programOf } from "./runtimes.ts";
import { typeCost } from "./type-cost.ts";
import { ROOT, filesUnder, packages } from "./workspace.ts";

/** How a step ended. */
interface StepResult {
  readonly succeeded: boolean;
  /** Shown if it failed. */
  readonly output: string;
  /** Shown in any case. */
  readonly note?: string;
}

interface Step {
  readonly name: string;
  readonly about: string;
  run(): Promise<StepResult>;
}

const bin = (name: string): string => join(ROOT, "node_modules/.bin", name);
const OFFLINE = { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", DENO_NO_UPDATE_CHECK: "1" };

function tool(name: string, about: string, program: string, ...programArguments: string[]): Step {
  return { name, about, run: async () => await execute(program, programArguments, { env: OFFLINE }) };
}

/** Runs the same tool in every published package, one after the other. */
function inPackages(name: string, about: string, program: string, ...programArguments: string[]): Step {
  return {
    name,
    about,
    run: async () => {
      for (const { folder, name: packageName } of packages()) {
        const outcome = await execute(program, programArguments, { cwd: folder, env: OFFLINE });
        if (!outcome.succeeded) return { succeeded: false, output: `${packageName}\n${outcome.output}` };
      }
      return { succeeded: true, output: "", note: `${packages().length} packages` };
    },
  };
}

const types: Step = {
  name: "types",
  about: "tsc -b, tests included",
  run: async () => {
    // Core first and alone: an error there makes every other project repeat that core is not built.
    const core = await execute(bin("tsc"), ["-b", "packages/core"]);
    return core.succeeded ? await execute(bin("tsc"), ["-b"]) : core;
  },
};

const tidy: Step = {
  name: "tidy",
  about: "the repository's own rules",
  run: async () => {
    const files = filesUnder(join(ROOT, "scripts/tidy"), (path) => path.endsWith(".test.ts"));
    const outcome = await execute(process.execPath, ["--test", "--test-reporter=spec", ...files]);
    const passed = /^ℹ pass (\d+)$/m.exec(outcome.stdout)?.[1] ?? "0";
    return { ...outcome, succeeded: outcome.succeeded && Number(passed) > 0, note: `${passed} rules hold` };
  },
};

const size: Step = {
  name: "size",
  about: "core, and a small app, bundle for a neutral platform, within their budgets",
  run: async () => {
    try {
      const sizes = await bundleSizes();
      const lines = sizes.map((each) => `${each.entry}: ${each.gzipBytes} of ${each.gzipBytesMax} bytes gzipped`);
      const succeeded = sizes.every((each) => each.gzipBytes <= each.gzipBytesMax);
      return { succeeded, output: lines.join("\n"), note: lines.join(", ") };
    } catch (error) {
      return { succeeded: false, output: String(error) };
    }
  },
};

const typeCosts: Step = {
  name: "typecost",
  about: "a long pipeline costs the editor little",
  run: async () => {
    try {
      const { operators, instantiations, instantiationsMax } = await typeCost();
      const note = `${operators} operators: ${instantiations} of ${instantiationsMax} type instantiations`;
      return { succeeded: instantiations <= instantiationsMax, output: note, note };
    } catch (error) {
      return { succeeded: false, output: String(error) };
    }
  },
};

const docs: Step = {
  name: "docs",
  about: "every exported symbol, and every member of one, has a comment",
  run: async () => {
    try {
      const places = await undocumented();
      return { succeeded: places.length === 0, output: places.join("\n") };
    } catch (error) {
      return { succeeded: false, output: String(error) };
    }
  },
};

const STEPS: readonly Step[] = [
  tool("format", "oxfmt", bin("oxfmt"), "--check"),
  types,
  tool("lint", "oxlint with types", bin("oxlint"), "--type-aware", "--deny-warnings"),
  tool("boundaries", "no undeclared import between workspaces", bin("turbo"), "boundaries"),
  tidy,
  size,
  typeCosts,
  docs,
  tool(
    "jsr",
    "deno publish, without publishing",
    programOf("deno") ?? bin("deno"),
    "publish",
    "--dry-run",
    "--allow-dirty",
  ),
  inPackages("publint", "what npm users get, as files", bin("publint"), "run", ".", "--strict"),
  inPackages("attw", "what npm users get, as types", bin("attw"), "--pack", ".", "--profile", "esm-only"),
];

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const wanted = values.only === "" ? STEPS.map((step) => step.name) : values.only.split(",");
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`Cannot check ${unknown.join(", ")}: the steps are ${STEPS.map((step) => step.name).join(", ")}`);
  process.exit(2);
}

const startedAt = performance.now();
const failed: string[] = [];
for (const step of STEPS.filter(({ name }) => wanted.includes(name))) {
  const stepStartedAt = performance.now();
  const result = await step.run();
  const took = seconds(performance.now() - stepStartedAt);
  const note = result.note === undefined ? "" : `, ${result.note}`;
  console.log(`${result.succeeded ? "ok    " : "FAILED"}  ${step.name.padEnd(10)}  ${took}  (${step.about}${note})`);
  if (!result.succeeded) {
    failed.push(step.name);
    console.log(result.output.trimEnd());
  }
}
const took = seconds(performance.now() - startedAt);
console.log(failed.length === 0 ? `All checks hold, in ${took}` : `Failed after ${took}: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
