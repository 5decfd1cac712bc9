import assert from "node:assert/strict";
import { test } from "node:test";
import { flightAt } from "../../src/flights/columns.ts";
import { HOUR_MS, type HourlyRow } from "../../src/flights/flight.ts";
import { checkHours, checkLate, expectedHours } from "../../src/flights/oracle.ts";
import { columnsOf, DAY, HOUR, later } from "./sample.ts";

const columns = columnsOf([
  ["ABQ", 0, 5],
  ["ABQ", 59, -2],
  ["ABQ", 10, -1],
  ["ABQ", HOUR, 7],
  ["SFO", 5, -10],
  ["SFO", 6, 1688],
]);
const start = DAY * 60_000;
const rows: readonly HourlyRow[] = [
  { origin: "ABQ", hour: start, flights: 3, meanDelay: 2 / 3, worstDelay: 5 },
  { origin: "ABQ", hour: start + HOUR_MS, flights: 1, meanDelay: 7, worstDelay: 7 },
  { origin: "SFO", hour: start, flights: 2, meanDelay: 839, worstDelay: 1688 },
];
const nobodyLate = new Uint8Array(columns.rows);
const counts = ({ lost, doubled, wrong }: { lost: number; doubled: number; wrong: number }) => [lost, doubled, wrong];

async function hoursWith(committed: readonly unknown[]) {
  return checkHours(expectedHours(columns, nobodyLate), later(committed));
}

test("expectedHours counts flights, mean and worst delay per airport and hour", () => {
  assert.deepEqual([...expectedHours(columns, nobodyLate).values()], rows);
});

test("expectedHours leaves out the flights that are marked late", () => {
  const late = new Uint8Array(columns.rows);
  late[5] = 1;
  late[3] = 1;
  assert.deepEqual(
    [...expectedHours(columns, late).values()],
    [rows[0], { origin: "SFO", hour: start, flights: 1, meanDelay: -10, worstDelay: -10 }],
  );
});

test("checkHours finds nothing in the right rows, in any order", async () => {
  const { verdict, flights, ...rest } = await hoursWith(rows.toReversed());
  assert.deepEqual(counts(verdict), [0, 0, 0]);
  assert.equal(flights, 6);
  assert.equal(rest.rows, 3);
});

test("checkHours finds a planted loss", async () => {
  const { verdict } = await hoursWith(rows.slice(1));
  assert.deepEqual(counts(verdict), [1, 0, 0]);
  assert.match(verdict.examples[0]!, /^lost: .*"flights":3/);
});

test("checkHours finds planted copies", async () => {
  assert.deepEqual(counts((await hoursWith([...rows, rows[1], rows[1], rows[2]])).verdict), [0, 3, 0]);
});

test("checkHours finds a planted change of every field", async () => {
  const [first, ...others] = rows;
  for (const change of [{ flights: 4 }, { meanDelay: 0.6666666666666665 }, { worstDelay: 6 }, { extra: 1 }]) {
    assert.deepEqual(
      counts((await hoursWith([{ ...first, ...change }, ...others])).verdict),
      [0, 0, 1],
      JSON.stringify(change),
    );
  }
  for (const change of [{ origin: "SEA" }, { hour: start - HOUR_MS }]) {
    assert.deepEqual(
      counts((await hoursWith([{ ...first, ...change }, ...others])).verdict),
      [1, 0, 1],
      JSON.stringify(change),
    );
  }
});

test("checkHours finds a row that was committed in two parts", async () => {
  const parts = [
    { origin: "SFO", hour: start, flights: 1, meanDelay: -10, worstDelay: -10 },
    { origin: "SFO", hour: start, flights: 1, meanDelay: 1688, worstDelay: 1688 },
  ];
  assert.deepEqual(counts((await hoursWith([rows[0], rows[1], ...parts])).verdict), [0, 1, 1]);
});

const beyond = Uint8Array.of(0, 1, 0, 0, 1, 0);
const lateFlights = [flightAt(columns, 1), flightAt(columns, 4)];

test("checkLate takes the late flights and finds nothing in them", async () => {
  const { late, verdict, rows: count } = await checkLate(columns, beyond, true, later(lateFlights));
  assert.deepEqual([...late], [...beyond]);
  assert.deepEqual(counts(verdict), [0, 0, 0]);
  assert.equal(count, 2);
});

test("checkLate finds a planted loss where all of them must be there, and only there", async () => {
  const some = lateFlights.slice(1);
  assert.deepEqual(counts((await checkLate(columns, beyond, true, later(some))).verdict), [1, 0, 0]);
  assert.deepEqual(counts((await checkLate(columns, beyond, false, later(some))).verdict), [0, 0, 0]);
});

test("checkLate finds planted copies, changes, strangers and flights that are not late", async () => {
  const faults: readonly [unknown, readonly number[]][] = [
    [lateFlights[0], [0, 1, 0]],
    [flightAt(columns, 2), [0, 0, 1]],
    [{ ...flightAt(columns, 2), row: 6 }, [0, 0, 1]],
    [{ ...flightAt(columns, 2), row: "2" }, [0, 0, 1]],
    [{}, [0, 0, 1]],
  ];
  for (const [fault, expected] of faults) {
    const { verdict } = await checkLate(columns, beyond, true, later([...lateFlights, fault]));
    assert.deepEqual(counts(verdict), expected, JSON.stringify(fault));
  }
  const changed = [{ ...lateFlights[0], delay: 0 }, lateFlights[1]];
  assert.deepEqual(counts((await checkLate(columns, beyond, true, later(changed))).verdict), [0, 0, 1]);
});

test("a flight in both outputs is found", async () => {
  const { late, verdict } = await checkLate(columns, beyond, true, later(lateFlights));
  const hours = await checkHours(expectedHours(columns, late), later(rows));
  assert.deepEqual(counts(verdict), [0, 0, 0]);
  assert.deepEqual(counts(hours.verdict), [0, 0, 2]);
});

test("checkHours and checkLate count what is no row at all as wrong", async () => {
  const odd = ['{"origin":"AB', null, 7, []];
  assert.deepEqual(counts((await hoursWith([...rows, ...odd])).verdict), [0, 0, 4]);
  const { verdict } = await checkLate(columns, beyond, true, later([...lateFlights, ...odd]));
  assert.deepEqual(counts(verdict), [0, 0, 4]);
});
