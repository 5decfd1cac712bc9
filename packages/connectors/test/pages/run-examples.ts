/** Runs examples one after the other, each in a folder of its own, and says as JSON what became of each: what it printed, or why not. */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { chdir, stdout } from "node:process";
import { pathToFileURL } from "node:url";

const [programs = "", fixtures = ""] = process.argv.slice(2);
const printed: string[] = [];
console.log = (...values: readonly unknown[]) => {
  const text = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(" ");
  printed.push(...text.split("\n"));
};

for (const file of readdirSync(programs).filter((name) => name.endsWith(".ts"))) {
  printed.length = 0;
  const folder = join(programs, `${basename(file, ".ts")}-folder`);
  mkdirSync(folder);
  for (const fixture of readdirSync(fixtures)) copyFileSync(join(fixtures, fixture), join(folder, fixture));
  chdir(folder);
  let failure: string | undefined;
  try {
    await import(pathToFileURL(join(programs, file)).href);
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  stdout.write(`${JSON.stringify({ file, printed, failure })}\n`);
}
