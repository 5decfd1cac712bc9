import { ConfigurationError } from "../errors.ts";

const DAY_MS = 86_400_000;
/** The instants that a calendar has, with room for the two days that are looked at around each. */
const INSTANT_MAX_MS = 8_640_000_000_000_000 - 2 * DAY_MS;

/**
 * What clocks on a wall show in a zone of the IANA database, as `Intl` of the runtime knows it. A wall time is written as
 * the milliseconds since the epoch that it would be in UTC.
 */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  /** @throws {ConfigurationError} OPTION_INVALID if the runtime does not know the zone. */
  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        calendar: "gregory",
        numberingSystem: "latn",
        hourCycle: "h23",
        era: "short",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch (error) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot use the time zone ${JSON.stringify(name)}: this runtime does not know it. Use a name such as "Europe/Berlin"`,
        { cause: error, details: { zone: name } },
      );
    }
  }

  /**
   * What the clocks show at an instant.
   *
   * @throws {ConfigurationError} OPTION_INVALID if no calendar goes so far.
   */
  wallOf(instant: number): number {
    return instant + this.#offsetAt(instant);
  }

  /**
   * The first instant at which the clocks show a wall time or a later one. Where they are put back and show it twice, the
   * first time; where they are put forward over it, the moment at which they are.
   */
  instantOf(wall: number): number {
    const before = this.#offsetAt(wall - DAY_MS);
    const after = this.#offsetAt(wall + DAY_MS);
    const [first, second] = [wall - before, wall - after];
    if (before === after || this.#offsetAt(first) === before) return first;
    return this.#offsetAt(second) === after ? second : this.#changeWithin(second, first, before);
  }

  /** The first instant with another offset, after one that has it and up to one that has not. */
  #changeWithin(from: number, to: number, before: number): number {
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  }

  /** How far the clocks are ahead of UTC at an instant, in milliseconds. */
  #offsetAt(instant: number): number {
    if (!(Math.abs(instant) <= INSTANT_MAX_MS)) {
      throw new ConfigurationError(
        "OPTION_INVALID",
        `Cannot find the date of ${instant} in "${this.name}": times are milliseconds since 1970, from -271821 to 275760`,
        { details: { zone: this.name, found: instant } },
      );
    }
    const second = Math.floor(instant / 1000) * 1000;
    const shown: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(second)) shown[type] = value;
    const part = (name: string): number => Number(shown[name]);
    const year = shown["era"] === "BC" ? 1 - part("year") : part("year");
    return utc(year, part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - second;
  }
}

/** As `Date.UTC`, which takes the years from 0 to 99 for others. */
export function utc(year: number, month: number, day = 1, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.setUTCHours(hour, minute, second);
}
