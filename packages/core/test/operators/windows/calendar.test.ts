import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  calendarDays,
  calendarMonths,
  type CalendarWindows,
  calendarWeeks,
} from "../../../src/operators/windows/calendar.ts";
import type { TimeWindow } from "../../../src/time/windows.ts";
import { END_OF_TIME } from "../../../src/time/timestamps.ts";
import { check } from "../../bytes/property.ts";
import { Harness, verifyOperator } from "../harness.ts";
import { operatorOf, planOf, shown } from "./windows.ts";

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const iso = (time: number): string => new Date(time).toISOString().replace(":00.000Z", "Z");

/** The window that a record of a time is put into. */
function windowOf(assigner: CalendarWindows, time: number): TimeWindow {
  const harness = new Harness(operatorOf(assigner));
  harness.batch(["a1", time]);
  harness.watermark(END_OF_TIME);
  assert.equal(harness.save().entries.size, 0);
  return (harness.values[0] as { readonly window: TimeWindow }).window;
}

const BERLIN = "Europe/Berlin";
const NEW_YORK = "America/New_York";

describe("calendar windows", () => {
  const golden: readonly (readonly [
    string,
    CalendarWindows,
    time: string,
    start: string,
    end: string,
    hours: number,
  ])[] = [
    ["a day", calendarDays(BERLIN), "2024-01-15T12:00:00Z", "2024-01-14T23:00Z", "2024-01-15T23:00Z", 24],
    ["its first instant", calendarDays(BERLIN), "2024-01-14T23:00:00Z", "2024-01-14T23:00Z", "2024-01-15T23:00Z", 24],
    ["its last", calendarDays(BERLIN), "2024-01-15T22:59:59.999Z", "2024-01-14T23:00Z", "2024-01-15T23:00Z", 24],
    ["clocks put forward", calendarDays(BERLIN), "2024-03-31T12:00:00Z", "2024-03-30T23:00Z", "2024-03-31T22:00Z", 23],
    ["clocks put back", calendarDays(BERLIN), "2024-10-27T12:00:00Z", "2024-10-26T22:00Z", "2024-10-27T23:00Z", 25],
    ["forward, west", calendarDays(NEW_YORK), "2024-03-10T12:00:00Z", "2024-03-10T05:00Z", "2024-03-11T04:00Z", 23],
    ["back, west", calendarDays(NEW_YORK), "2024-11-03T12:00:00Z", "2024-11-03T04:00Z", "2024-11-04T05:00Z", 25],
    ["before 1970", calendarDays(BERLIN), "1969-07-20T23:30:00Z", "1969-07-20T23:00Z", "1969-07-21T23:00Z", 24],
    [
      "from 17:00",
      calendarDays(NEW_YORK, { startsAt: "17h" }),
      "2024-03-10T12:00:00Z",
      "2024-03-09T22:00Z",
      "2024-03-10T21:00Z",
      23,
    ],
    [
      "from 2:30, which is left out",
      calendarDays(BERLIN, { startsAt: "2.5h" }),
      "2024-03-31T12:00:00Z",
      "2024-03-31T01:00Z",
      "2024-04-01T00:30Z",
      23.5,
    ],
    [
      "two days",
      calendarDays("UTC", { every: 2 }),
      "1969-12-31T12:00:00Z",
      "1969-12-30T00:00Z",
      "1970-01-01T00:00Z",
      48,
    ],
    [
      "no midnight",
      calendarDays("America/Sao_Paulo"),
      "2018-11-04T12:00:00Z",
      "2018-11-04T03:00Z",
      "2018-11-05T02:00Z",
      23,
    ],
    [
      "23:00 twice",
      calendarDays("America/Sao_Paulo"),
      "2018-02-18T02:30:00Z",
      "2018-02-17T02:00Z",
      "2018-02-18T03:00Z",
      25,
    ],
    [
      "0:00 twice",
      calendarDays("America/St_Johns"),
      "2006-10-29T02:45:00Z",
      "2006-10-29T02:30Z",
      "2006-10-30T03:30Z",
      25,
    ],
    [
      "after a day left out",
      calendarDays("Pacific/Apia"),
      "2011-12-30T10:00:00Z",
      "2011-12-30T10:00Z",
      "2011-12-31T10:00Z",
      24,
    ],
    ["a week", calendarWeeks(BERLIN), "2024-04-02T12:00:00Z", "2024-03-31T22:00Z", "2024-04-07T22:00Z", 168],
    [
      "a week with a change",
      calendarWeeks(BERLIN),
      "2024-03-31T12:00:00Z",
      "2024-03-24T23:00Z",
      "2024-03-31T22:00Z",
      167,
    ],
    [
      "a week from Sunday",
      calendarWeeks("UTC", { startsOn: "sunday" }),
      "1969-12-31T00:00:00Z",
      "1969-12-28T00:00Z",
      "1970-01-04T00:00Z",
      168,
    ],
    ["January", calendarMonths("UTC"), "2024-01-31T23:59:59.999Z", "2024-01-01T00:00Z", "2024-02-01T00:00Z", 31 * 24],
    [
      "February of a leap year",
      calendarMonths("UTC"),
      "2024-02-10T00:00:00Z",
      "2024-02-01T00:00Z",
      "2024-03-01T00:00Z",
      29 * 24,
    ],
    [
      "of no leap year",
      calendarMonths("UTC"),
      "1900-02-10T00:00:00Z",
      "1900-02-01T00:00Z",
      "1900-03-01T00:00Z",
      28 * 24,
    ],
    [
      "of a leap century",
      calendarMonths("UTC"),
      "2000-02-29T00:00:00Z",
      "2000-02-01T00:00Z",
      "2000-03-01T00:00Z",
      29 * 24,
    ],
    [
      "March in Berlin",
      calendarMonths(BERLIN),
      "2024-03-20T00:00:00Z",
      "2024-02-29T23:00Z",
      "2024-03-31T22:00Z",
      31 * 24 - 1,
    ],
    [
      "October in Berlin",
      calendarMonths(BERLIN),
      "2024-10-20T00:00:00Z",
      "2024-09-30T22:00Z",
      "2024-10-31T23:00Z",
      31 * 24 + 1,
    ],
    [
      "December before 1970",
      calendarMonths("Asia/Tokyo"),
      "1969-12-31T14:59:59.999Z",
      "1969-11-30T15:00Z",
      "1969-12-31T15:00Z",
      31 * 24,
    ],
    [
      "a quarter",
      calendarMonths("UTC", { every: 3 }),
      "1969-06-30T00:00:00Z",
      "1969-04-01T00:00Z",
      "1969-07-01T00:00Z",
      91 * 24,
    ],
    [
      "a year",
      calendarMonths("UTC", { every: 12 }),
      "0050-06-30T00:00:00Z",
      "0050-01-01T00:00Z",
      "0051-01-01T00:00Z",
      365 * 24,
    ],
  ];
  for (const [name, assigner, time, start, end, hours] of golden) {
    it(`are as the calendar has them: ${name} (WIN-01)`, () => {
      const window = windowOf(assigner, at(time));
      assert.deepEqual([iso(window.start), iso(window.end)], [start, end]);
      assert.equal((window.end - window.start) / HOUR, hours);
    });
  }

  it("lie side by side, and each record is in one, in any zone", () => {
    const kinds = ["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "America/Sao_Paulo", "UTC"].flatMap((zone) => [
      calendarDays(zone),
      calendarDays(zone, { every: 3, startsAt: "2.5h" }),
      calendarWeeks(zone, { startsOn: "wednesday" }),
      calendarMonths(zone),
    ]);
    check(
      fc.property(
        fc.constantFrom(...kinds),
        fc.integer({ min: at("1950-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z") }),
        (assigner, time) => {
          const window = windowOf(assigner, time);
          assert.ok(window.start <= time && time < window.end);
          assert.equal(windowOf(assigner, window.end).start, window.end);
          assert.equal(windowOf(assigner, window.start - 1).end, window.start);
        },
      ),
    );
  });

  it("keep what was stored with them through restores, also in the general operator", () => {
    const [day, next] = [at("2024-03-30T23:00:00Z"), at("2024-03-31T22:00:00Z")];
    for (const latenessMs of [0, HOUR]) {
      const { main } = verifyOperator(operatorOf(calendarDays(BERLIN), { latenessMs }), [
        {
          kind: "batch",
          records: [
            ["a1", day],
            ["a2", next],
            ["a3", next - 1],
          ],
        },
        { kind: "watermark", time: next - 1 },
        { kind: "watermark", time: END_OF_TIME },
      ]);
      assert.deepEqual(shown(main), [
        `a ${day}..${next} @${next - 1}: a1 a3`,
        `a ${next}..${next + 24 * HOUR} @${next + 24 * HOUR - 1}: a2`,
      ]);
    }
  });

  it("fire windows that the calendar no longer makes, as they were stored", () => {
    const harness = new Harness(operatorOf(calendarDays(BERLIN)));
    harness.batch(["a1", at("2024-03-31T12:00:00Z")]);
    // As if the rules of the zone had changed: the same step, another calendar.
    const again = new Harness(operatorOf(calendarDays("Europe/London")), {}, harness.save());
    again.batch(["a2", at("2024-03-31T12:00:00Z")], ["a3", at("2024-03-31T22:30:00Z")]);
    again.watermark(END_OF_TIME);
    assert.deepEqual(
      again.values.map((value) => (value as { value: string }).value),
      ["a1", "a2 a3"],
    );
  });

  it("refuse what is no zone, no time of day and no day of the week", () => {
    assert.throws(() => calendarDays("Nowhere"), { code: "OPTION_INVALID" });
    assert.throws(() => calendarDays("UTC", { startsAt: "24h" }), { code: "OPTION_INVALID" });
    assert.throws(() => calendarMonths("UTC", { every: 0 }), { code: "OPTION_INVALID" });
    assert.throws(() => calendarWeeks("UTC", { startsOn: "someday" as never }), { code: "OPTION_INVALID" });
    assert.equal(planOf(calendarMonths("UTC", { every: 3 })).label, "window calendar 3 months in UTC");
  });
});
