import { setImmediate, setTimeout } from "node:timers/promises";

import type { ObjectClient, StoredObject } from "@tidemark/core";

import type { Purpose } from "./purposes.ts";

/** Requests made for one purpose, and bytes that went with them. */
export interface Traffic {
  readonly gets: number;
  readonly puts: number;
  readonly lists: number;
  readonly deletes: number;
  readonly bytesGot: number;
  readonly bytesPut: number;
  /** Of these, bytes of segments: state alone, without manifests and heads. */
  readonly segmentBytesPut: number;
}

/** By what it was for. */
export type TrafficByPurpose = Readonly<Record<Purpose, Traffic>>;

/** No request. */
export const NO_TRAFFIC: Traffic = {
  gets: 0,
  puts: 0,
  lists: 0,
  deletes: 0,
  bytesGot: 0,
  bytesPut: 0,
  segmentBytesPut: 0,
};

/** All requests of a kind of traffic. */
export function requestsOf({ gets, puts, lists, deletes }: Traffic): number {
  return gets + puts + lists + deletes;
}

/** What came after `before`. */
export function trafficSince(now: TrafficByPurpose, before: TrafficByPurpose): TrafficByPurpose {
  return byPurpose((purpose) => {
    const since: Counter = { ...now[purpose] };
    for (const field of Object.keys(NO_TRAFFIC) as (keyof Traffic)[]) since[field] -= before[purpose][field];
    return since;
  });
}

type Counter = { -readonly [K in keyof Traffic]: Traffic[K] };

function byPurpose<T>(made: (purpose: Purpose) => T): Record<Purpose, T> {
  return {
    start: made("start"),
    read: made("read"),
    checkpoint: made("checkpoint"),
    compaction: made("compaction"),
    "clean-up": made("clean-up"),
  };
}

/**
 * An object store in the heap that counts what is asked of it. Each answer comes in a turn of its own, or after the time that
 * a network takes.
 */
export class ObjectSpace {
  readonly #objects = new Map<string, StoredObject>();
  readonly #purpose: () => Purpose;
  readonly #latencyMs: number;
  readonly #counted: Record<Purpose, Counter> = byPurpose(() => ({ ...NO_TRAFFIC }));
  #puts = 0;

  /**
   * @param purpose says what the request is for that is being made.
   * @param latencyMs how long an answer takes; 0: a turn of the event loop.
   */
  constructor(purpose: () => Purpose, latencyMs: number) {
    this.#purpose = purpose;
    this.#latencyMs = latencyMs;
  }

  get traffic(): TrafficByPurpose {
    return byPurpose((purpose) => ({ ...this.#counted[purpose] }));
  }

  /** Bytes of all objects. */
  get storedBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#objects.values()) sum += bytes.length;
    return sum;
  }

  /** Objects that hold state. */
  get segments(): number {
    return [...this.#objects.keys()].filter(isSegment).length;
  }

  readonly client: ObjectClient = {
    get: async (key, range) => {
      const object = this.#objects.get(key);
      const found =
        object === undefined || range === undefined
          ? object
          : { ...object, bytes: object.bytes.subarray(range.offset, range.offset + range.length) };
      const counted = this.#now;
      counted.gets++;
      counted.bytesGot += found?.bytes.length ?? 0;
      await this.#answered();
      return found;
    },
    put: async (key, bytes, condition) => {
      const counted = this.#now;
      counted.puts++;
      const found = this.#objects.get(key);
      if (condition === "absent" && found !== undefined) return undefined;
      if (typeof condition === "object" && found?.etag !== condition.etag) return undefined;
      const etag = String(++this.#puts);
      this.#objects.set(key, { bytes: bytes.slice(), etag });
      counted.bytesPut += bytes.length;
      if (isSegment(key)) counted.segmentBytesPut += bytes.length;
      await this.#answered();
      return etag;
    },
    list: async (prefix, startAfter = "") => {
      this.#now.lists++;
      await this.#answered();
      const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter);
      return keys.toSorted().slice(0, 1_000);
    },
    delete: async (keys) => {
      this.#now.deletes++;
      for (const key of keys) this.#objects.delete(key);
      await this.#answered();
    },
  };

  async #answered(): Promise<void> {
    await (this.#latencyMs === 0 ? setImmediate() : setTimeout(this.#latencyMs));
  }

  get #now(): Counter {
    return this.#counted[this.#purpose()];
  }
}

function isSegment(key: string): boolean {
  return key.includes("/segments/");
}
