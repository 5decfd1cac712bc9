/**
 * Compares two byte strings as unsigned bytes from left to right; a prefix comes first.
 *
 * @param from how many bytes at their beginning are known to be the same. Default: none.
 * @returns A negative number, 0 or a positive number, as `Array.prototype.sort` wants it.
 */
export function compareBytes(a: Uint8Array, b: Uint8Array, from: number = 0): number {
  const shared = Math.min(a.length, b.length);
  for (let i = from; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether two byte strings are the same. Not constant in time: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether `bytes` go on with `prefix` from `offset` on. Default: from their beginning. */
export function isPrefix(prefix: Uint8Array, bytes: Uint8Array, offset: number = 0): boolean {
  if (bytes.length - offset < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i + offset] !== prefix[i]) return false;
  return true;
}

/** One new array with the bytes of all `parts` in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** The bytes as lower-case hexadecimal digits, two for each byte. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (let i = 0; i < bytes.length; i++) hex += HEX[bytes[i] as number];
  return hex;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
