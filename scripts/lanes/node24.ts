/** Node 24, on the sources: every test there is, those about this repository too. */
import { runJunit } from "./run-junit.ts";
import { repositoryFiles, select, sharedFiles } from "./files.ts";
import type { Lane } from "./lane.ts";

/** The lane of Node 24. */
export function node24Lane(program: string): Lane {
  return {
    name: "node24",
    runtime: "node24",
    run: async () => {
      const { chosen, leftOut } = select([...sharedFiles(), ...repositoryFiles()], "node24");
      return await runJunit({
        program,
        programArguments: (report) => [
          "--conditions=@tidemark/source",
          "--test",
          "--test-concurrency=2",
          "--test-reporter=spec",
          "--test-reporter-destination=stdout",
          "--test-reporter=junit",
          `--test-reporter-destination=${report}`,
          ...chosen,
        ],
        files: chosen,
        leftOut,
      });
    },
  };
}
