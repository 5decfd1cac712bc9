/**
 * Reads events from lines of JSON: `{"person":{…}}`, `{"auction":{…}}` or `{"bid":{…}}`, with times in milliseconds
 * since 1970. That is also what `JSON.stringify` makes of an event.
 */
import type { Auction, Bid, NexmarkEvent, Person } from "./model.ts";

/** A line is not an event. `line` is its number, counted as the caller counts. */
export class NexmarkLineError extends Error {
  override readonly name = "NexmarkLineError";
  readonly line: number;

  constructor(line: number, found: string, options?: ErrorOptions) {
    super(`Cannot read line ${line}: ${found}`, options);
    this.line = line;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const SHOWN_LENGTH = 40;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the fields of one record, and says which one is not what it should be. */
class Reader {
  readonly #kind: string;
  readonly #fields: Fields;

  constructor(kind: string, fields: unknown) {
    if (!isFields(fields)) throw new TypeError(`${kind} is ${show(fields)}, not an object`);
    this.#kind = kind;
    this.#fields = fields;
  }

  whole(name: string): number {
    const value = this.#fields[name];
    if (Number.isSafeInteger(value)) return value as number;
    throw new TypeError(`${this.#kind}.${name} is ${show(value)}, not a whole number`);
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === "string") return value;
    throw new TypeError(`${this.#kind}.${name} is ${show(value)}, not a string`);
  }
}

function personOf(reader: Reader): Person {
  return {
    id: reader.whole("id"),
    name: reader.text("name"),
    emailAddress: reader.text("emailAddress"),
    creditCard: reader.text("creditCard"),
    city: reader.text("city"),
    state: reader.text("state"),
    dateTime: reader.whole("dateTime"),
    extra: reader.text("extra"),
  };
}

function auctionOf(reader: Reader): Auction {
  return {
    id: reader.whole("id"),
    itemName: reader.text("itemName"),
    description: reader.text("description"),
    initialBid: reader.whole("initialBid"),
    reserve: reader.whole("reserve"),
    dateTime: reader.whole("dateTime"),
    expires: reader.whole("expires"),
    seller: reader.whole("seller"),
    category: reader.whole("category"),
    extra: reader.text("extra"),
  };
}

function bidOf(reader: Reader): Bid {
  return {
    auction: reader.whole("auction"),
    bidder: reader.whole("bidder"),
    price: reader.whole("price"),
    channel: reader.text("channel"),
    url: reader.text("url"),
    dateTime: reader.whole("dateTime"),
    extra: reader.text("extra"),
  };
}

/**
 * The event that a parsed line holds. Fields that no record has are ignored.
 *
 * @throws {TypeError} if it is none: another kind of record, or a field that is missing or of another type.
 */
export function eventOf(value: unknown): NexmarkEvent {
  const entries = isFields(value) ? Object.entries(value) : [];
  const [kind, fields] = entries[0] ?? [];
  if (entries.length === 1 && kind === "bid") {
    return { person: undefined, auction: undefined, bid: bidOf(new Reader(kind, fields)) };
  }
  if (entries.length === 1 && kind === "auction") {
    return { person: undefined, auction: auctionOf(new Reader(kind, fields)), bid: undefined };
  }
  if (entries.length === 1 && kind === "person") {
    return { person: personOf(new Reader(kind, fields)), auction: undefined, bid: undefined };
  }
  throw new TypeError(`${show(value)} is not one of {"person":…}, {"auction":…}, {"bid":…}`);
}

/**
 * The event of one line.
 *
 * @param number the number of the line, for the message.
 * @throws {NexmarkLineError} if the line is no JSON, or no event.
 */
export function parseEvent(line: string, number: number): NexmarkEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new NexmarkLineError(number, `${show(line)} is not JSON`, { cause });
  }
  try {
    return eventOf(value);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new NexmarkLineError(number, cause.message, { cause });
  }
}
