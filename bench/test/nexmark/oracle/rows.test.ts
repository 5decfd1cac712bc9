import assert from "node:assert/strict";
import { test } from "node:test";

import { compareRows, compareTied, type TiedAnswer } from "../../../src/nexmark/oracle/mod.ts";

const NONE = { missing: [], unexpected: [] };

test("compareRows does not mind the order", () => {
  const rows = [
    [1, "a"],
    [2, null],
    [1, "a"],
  ];
  assert.deepEqual(compareRows(rows, rows.toReversed()), NONE);
});

test("compareRows counts equal rows", () => {
  assert.deepEqual(compareRows([[1], [1]], [[1]]), { missing: [], unexpected: ["[1]"] });
  assert.deepEqual(compareRows([[1]], [[1], [1], [1]]), { missing: ["[1]", "[1]"], unexpected: [] });
});

test("compareRows tells a number from its text, and null from nothing", () => {
  assert.deepEqual(compareRows([["1"]], [[1]]), { missing: ["[1]"], unexpected: ['["1"]'] });
  assert.deepEqual(compareRows([[null]], [[]]), { missing: ["[]"], unexpected: ["[null]"] });
});

const CHOICE: TiedAnswer = {
  ranked: false,
  choices: [
    {
      candidates: [
        ["x", 1],
        ["x", 2],
        ["x", 3],
      ],
      take: 2,
    },
    { candidates: [["y", 1]], take: 1 },
  ],
};

test("compareTied takes any of the candidates, as many as there must be", () => {
  assert.deepEqual(
    compareTied(
      [
        ["x", 3],
        ["y", 1],
        ["x", 1],
      ],
      CHOICE,
    ),
    NONE,
  );
  const tooMany = [
    ["x", 1],
    ["x", 2],
    ["x", 3],
    ["y", 1],
  ];
  assert.deepEqual(compareTied(tooMany, CHOICE), { missing: [], unexpected: ['["x",3]'] });
  const twice = [
    ["x", 1],
    ["x", 1],
    ["y", 1],
  ];
  assert.deepEqual(compareTied(twice, CHOICE), {
    missing: ['1 of 2 of ["x",1] or ["x",2] or ["x",3]'],
    unexpected: ['["x",1]'],
  });
  assert.deepEqual(
    compareTied(
      [
        ["x", 1],
        ["x", 2],
        ["z", 1],
      ],
      CHOICE,
    ),
    {
      missing: ['1 of 1 of ["y",1]'],
      unexpected: ['["z",1]'],
    },
  );
});

test("compareTied checks that ranks follow each other without a gap", () => {
  const ranked: TiedAnswer = {
    ranked: true,
    choices: [
      { candidates: [["b"]], take: 1, firstRank: 1 },
      { candidates: [["a"], ["a"]], take: 2, firstRank: 2 },
    ],
  };
  assert.deepEqual(
    compareTied(
      [
        ["a", 3],
        ["b", 1],
        ["a", 2],
      ],
      ranked,
    ),
    NONE,
  );
  assert.deepEqual(
    compareTied(
      [
        ["b", 1],
        ["a", 2],
        ["a", 2],
      ],
      ranked,
    ),
    {
      missing: ['1 of 2 of ["a"] or ["a"]'],
      unexpected: ['["a",2]'],
    },
  );
  assert.deepEqual(
    compareTied(
      [
        ["b", 2],
        ["a", 2],
        ["a", 3],
      ],
      ranked,
    ).unexpected,
    ['["b",2]'],
  );
});
