import assert from "node:assert/strict";
import { test } from "node:test";
import { flightAt, readColumns, ROWS_ALL } from "../../src/flights/columns.ts";
import { durationMs, parseFlags } from "../../src/flights/flags.ts";
import { beyondBound } from "../../src/flights/lateness.ts";
import { feedOrder } from "../../src/flights/order.ts";

test("readColumns decodes the first flights by row number", async () => {
  const columns = await readColumns(5);
  assert.equal(columns.rows, 5);
  assert.deepEqual(flightAt(columns, 0), {
    row: 0,
    origin: "LAS",
    destination: "PHL",
    scheduled: Date.UTC(2001, 0, 1, 0, 1),
    delay: 33,
    distance: 2176,
  });
  assert.deepEqual(
    [1, 2, 3, 4].map((row) => flightAt(columns, row)).map(({ origin, delay }) => [origin, delay]),
    [
      ["ATL", 19],
      ["MCI", 14],
      ["ANC", -13],
      ["RIC", 1],
    ],
  );
  await assert.rejects(() => readColumns(ROWS_ALL + 1), RangeError);
});

test("the data set is what the README says it is", async () => {
  const columns = await readColumns(ROWS_ALL);
  const { delay, scheduledMinute } = columns;
  const least = delay.reduce((one, other) => Math.min(one, other));
  const most = delay.reduce((one, other) => Math.max(one, other));
  assert.deepEqual([least, most], [-1116, 1688]);
  assert.equal(new Set(columns.origin).size, 229);

  let repeated = 0;
  let seen = new Set<string>();
  for (let row = 0; row < columns.rows; row++) {
    if (row > 0 && scheduledMinute[row] !== scheduledMinute[row - 1]) seen = new Set();
    const { row: _, ...flight } = flightAt(columns, row);
    const text = JSON.stringify(flight);
    if (seen.has(text)) repeated++;
    seen.add(text);
  }
  assert.equal(repeated, 191);

  const boundMs = durationMs(parseFlags([]).bound);
  const late = beyondBound(columns, feedOrder(columns), boundMs, [0]).reduce((sum, one) => sum + one, 0);
  assert.equal(late, 3_537);
});
