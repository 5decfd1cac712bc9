/** Parts of a benchmark in processes of their own: what one taught the compiler does not touch the next. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What is run apart. */
export interface Part {
  /** The program, a module. */
  readonly main: URL;
  readonly programArguments: readonly string[];
  /** Flags of Node, beside those of this process. */
  readonly nodeFlags?: readonly string[];
}

/**
 * Runs a program that prints a JSON object on its last line, and gives that object. What it says on standard error comes
 * out on ours.
 *
 * @throws {Error} if it does not end well.
 */
export async function runApart({ main, programArguments, nodeFlags = [] }: Part): Promise<unknown> {
  const program = fileURLToPath(main);
  const child = spawn(process.execPath, [...nodeFlags, ...process.execArgv, program, ...programArguments], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code, signal] = (await once(child, "close")) as readonly unknown[];
  if (code !== 0) {
    throw new Error(`Cannot go on: measuring ${programArguments.join(" ")} ended with ${String(signal ?? code)}`);
  }
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
}
