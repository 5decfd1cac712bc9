// runtimes: node24
import assert from "node:assert/strict";
import { test } from "node:test";
import { COSTS } from "../../src/beads/costs.ts";
import { dealBeads } from "../../src/beads/deal.ts";
import { colourInk, plainInk } from "../../src/beads/ink.ts";
import { newModel } from "../../src/beads/model.ts";
import { PAGE_COLUMNS, PAGE_ROWS, pageLines } from "../../src/beads/page.ts";
import { beatsOf } from "../../src/beads/beats.ts";
import { record } from "../../src/beads/record.ts";
import { type Frame, framesOf } from "../../src/beads/storyboard.ts";
import { BEADS, CHECKPOINT, COMPLETED, CRASHED } from "./scripted.ts";

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

function pageOf(frame: Frame): readonly string[] {
  return pageLines(frame, { number: 1, total: 1, below: [] }).map(plainInk);
}

const timed = [...CHECKPOINT, ...COMPLETED, CRASHED].map((event) => ({ atMs: 100, event }));

test("beatsOf: every event is in one beat, in order", () => {
  const beats = beatsOf(newModel(BEADS), timed);
  assert.deepEqual(
    beats.flatMap(({ events }) => events),
    timed.map(({ event }) => event),
  );
});

test("beatsOf: each barrier that reaches a subtask is a beat of its own", () => {
  const beats = beatsOf(newModel(BEADS), timed).filter(({ kind }) => kind === "align");
  assert.equal(beats.length, CHECKPOINT.filter(({ kind }) => kind === "barrier-received").length);
});

test("framesOf: a blocked input is drawn, and the caption says which and why", () => {
  const frame = framesOf(BEADS, timed).find(({ model }) => model.lanes["slow>even"].blocked)!;
  assert.match(frame.caption.title, /Barrier 1 has come to the even sum from the slow source: that input waits/);
  assert.match(frame.caption.text, /1 bead from the fast source is still before it/);
  assert.deepEqual(frame.places, ["sum(even)"]);
  assert.deepEqual(frame.lanes, ["slow>even"]);
  assert.match(pageOf(frame).join("\n"), /╌╌✕│/);
});

test("framesOf: channels are drawn with the next bead before the arrow", () => {
  const frame = framesOf(BEADS, timed).find(({ kind }) => kind === "trigger")!;
  const page = pageOf(frame).join("\n");
  assert.match(page, /read +1\/4├─+ 2▶│sum +0│/);
  assert.match(page, /╮ ╭─+10▶│/);
});

test("framesOf: snapshot, completion, commit and crash are told", () => {
  const titles = framesOf(BEADS, timed).map(({ caption }) => caption.title);
  for (const title of [
    "Checkpoint 1 begins",
    "The fast source sends barrier 1",
    "The even sum takes its snapshot: 12",
    "The odd sum takes its snapshot: 0",
    "Barrier 1 has reached the even sink",
    "The manifest is stored",
    "Checkpoint 1 is complete",
    "CRASH: a test",
  ]) {
    assert.ok(titles.includes(title), `${title} is not in\n${titles.join("\n")}`);
  }
});

test("pageLines: all pages have the same height, fit into a small terminal, and read the same in colour", async () => {
  for (const seed of [0, 9, 12345]) {
    const beads = dealBeads(seed);
    const { events } = await record({ beads, costs: COSTS, seed, checkpoints: true, crashIn: 2 });
    const heights = new Set<number>();
    for (const frame of framesOf(beads, events)) {
      const lines = pageLines(frame, { number: 100, total: 100, below: [] });
      heights.add(lines.length);
      for (const line of lines) {
        assert.ok(plainInk(line).length <= PAGE_COLUMNS, plainInk(line));
        assert.equal(colourInk(line).replaceAll(ESCAPES, "").trimEnd(), plainInk(line));
      }
    }
    assert.equal(heights.size, 1);
    assert.ok([...heights][0]! < PAGE_ROWS);
  }
});
