/** Node 20, the floor: the tests turned into plain JavaScript, against the built packages. */
import { rmSync } from "node:fs";
import { join } from "node:path";

import { execute } from "../execute.ts";
import { compileTests } from "../compile-tests.ts";
import { ROOT, packages } from "../workspace.ts";
import { select, sharedFiles } from "./files.ts";
import { inGroups } from "./groups.ts";
import { type Lane, NARROW } from "./lane.ts";
import { nodeTestArguments } from "./node-runner.ts";
import { runJunit } from "./run-junit.ts";

/** The lane of Node 20. */
export function node20Lane(program: string): Lane {
  return {
    name: "node20",
    runtime: "node20",
    run: async () => {
      const { chosen, leftOut } = select(sharedFiles(), "node20");
      const folders = packages().map((each) => each.folder);
      const build = await execute(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-b", ...folders]);
      if (!build.succeeded) {
        return { cases: [], succeeded: false, output: build.output, leftOut, files: [] };
      }
      const compiled = await compileTests(chosen);
      const groups = inGroups(compiled.files);
      const result = await runJunit({
        program,
        programArguments: (report) => [...nodeTestArguments(report), ...groups.files],
        env: NARROW,
        files: chosen,
        leftOut,
      });
      groups.remove();
      if (result.succeeded) for (const folder of compiled.folders) rmSync(folder, { recursive: true, force: true });
      return result;
    },
  };
}
