import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TimeZone } from "../../src/time/time-zone.ts";
import { check } from "../bytes/property.ts";

const at = (text: string): number => Date.parse(text);

describe("TimeZone", () => {
  it("refuses a zone that the runtime does not know, and times that no calendar has", () => {
    assert.throws(() => new TimeZone("Mars/Olympus"), { code: "OPTION_INVALID", message: /"Mars\/Olympus"/ });
    for (const time of [Number.NaN, Infinity, 9e15]) {
      assert.throws(() => new TimeZone("UTC").wallOf(time), {
        code: "OPTION_INVALID",
        message: /Cannot find the date/,
      });
    }
  });

  const walls: readonly (readonly [zone: string, instant: string, wall: string])[] = [
    ["UTC", "2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"],
    ["Europe/Berlin", "2024-01-01T00:00:00.001Z", "2024-01-01T01:00:00.001Z"],
    ["Europe/Berlin", "1969-07-20T20:17:00.500Z", "1969-07-20T21:17:00.500Z"],
    ["Asia/Kolkata", "1999-12-31T18:30:00Z", "2000-01-01T00:00:00Z"],
    ["America/New_York", "2024-03-10T06:59:59.999Z", "2024-03-10T01:59:59.999Z"],
    ["America/New_York", "2024-03-10T07:00:00Z", "2024-03-10T03:00:00Z"],
    ["UTC", "-000001-05-05T12:00:00Z", "-000001-05-05T12:00:00Z"],
    ["UTC", "0033-05-05T12:00:00Z", "0033-05-05T12:00:00Z"],
  ];
  for (const [zone, instant, wall] of walls) {
    it(`shows ${wall} in ${zone} at ${instant}`, () => {
      assert.equal(new TimeZone(zone).wallOf(at(instant)), at(wall));
    });
  }

  const instants: readonly (readonly [zone: string, wall: string, instant: string])[] = [
    // Put forward over 2:00 to 3:00: the moment at which they are.
    ["Europe/Berlin", "2024-03-31T02:30:00Z", "2024-03-31T01:00:00Z"],
    // Put back: 2:00 to 3:00 is shown twice, and the first counts.
    ["Europe/Berlin", "2024-10-27T02:30:00Z", "2024-10-27T00:30:00Z"],
    // Put forward at midnight: the day begins at one.
    ["America/Sao_Paulo", "2018-11-04T00:00:00Z", "2018-11-04T03:00:00Z"],
    // Put back at midnight: the day begins after the second hour from 23:00.
    ["America/Sao_Paulo", "2018-02-18T00:00:00Z", "2018-02-18T03:00:00Z"],
    // A day that was left out.
    ["Pacific/Apia", "2011-12-30T00:00:00Z", "2011-12-30T10:00:00Z"],
    ["Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z"],
    // Half an hour, at two.
    ["Australia/Lord_Howe", "2024-10-06T02:15:00Z", "2024-10-05T15:30:00Z"],
  ];
  for (const [zone, wall, instant] of instants) {
    it(`finds ${wall} in ${zone} at ${instant}`, () => {
      assert.equal(new TimeZone(zone).instantOf(at(wall)), at(instant));
    });
  }

  it("finds the first instant that shows a wall time or a later one, in any zone", () => {
    const zones = ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"];
    const known = zones.map((name) => new TimeZone(name));
    const minute = 60_000;
    check(
      fc.property(
        fc.constantFrom(...known),
        fc.integer({ min: at("1950-01-01T00:00:00Z") / minute, max: at("2035-01-01T00:00:00Z") / minute }),
        (zone, minutes) => {
          const instant = zone.instantOf(minutes * minute);
          assert.ok(zone.wallOf(instant) >= minutes * minute);
          assert.ok(zone.wallOf(instant - 1) < minutes * minute);
        },
      ),
    );
  });
});
