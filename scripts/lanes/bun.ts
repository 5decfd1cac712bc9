/** Bun, on the sources. */
import { fromRoot } from "../workspace.ts";
import { select, sharedFiles } from "./files.ts";
import { type Lane, NARROW } from "./lane.ts";
import { runJunit } from "./run-junit.ts";

/** The lane of Bun. */
export function bunLane(program: string): Lane {
  return {
    name: "bun",
    runtime: "bun",
    run: async () => {
      const { chosen, leftOut } = select(sharedFiles(), "bun");
      return await runJunit({
        program,
        programArguments: (report) => [
          "test",
          "--conditions=@tidemark/source",
          // Bun's own default of five seconds is shorter than what the other runners allow.
          "--timeout=120000",
          "--reporter=junit",
          `--reporter-outfile=${report}`,
          ...chosen.map((file) => `./${fromRoot(file)}`),
        ],
        env: { DO_NOT_TRACK: "1", ...NARROW },
        files: chosen,
        leftOut,
      });
    },
  };
}
