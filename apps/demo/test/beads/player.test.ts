// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import { plainInk, span } from "../../src/beads/ink.ts";
import type { Key } from "../../src/beads/keys.ts";
import { type Page, play } from "../../src/beads/player.ts";

const PAGES: readonly Page[] = ["one", "two", "three"].map((text) => ({
  kind: "flow",
  familiar: false,
  lines: [[span(text)]],
}));
const ESCAPE = String.fromCharCode(27);

/** Plays with keys that are pressed one after the other; `undefined` where nobody presses any. */
async function played(step: boolean, ...pressed: readonly (Key | undefined)[]) {
  let written = "";
  const waited: number[] = [];
  const left = [...pressed];
  const atEnd = await play(PAGES, {
    output: { write: (text: string) => (written += text) },
    keys: {
      press: (timeoutMs) => {
        waited.push(timeoutMs);
        return Promise.resolve(left.shift());
      },
    },
    ink: plainInk,
    speed: 2,
    step,
  });
  const shown = [...written.matchAll(/one|two|three/g)].map(([text]) => text);
  return { atEnd, shown, waited, written };
}

test("play: goes from page to page by itself, and gives the screen back", async () => {
  const { atEnd, shown, waited, written } = await played(false);
  assert.equal(atEnd, true);
  assert.deepEqual(shown, ["one", "two", "three"]);
  assert.deepEqual(waited, [250, 250, 250]);
  assert.ok(written.startsWith(`${ESCAPE}[?1049h`));
  assert.ok(written.endsWith(`${ESCAPE}[?25h${ESCAPE}[?1049l`));
});

test("play: waits for a key after each page when stepping, and goes back", async () => {
  const { shown, waited } = await played(true, "next", "back", "next", "next", "next");
  assert.deepEqual(shown, ["one", "two", "one", "two", "three"]);
  assert.ok(waited.every((timeoutMs) => timeoutMs === Infinity));
});

test("play: going back stops it, play lets it go on", async () => {
  const { shown, waited } = await played(false, undefined, "back", "play");
  assert.deepEqual(shown, ["one", "two", "one", "one", "two", "three"]);
  assert.deepEqual(waited, [250, 250, Infinity, 250, 250, 250]);
});

test("play: pause keeps the page, q ends it and gives the screen back", async () => {
  const { atEnd, shown, written } = await played(false, "pause", "quit");
  assert.equal(atEnd, false);
  assert.deepEqual(shown, ["one", "one"]);
  assert.ok(written.endsWith(`${ESCAPE}[?1049l`));
});
