/** Runs a program to its end, within a time limit. */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";

import { ROOT } from "./workspace.ts";

/** How to run a program. */
export interface ExecuteOptions {
  /** Default: the root of the repository. */
  readonly cwd?: string;
  /** Added to the environment; `undefined` takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: 20 minutes. */
  readonly timeoutMs?: number;
}

/** What a program did. */
export interface Outcome {
  readonly succeeded: boolean;
  /** Both streams, in the order in which they came. */
  readonly output: string;
  /** The standard output alone. */
  readonly stdout: string;
  readonly durationMs: number;
  readonly timedOut: boolean;
}

const TIMEOUT_MS = 20 * 60_000;

/** Runs a program with its output held back; never rejects. */
export async function execute(
  program: string,
  programArguments: readonly string[],
  options: ExecuteOptions = {},
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const startedAt = performance.now();
  const child = spawn(program, programArguments, {
    cwd: options.cwd ?? ROOT,
    env: {
      ...process.env,
      // Tools written in JavaScript look for `node` on the path, and get the one that runs this.
      PATH: [dirname(process.execPath), join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter),
      NO_COLOR: "1",
      FORCE_COLOR: undefined,
      NODE_OPTIONS: undefined,
      // Set by a test runner for its children; a nested runner would then report in another format.
      NODE_TEST_CONTEXT: undefined,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that a time limit also ends what the program started.
    detached: true,
  });
  let output = "";
  let stdout = "";
  let timedOut = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const endGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group is gone already.
    }
  };
  const limit = setTimeout(() => {
    timedOut = true;
    endGroup();
  }, options.timeoutMs ?? TIMEOUT_MS);
  process.once("exit", endGroup);
  const finish = (succeeded: boolean): void => {
    clearTimeout(limit);
    process.removeListener("exit", endGroup);
    if (timedOut) output += `\n${program} was ended after ${options.timeoutMs ?? TIMEOUT_MS} ms\n`;
    resolve({
      succeeded: succeeded && !timedOut,
      output,
      stdout,
      durationMs: performance.now() - startedAt,
      timedOut,
    });
  };
  child.on("error", (error) => {
    output += `${error.message}\n`;
    finish(false);
  });
  child.on("close", (code) => finish(code === 0));
  return await promise;
}

/** Milliseconds as a person reads them. */
export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
