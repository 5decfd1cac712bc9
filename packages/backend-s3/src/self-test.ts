import { ConfigurationError, type Env, type ObjectClient } from "@tidemark/core";
import { equalBytes, sealBytes } from "@tidemark/core/internal";
import type { Requests } from "./requests.ts";

/** The promises that a start looks into. */
export type StorePromise = "If-Match" | "If-None-Match" | "read after write";

/** A promise counts as broken if it was in this many probes. One of them may have been met by a late write of its own. */
const PROBES = 3;

/**
 * Asks a store whether it keeps what fencing stands on. It writes one small object, again and again; other processes may
 * do the same meanwhile.
 *
 * @returns the promises that it does not keep.
 */
export async function brokenPromises(requests: Requests, key: string, env: Env): Promise<readonly StorePromise[]> {
  const past: Uint8Array[] = [];
  let broken = await probe(requests, key, env, past);
  for (let probes = 1; probes < PROBES && broken.length > 0; probes++) {
    const again = await probe(requests, key, env, past);
    broken = broken.filter((promise) => again.includes(promise));
  }
  return broken;
}

/** @param past what this test has written before, and nobody should read any more. */
async function probe(requests: Requests, key: string, env: Env, past: Uint8Array[]): Promise<readonly StorePromise[]> {
  const draw = (): Uint8Array => {
    const bytes = new Uint8Array(16);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(env.random() * 256);
    return sealBytes("TMOP", 0, bytes);
  };
  const [older, newer, unmatched, present] = [draw(), draw(), draw(), draw()];
  const broken = new Set<StorePromise>();
  past.push(older);
  const stale = await requests.putRepeated(key, older, "always");
  const current = await requests.putRepeated(key, newer, "always");
  if (stale === undefined || current === undefined || stale === current) return ["If-Match"];
  // Two writes that nobody may see, whoever else is writing: the tag is an old one, and the object is there.
  // Neither changes what is to become of the other, so they are made at the same time.
  const refused = [requests.putRepeated(key, unmatched, { etag: stale }), requests.putRepeated(key, present, "absent")];
  await Promise.allSettled(refused);
  const [matched, placed] = await Promise.all(refused);
  if (matched !== undefined) broken.add("If-Match");
  if (placed !== undefined) broken.add("If-None-Match");
  const found = await requests.get(key);
  if (found === undefined || past.some((bytes) => equalBytes(found.bytes, bytes))) broken.add("read after write");
  else if (equalBytes(found.bytes, unmatched)) broken.add("If-Match");
  else if (equalBytes(found.bytes, present)) broken.add("If-None-Match");
  past.push(newer);
  // And one that must take place, unless another process has come in between.
  if (found?.etag === current && broken.size === 0) {
    const last = draw();
    const set = await requests.putRepeated(key, last, { etag: current });
    const now = set === undefined ? await requests.get(key) : undefined;
    if (now?.etag === current) broken.add("If-Match");
  }
  return [...broken];
}

/** A store on which an older process could not be fenced. */
export function tooWeak(name: string, broken: readonly StorePromise[]): ConfigurationError {
  return new ConfigurationError(
    "GUARANTEE_UNSUPPORTED",
    `Cannot use ${name}: the store does not keep ${broken.join(" and ")}, so a second process of the job, or a late write of a ` +
      'dead one, could undo a checkpoint. Use a store with conditional writes, or accept this with conditions: "unchecked"',
    { details: { backend: name, broken } },
  );
}

/**
 * Conditions on the side of the client, for stores that ignore them: right as long as nobody else writes, and no write is
 * late.
 */
export function uncheckedConditions(client: ObjectClient): ObjectClient {
  let last: Promise<unknown> = Promise.resolve();
  // Without parts: their condition would be the store's to look at.
  return {
    get: (key, range, request) => client.get(key, range, request),
    list: (prefix, startAfter, request) => client.list(prefix, startAfter, request),
    delete: (keys, request) => client.delete(keys, request),
    put: (key, bytes, condition, request) => {
      if (condition === "always") return client.put(key, bytes, condition, request);
      const wanted = condition === "absent" ? undefined : condition.etag;
      const put = last.then(async () => {
        if ((await client.get(key, undefined, request))?.etag !== wanted) return undefined;
        return client.put(key, bytes, "always", request);
      });
      last = put.catch(() => undefined);
      return put;
    },
  };
}
