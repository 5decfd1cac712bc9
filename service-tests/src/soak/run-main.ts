/** Runs the soak as its users do, on the built packages, and reads the last line. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a run printed. */
export interface MainOutcome {
  readonly code: number;
  readonly output: string;
  /** The JSON object of the last line; empty if there is none. */
  readonly result: Readonly<Record<string, unknown>>;
}

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

/** Runs it with these flags. */
export function runMain(...flags: readonly string[]): Promise<MainOutcome> {
  return new Promise((resolve) => {
    // No condition: the packages are found as a user finds them.
    execFile(process.execPath, [MAIN, ...flags], { env: environment() }, (error, stdout, stderr) => {
      const last = stdout.trim().split("\n").at(-1) ?? "";
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      const result = last.startsWith("{") ? (JSON.parse(last) as Record<string, unknown>) : {};
      resolve({ code, output: stdout + stderr, result });
    });
  });
}

/** Without what a test runner sets for its children. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...others } = process.env;
  return others;
}
