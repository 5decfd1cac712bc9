/**
 * Where a byte of the feed lies among its flights, found out without asking the job.
 *
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";
import type { Feed } from "./feed.ts";

/** Longer than any two lines of the feed. */
const WINDOW_BYTES = 1_024;

/** Where things are in a feed. A place is the number of a flight in the order of the feed, from 0. */
export interface FeedPlaces {
  readonly rows: number;
  /** Places at which the splits begin. */
  readonly starts: readonly number[];
  /** The place of the first flight whose line begins at that byte or behind it. */
  placeAt(byte: number): number;
  /** The number of the split that a place lies in, from 0. Of several that begin there it is the last one. */
  splitOf(place: number): number;
}

/** Finds places in a feed on disk. */
export class FeedMap implements FeedPlaces {
  readonly rows: number;
  readonly starts: readonly number[];
  readonly #feed: Feed;
  readonly #places: Uint32Array;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  readonly #file: number;

  /**
   * @param places for each row number its place in the feed.
   * @param splits a split is an equal share of the bytes; a line belongs to the split that its first byte lies in.
   */
  constructor(feed: Feed, places: Uint32Array, splits: number) {
    this.#feed = feed;
    this.#places = places;
    this.#file = openSync(feed.path, "r");
    this.rows = feed.rows;
    this.starts = Array.from({ length: splits }, (_, split) => this.placeAt(Math.floor((feed.bytes / splits) * split)));
  }

  placeAt(byte: number): number {
    if (byte === 0) return 0;
    const read = readSync(this.#file, this.#window, 0, WINDOW_BYTES, byte - 1);
    const [, line] = this.#window.toString("latin1", 0, read).split("\n");
    return line === undefined || line === "" ? this.#feed.rows : this.#places[rowOf(line)]!;
  }

  splitOf(place: number): number {
    return this.starts.findLastIndex((start) => start <= place);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function rowOf(line: string): number {
  const match = /^\{"row":(\d+),/.exec(line);
  if (match === null) throw new Error(`Cannot find a row number in the feed: ${line}`);
  return Number(match[1]);
}
