import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { LineFramer } from "../../src/file/line-framer.ts";
import { check } from "../property.ts";

const encoder = new TextEncoder();

interface Line {
  readonly text: string;
  readonly end: number;
  readonly problem: string | undefined;
}

/** Cuts bytes at the given places and frames the chunks. */
function frame(bytes: Uint8Array, cuts: readonly number[], lineBytesMax = 1_000_000): Line[] {
  const framer = new LineFramer(0, lineBytesMax);
  const lines: Line[] = [];
  const drain = (): void => {
    while (framer.advance()) lines.push({ text: framer.text, end: framer.end, problem: framer.problem });
  };
  let from = 0;
  for (const to of [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)) {
    framer.push(bytes.slice(from, to));
    // Lines are also asked for when there may be none.
    if (to % 2 === 0) drain();
    from = to;
  }
  framer.push(bytes.slice(from));
  framer.finish();
  drain();
  assert.ok(!framer.advance());
  return lines;
}

/** What the lines of a text are, found in the simplest way. */
function linesOf(text: string): readonly Omit<Line, "problem">[] {
  const pieces = text.split("\n");
  const last = pieces.pop();
  let end = 0;
  const lines = pieces.map((piece) => ({ text: piece, end: (end += encoder.encode(piece).length + 1) }));
  return last === "" || last === undefined ? lines : [...lines, { text: last, end: end + encoder.encode(last).length }];
}

const unit = fc.constantFrom("a", "b", "\n", "\r\n", "\n", "é", "日", "🌊", "\u{2028}", "\0", "\r");
const text = fc.array(unit, { maxLength: 60 }).map((units) => units.join(""));
const cuts = fc.array(fc.nat(300), { maxLength: 40 });

test("LineFramer finds the same lines at the same bytes, wherever the chunks end", () => {
  check(
    fc.property(text, cuts, (text, cuts) => {
      const found = frame(encoder.encode(text), cuts);
      assert.deepEqual(
        found,
        linesOf(text).map((line) => ({ ...line, problem: undefined })),
      );
    }),
    2_000,
  );
});

test("LineFramer finds the same problems, wherever the chunks end", () => {
  const bytes = fc.array(fc.constantFrom(0x61, 0x0a, 0x0d, 0xc3, 0xa9, 0xff, 0xf0, 0x80), { maxLength: 80 });
  check(
    fc.property(bytes, cuts, fc.integer({ min: 1, max: 12 }), (bytes, cuts, lineBytesMax) => {
      const whole = frame(Uint8Array.from(bytes), [], lineBytesMax);
      assert.deepEqual(frame(Uint8Array.from(bytes), cuts, lineBytesMax), whole);
      for (const [index, { end, problem }] of whole.entries()) {
        const start = whole[index - 1]?.end ?? 0;
        const length = end - start - (bytes[end - 1] === 0x0a ? 1 : 0);
        assert.equal(problem?.startsWith("it is longer") ?? false, length > lineBytesMax);
      }
    }),
    2_000,
  );
});

test("LineFramer keeps little of a line that is too long", () => {
  const framer = new LineFramer(0, 100);
  for (let i = 0; i < 1_000; i++) {
    framer.push(encoder.encode("x".repeat(1_000)));
    assert.ok(!framer.advance());
  }
  framer.push(encoder.encode("\nshort\n"));
  assert.ok(framer.advance());
  assert.equal(framer.problem, "it is longer than 100 bytes");
  assert.equal(framer.text, "x".repeat(1_024));
  assert.equal(framer.end, 1_000_001);
  assert.ok(framer.advance());
  assert.deepEqual([framer.text, framer.problem, framer.end], ["short", undefined, 1_000_007]);
});

test("LineFramer leaves out a byte order mark at the top of the file only", () => {
  const lines = frame(encoder.encode("\u{feff}one\n\u{feff}two\n"), [1, 2, 3, 4]);
  assert.deepEqual(
    lines.map((line) => line.text),
    ["one", "\u{feff}two"],
  );
  assert.equal(lines[0]?.end, 7);
});
