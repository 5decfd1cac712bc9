/** What the proxy does to a request, drawn from a seed: the same seed strikes the same requests in the same way. */

/** What becomes of one request. */
export type ProxyFault =
  /** It is forwarded after a pause. */
  | "delay"
  /** The connection is cut; nothing is forwarded. */
  | "drop"
  /** Half of its body is forwarded, then both connections are cut. */
  | "cut-request"
  /** It is forwarded; the connection is cut before the answer. */
  | "lose-answer"
  /** It is forwarded; the answer ends in the middle, if it is a success. */
  | "cut-answer"
  /** It is forwarded; the answer comes after a pause. */
  | "delay-answer"
  /** The connection is cut, and it is forwarded later all the same. */
  | "late"
  /** It is forwarded twice, one after the other; the second answer counts: a success is refused by itself. */
  | "twice"
  /** It is forwarded and answered, and forwarded once more later. */
  | "echo"
  /** 500 InternalError, in place of forwarding. */
  | "error"
  /** It is forwarded, and answered with 500 InternalError. */
  | "error-after"
  /** 503 SlowDown, in place of forwarding. */
  | "throttle"
  /** 409 ConditionalRequestConflict, in place of forwarding. Puts alone. */
  | "conflict";

/** All of them. */
export const PROXY_FAULTS: readonly ProxyFault[] = [
  "delay",
  "drop",
  "cut-request",
  "lose-answer",
  "cut-answer",
  "delay-answer",
  "late",
  "twice",
  "echo",
  "error",
  "error-after",
  "throttle",
  "conflict",
];

/** A number in [0, 1) out of a text: the same every time, and evenly spread (FNV-1a, then the finish of MurmurHash3). */
export function drawn(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** What may be asked for. */
export interface FaultOptions {
  readonly seed: number;
  /** The share of requests that are struck, from 0 to 1. */
  readonly rate: number;
  /** Default: all. */
  readonly faults?: readonly ProxyFault[];
  /** Keys that are never struck. Default: none. */
  readonly spared?: (key: string) => boolean;
}

/**
 * The self-test of backend-s3 takes a late write of its own for a store that ignores conditions, and refuses to start. That
 * is for a test of its own; here it would end one run in a hundred.
 */
export const sparesProbe = (key: string): boolean => key.endsWith("/probe");

/** A request, as far as it matters here. Its path begins with the bucket. */
export interface PlannedRequest {
  readonly method: string;
  readonly path: string;
}

/**
 * Says what becomes of a request. Which requests of the same method and key are struck does not depend on when they come,
 * nor on the name of the bucket, so a run is struck alike as far as it asks alike.
 */
export function faultPlan(options: FaultOptions): (request: PlannedRequest) => ProxyFault | undefined {
  const { seed, rate, faults = PROXY_FAULTS, spared = () => false } = options;
  const seen = new Map<string, number>();
  return ({ method, path }) => {
    const key = path.replace(/^\/[^/]*\//, "");
    if (spared(key)) return undefined;
    const what = `${method} ${key}`;
    const times = (seen.get(what) ?? 0) + 1;
    seen.set(what, times);
    if (drawn(`${seed} ${what} ${times}`) >= rate) return undefined;
    const fault = faults[Math.floor(drawn(`${what} ${times} ${seed}`) * faults.length)];
    if (fault === "conflict" && method !== "PUT") return "error";
    return fault;
  };
}
