import type { KeyRange } from "./backend.ts";

/** Keys begin with a key group, and there are at most 32,768 of those: nothing comes after this. */
const PAST_ALL_KEYS: Uint8Array = Uint8Array.of(0xff, 0xff);

/** All keys of all key groups. */
export const ALL_KEYS: KeyRange = { from: new Uint8Array(0), to: PAST_ALL_KEYS };

/** All keys that begin with `prefix`, which is empty or begins with a key group. */
export function prefixRange(prefix: Uint8Array): KeyRange {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix[end - 1] as number;
    if (last === 0xff) continue;
    const to = prefix.slice(0, end);
    to[end - 1] = last + 1;
    return { from: prefix, to };
  }
  return { from: prefix, to: PAST_ALL_KEYS };
}
