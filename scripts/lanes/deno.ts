/** Deno, on the sources. */
import { select, sharedFiles } from "./files.ts";
import { inGroups } from "./groups.ts";
import { type Lane, NARROW } from "./lane.ts";
import { runJunit } from "./run-junit.ts";

/** The lane of Deno. */
export function denoLane(program: string): Lane {
  return {
    name: "deno",
    runtime: "deno",
    run: async () => {
      const { chosen, leftOut } = select(sharedFiles(), "deno");
      const groups = inGroups(chosen);
      const result = await runJunit({
        program,
        programArguments: (report) => [
          "test",
          "--allow-all",
          "--no-check",
          "--conditions=@tidemark/source",
          `--junit-path=${report}`,
          ...groups.files,
        ],
        env: { DENO_NO_UPDATE_CHECK: "1", ...NARROW },
        files: chosen,
        leftOut,
      });
      groups.remove();
      return result;
    },
  };
}
