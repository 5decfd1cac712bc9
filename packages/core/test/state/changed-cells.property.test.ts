import assert from "node:assert/strict";
import { describe, it } from "node:test";

import fc from "fast-check";

import { ChangedCells } from "../../src/state/changed-cells.ts";
import { Cell, Row, Space } from "../../src/state/row.ts";
import { check } from "../bytes/property.ts";

const ROW = new Row("a", new Space(null));

function cellOf(number: number): Cell {
  const cell = new Cell(ROW, 0, undefined);
  cell.value = number;
  cell.present = true;
  return cell;
}

/** As the table does it: something dead that was looked at is in it no more. */
function join(cells: ChangedCells, cell: Cell, looked: (cell: Cell) => void = () => undefined): void {
  if (cells.isSweeping) {
    cells.sweep((each) => {
      looked(each);
      return each.present;
    });
  }
  cells.push(cell);
}

/** Cells that join, and how many of the oldest ones that live die then. */
const steps = fc.array(fc.record({ joins: fc.nat(6_000), die: fc.nat(6_000) }), { maxLength: 8 });

describe("ChangedCells", () => {
  it("has each that lives, in the order in which they joined, and each once outside of a round", () => {
    check(
      fc.property(steps, (all) => {
        const cells = new ChangedCells();
        const alive: Cell[] = [];
        let number = 0;
        for (const { joins, die } of all) {
          for (let each = 0; each < joins; each++) {
            const cell = cellOf(number++);
            join(cells, cell);
            alive.push(cell);
          }
          for (const cell of alive.splice(0, die)) cell.present = false;
          const found = [...new Set(cells.chunks.flat())].filter(({ present }) => present);
          assert.deepEqual(
            found.map(({ value }) => value),
            alive.map(({ value }) => value),
          );
          assert.equal(cells.chunks.flat().length, cells.length);
          assert.ok(
            cells.chunks.every((chunk, index) => chunk.every((cell, at) => cells.at(index * 4_096 + at) === cell)),
          );
        }
        while (cells.isSweeping) cells.sweep(({ present }) => present);
        const left = cells.chunks.flat();
        assert.equal(new Set(left).size, left.length);
      }),
      20,
    );
  });

  it("is bounded by those that live, however many come and go", () => {
    const cells = new ChangedCells();
    const lasting = Array.from({ length: 5_000 }, (_, index) => cellOf(index));
    for (const cell of lasting) join(cells, cell);
    let most = 0;
    for (let number = 0; number < 100_000; number++) {
      const cell = cellOf(number);
      join(cells, cell);
      cell.present = false;
      most = Math.max(most, cells.length);
    }
    assert.ok(most <= 3 * lasting.length, `${most} cells, of which ${lasting.length} live`);
    assert.deepEqual(new Set(cells.chunks.flat().filter(({ present }) => present)), new Set(lasting));
  });

  it("looks at few cells with each that joins, and at none twice in a round", () => {
    const cells = new ChangedCells();
    let most = 0;
    let all = 0;
    for (let number = 0; number < 100_000; number++) {
      let looks = 0;
      join(cells, cellOf(number), () => looks++);
      most = Math.max(most, looks);
      all += looks;
    }
    assert.ok(most <= 4, `${most} looks with one cell`);
    assert.ok(all <= 200_000, `${all} looks in all`);
  });

  it("ends a round also where what is left fills its pieces", () => {
    const cells = new ChangedCells();
    const kept = Array.from({ length: 4_096 }, (_, index) => cellOf(index));
    for (const cell of kept) cells.push(cell);
    while (!cells.sweep(() => true));
    assert.equal(cells.length, 4_096);
    cells.push(cellOf(4_096));
    assert.equal(cells.at(4_096).value, 4_096);
    assert.deepEqual(
      cells.chunks.map(({ length }) => length),
      [4_096, 1],
    );
  });
});
