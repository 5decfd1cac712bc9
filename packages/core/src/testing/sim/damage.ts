import type { Damage } from "./effect.ts";
import type { SimRandom } from "./random.ts";

/** Bytes with one bit flipped, or without their end. @param bytes at least one; stay as they are. */
export function damagedBytes(bytes: Uint8Array, how: Damage, random: SimRandom): Uint8Array {
  if (how === "cut") return bytes.slice(0, random.below(bytes.length));
  const flipped = bytes.slice();
  const at = random.below(bytes.length);
  flipped[at] = flipped[at]! ^ (1 << random.below(8));
  return flipped;
}
