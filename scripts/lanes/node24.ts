/** Node 24, on the sources: every test there is, those about this repository too. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { RUNTIMES } from "../runtimes.ts";
import { repositoryFiles, runtimesOf, select, sharedFiles } from "./files.ts";
import { inGroups } from "./groups.ts";
import type { Lane } from "./lane.ts";
import { nodeTestArguments } from "./node-runner.ts";
import { runJunit } from "./run-junit.ts";

/** The lane of Node 24. */
export function node24Lane(program: string): Lane {
  return {
    name: "node24",
    runtime: "node24",
    run: async () => {
      const { chosen, leftOut } = select([...sharedFiles(), ...repositoryFiles()], "node24");
      // Each file, and each program that a test starts, is a process: without this each would strip the types again.
      const compiled = mkdtempSync(join(tmpdir(), "tidemark-compiled-"));
      // What runs nowhere else may change its process, and is alone in it.
      const alone = chosen.filter((file) => runtimesOf(file).length < RUNTIMES.length);
      const groups = inGroups(chosen.filter((file) => !alone.includes(file)));
      const files = [...alone, ...groups.files];
      try {
        return await runJunit({
          program,
          programArguments: (report) => ["--conditions=@tidemark/source", ...nodeTestArguments(report), ...files],
          env: { NODE_COMPILE_CACHE: compiled },
          files: chosen,
          leftOut,
        });
      } finally {
        groups.remove();
        rmSync(compiled, { recursive: true, force: true });
      }
    },
  };
}
