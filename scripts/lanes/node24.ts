/** Node 24, on the sources: every test there is, those about this repository too. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { repositoryFiles, select, sharedFiles } from "./files.ts";
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
      try {
        return await runJunit({
          program,
          programArguments: (report) => ["--conditions=@tidemark/source", ...nodeTestArguments(report), ...chosen],
          env: { NODE_COMPILE_CACHE: compiled },
          files: chosen,
          leftOut,
        });
      } finally {
        rmSync(compiled, { recursive: true, force: true });
      }
    },
  };
}
