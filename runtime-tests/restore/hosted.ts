/** Saves, or goes on from what others have saved, on a runtime with files: `save OUT`, or `go-on OUT SAVED...`. */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";

import { type GoneOn, goOn, save, type Saved } from "./program.ts";

const [what, out = "", ...saved] = process.argv.slice(2);
if (what === "save") await writeFile(out, JSON.stringify(await save()));
else {
  const all: GoneOn[] = [];
  for (const file of saved) all.push(await goOn(JSON.parse(await readFile(file, "utf8")) as Saved));
  await writeFile(out, JSON.stringify(all));
}
