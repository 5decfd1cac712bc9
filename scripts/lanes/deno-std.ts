/** The tests that only Deno can run, because they use its standard library from JSR. */
import { join } from "node:path";

import { execute } from "../execute.ts";
import { ROOT, filesUnder } from "../workspace.ts";
import type { Lane } from "./lane.ts";
import { runJunit } from "./run-junit.ts";

const REACH_TIMEOUT_MS = 45_000;

/** The lane of `runtime-tests/deno`. */
export function denoStdLane(program: string): Lane {
  return {
    name: "deno-std",
    runtime: "deno",
    run: async () => {
      const files = filesUnder(join(ROOT, "runtime-tests/deno"), (path) => path.endsWith(".test.ts"));
      const fetched = await execute(program, ["cache", "--no-check", ...files], { timeoutMs: REACH_TIMEOUT_MS });
      if (!fetched.succeeded && (fetched.timedOut || /JSR package|jsr\.io/.test(fetched.output))) {
        const names = files.length;
        return {
          cases: [],
          succeeded: true,
          output: fetched.output,
          leftOut: files.map((file) => ({ file: file.slice(ROOT.length), reason: "JSR is not reachable" })),
          notRun: `JSR is not reachable, ${names} file${names === 1 ? "" : "s"} not run`,
          files: [],
        };
      }
      return await runJunit({
        program,
        programArguments: (report) => ["test", "--allow-all", "--no-check", `--junit-path=${report}`, ...files],
        files,
        leftOut: [],
      });
    },
  };
}
