/** Saves, or goes on from what others have saved, in an isolate: it is given JSON, and prints JSON. */
import { type GoneOn, goOn, save, type Saved } from "./program.ts";

/** What the isolate is given. */
interface Bindings {
  /** Nothing: it is to save. */
  readonly SAVED: readonly Saved[];
}

/** So long that every console takes a line whole. */
const PIECE = 4_000;

/** What `workerd test` calls. */
// oxlint-disable-next-line import/no-default-export
export default {
  async test(_controller: unknown, { SAVED }: Bindings): Promise<void> {
    const all: (Saved | GoneOn)[] = [];
    for (const saved of SAVED) all.push(await goOn(saved));
    if (SAVED.length === 0) all.push(await save());
    const text = JSON.stringify(all);
    for (let at = 0; at < text.length; at += PIECE) console.log(`restore-piece ${text.slice(at, at + PIECE)}`);
  },
};
