import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";

import type { Purpose } from "../purposes.ts";

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

/** Counts the requests that this process makes to a server, as they go out, whoever makes them. */
export class TrafficCount {
  readonly #host: string;
  readonly #purpose: () => Purpose;
  readonly #counted: Record<Purpose, Counter> = byPurpose(() => ({ ...NO_TRAFFIC }));
  readonly #counters = new WeakMap<ClientRequest, Counter>();

  /**
   * @param endpoint of the server.
   * @param purpose says what the request is for that is being made.
   */
  constructor(endpoint: string, purpose: () => Purpose) {
    this.#host = new URL(endpoint).host;
    this.#purpose = purpose;
    subscribe("http.client.request.created", (message) => this.#asked(message as Asked));
    subscribe("http.client.response.finish", (message) => this.#answered(message as Answered));
  }

  get traffic(): TrafficByPurpose {
    return byPurpose((purpose) => ({ ...this.#counted[purpose] }));
  }

  #asked({ request }: Asked): void {
    if (request.getHeader("host") !== this.#host) return;
    const counter = this.#counted[this.#purpose()];
    this.#counters.set(request, counter);
    const { method, path } = request;
    if (method === "GET") counter[isOfBucket(path) ? "lists" : "gets"]++;
    else if (isOfBucket(path)) counter.deletes++;
    else {
      const bytes = Number(request.getHeader("content-length") ?? 0);
      counter.puts++;
      counter.bytesPut += bytes;
      if (path.includes("/segments/")) counter.segmentBytesPut += bytes;
    }
  }

  #answered({ request, response }: Answered): void {
    const counter = this.#counters.get(request);
    if (counter === undefined || request.method !== "GET" || isOfBucket(request.path)) return;
    counter.bytesGot += Number(response.headers["content-length"] ?? 0);
  }
}

interface Asked {
  readonly request: ClientRequest;
}

interface Answered extends Asked {
  readonly response: IncomingMessage;
}

/** Lists and deletes are asked of a bucket, everything else of an object. */
function isOfBucket(path: string): boolean {
  return /^\/[^/?]+\/?(\?|$)/.test(path);
}
