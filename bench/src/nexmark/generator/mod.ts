/** The events of the Nexmark benchmark, and how to get them: generated, kept in columns, or read from lines. */
export { materialise } from "./columns.ts";
export { type Auction, type Bid, type NexmarkEvent, type NexmarkEvents, type Person, timeOf } from "./model.ts";
export { nexmark, nexmarkSplits } from "./nexmark.ts";
export { eventOf, NexmarkLineError, parseEvent } from "./parse.ts";
export type { NexmarkOptions } from "./timeline.ts";
